/** Facts that a person pins: the model is told them word for word, whatever is summed up. */
import { describe, expect } from 'vitest';
import { entriesOf, expectVerified, KEY, type Place, test } from './support/place.ts';
import { startDaemon } from './support/daemon.ts';
import type { MockOpenai } from './support/mock-openai.ts';

const FACT = 'The release branch is release/2.4;\nnever push to main.';
const TOLD = 'The release branch is release/2.4;\\n  never push to main.';

/** The body of the last request of a think. */
const sent = (mock: MockOpenai): string => JSON.stringify(mock.requests.at(-1)!.body);

const pin = (place: Place, ...args: string[]) => place.run(['session', 'pin', 'one', ...args]);

async function say(place: Place, mock: MockOpenai, session: string, text: string): Promise<void> {
  mock.reply({ text: `Yes to ${text}.` });
  const ran = await place.run(['run', '--session', session, text]);
  expect(ran).toMatchObject({ code: 0, stdout: `Yes to ${text}.\n` });
}

/** Sums the conversation up before the next answer. */
async function summedUp(place: Place, mock: MockOpenai, session: string): Promise<void> {
  const compacted = (): number => entriesOf(place.journal(session), 'context.compacted').length;
  const before = compacted();
  await say(place, mock, session, 'more');
  await place.run(['session', 'compact', session]);
  mock.reply({ text: 'SUMMARY' });
  await say(place, mock, session, 'and more');
  expect(compacted()).toBe(before + 1);
}

test('a fact is in each request from the next message on, through two summaries, forks, export and import', async ({
  place,
  mock,
}) => {
  place.connect(mock);
  await say(place, mock, 'one', 'hello');
  expect(sent(mock)).not.toContain('pinned');
  const pinned = await pin(place, FACT);
  expect(pinned.code).toBe(0);
  const [, id] = /^(p\d+)\s+The release branch/m.exec(pinned.stdout)!;
  for (const round of [1, 2]) {
    await summedUp(place, mock, 'one');
    expect(sent(mock), `round ${round}`).toContain(TOLD);
    expect(sent(mock)).toContain('SUMMARY');
  }
  await expectVerified(place, 'one');

  const fork = (await place.run(['session', 'fork', 'one'])).stdout.trim();
  await summedUp(place, mock, fork);
  expect(sent(mock)).toContain(TOLD);
  await expectVerified(place, fork);

  const { stdout } = await place.run(['session', 'export', 'one']);
  place.write('one.jsonl', stdout);
  expect(await place.run(['session', 'import', './one.jsonl', '--as', 'two'])).toMatchObject({ code: 0 });
  await say(place, mock, 'two', 'here');
  expect(sent(mock)).toContain(TOLD);
  await expectVerified(place, 'two');

  expect(await pin(place, '--remove', id!)).toMatchObject({ code: 0, stdout: '' });
  await say(place, mock, 'one', 'still?');
  expect(sent(mock)).not.toContain(TOLD);
  await say(place, mock, fork, 'and you?');
  expect(sent(mock)).toContain(TOLD);
});

test('over HTTP a fact is pinned and taken back, too; one that is not there is not found, and no other than a text is taken', async ({
  place,
  mock,
}) => {
  place.connect(mock);
  const daemon = await startDaemon(place);
  const configure = async (body: object) => {
    const answer = await daemon.ask('POST', '/v1/sessions/one/configure', body);
    const problem = answer.status === 204 ? {} : ((await answer.json()) as { code: string });
    return { status: answer.status, ...problem };
  };
  const hear = async (content: string): Promise<string> => {
    mock.reply({ text: 'Yes.' });
    await daemon.send({ content, session_id: 'one' });
    return sent(mock);
  };
  await hear('hello');
  expect(await configure({ pin: FACT })).toEqual({ status: 204 });
  expect(await hear('and now?')).toContain(TOLD);
  expect(await configure({ unpin: 'p999' })).toMatchObject({ status: 404, code: 'not_found' });
  expect(await configure({ pin: '' })).toMatchObject({ status: 400, code: 'invalid_request' });
  expect(await configure({ pin: ['a'] })).toMatchObject({ status: 400, code: 'invalid_request' });
  expect(await hear('still?')).toContain(TOLD);
  const pinned = place.journal('one').find(({ type }) => type === 'session.configured');
  expect(await configure({ unpin: `p${pinned!.seq}` })).toEqual({ status: 204 });
  expect(await hear('and at last?')).not.toContain(TOLD);
  await expectVerified(place, 'one');
});

test('what is pinned is listed, shown, and exported without its words where that is wanted', async ({
  place,
  mock,
}) => {
  place.connect(mock);
  await say(place, mock, 'one', 'hello');
  await pin(place, FACT);
  expect((await pin(place, FACT)).code).toBe(0);
  expect((await pin(place, 'Ann decides.')).code).toBe(0);
  const listed = JSON.parse((await pin(place, '--list', '-o', 'json')).stdout) as { id: string; text: string }[];
  expect(listed.map(({ text }) => text)).toEqual([FACT, 'Ann decides.']);
  expect(entriesOf(place.journal('one'), 'session.configured')).toHaveLength(2);
  await say(place, mock, 'one', 'go');
  const shown = await place.run(['session', 'show', 'one', '--context']);
  expect(shown.stdout).toContain(`${listed[1]!.id}: Ann decides.`);
  expect(shown.stdout).toMatch(/instructions {2}pinned facts, \d+ bytes/);
  expect((await place.run(['session', 'show', 'one'])).stdout).toMatch(/pinned\s+p\d+: Ann decides\./);
  const exported = await place.run(['session', 'export', 'one', '--redact']);
  expect(exported.stdout).not.toContain('Ann decides');
  place.write('redacted.jsonl', exported.stdout);
  const verified = await place.run(['session', 'verify', './redacted.jsonl', '-o', 'json']);
  expect(JSON.parse(verified.stdout)).toMatchObject({ status: 'verified' });
});

test('a key in a fact is neither recorded nor sent', async ({ place, mock }) => {
  place.connect(mock);
  await say(place, mock, 'one', 'hello');
  await pin(place, `The key is ${KEY}.`);
  await say(place, mock, 'one', 'go');
  expect(sent(mock)).toMatch(/The key is \[REDACTED:[^\]]+\]\./);
  expect(JSON.stringify(place.journal('one'))).not.toContain(KEY);
});

describe('what can not be pinned is refused with what to do', () => {
  test('too long, too many, nobody, nothing', async ({ place, mock }) => {
    place.connect(mock);
    expect(await pin(place, 'a fact')).toMatchObject({ code: 1, stderr: expect.stringContaining('no session one') as string }); // prettier-ignore
    await say(place, mock, 'one', 'hello');
    expect(await pin(place, 'x'.repeat(2049))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/at most 2048 bytes; this one has 2049[^]*AGENTS\.md/) as string,
    });
    for (let n = 0; n < 8; n++) expect(await pin(place, `${n}${'x'.repeat(2047)}`)).toMatchObject({ code: 0 });
    expect(await pin(place, 'y')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/at most 16384 bytes together; 16384 are used[^]*session pin one --list/) as string,
    });
    expect(await pin(place, '--remove', 'p1')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/No fact p1 is pinned[^]*Pinned are: p\d+/) as string,
    });
    expect((await pin(place)).code).toBe(2);
    expect((await pin(place, 'a', '--list')).code).toBe(2);
    expect((await pin(place, '  ')).code).toBe(2);
  });
});
