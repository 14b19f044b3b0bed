/** A conversation that becomes too long is summed up, and nothing that was done is forgotten. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Script } from '../src/contract/script.ts';
import { entriesOf, expectVerified, type Place, test } from './support/place.ts';

type Steps = Script['turns'];

const WINDOW = 32_000;
/** A file of about a thousand tokens. */
const FILE = 'the quick brown fox jumps over the lazy dog\n'.repeat(80);
const ROUNDS = 75;
const CALLS_A_ROUND = 10;

/** A turn of some 700 calls, each other than the others; the summaries are the model's, where it makes any. */
function longWork(summary: Steps): Steps {
  const rounds = Array.from({ length: ROUNDS }, (_, round): Steps[number] => ({
    match: { request: round + 1 },
    reply: {
      calls: Array.from({ length: CALLS_A_ROUND }, (_unused, call) => ({
        tool: 'read_file',
        arguments: { path: 'big.txt', offset: 1 + ((round * CALLS_A_ROUND + call) % 79), limit: 20 + (round % 60) },
      })),
    },
  }));
  return [...summary, { match: { request: 30 }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo once >> log.txt' } }] } }, ...rounds, { match: { any: true }, reply: { text: 'All of it is read.' } }]; // prettier-ignore
}

function playLong(place: Place, summary: Steps): void {
  place.play(longWork(summary), {
    orchestrator: { max_turns: 200, max_tool_calls: 2000 },
    governance: { auto_allow: ['exec_command'] },
    budget: { turn: { tokens: 0, wall: '1h' } },
  });
  narrow(place);
  place.write('big.txt', FILE);
}

/** The scripted model has a window. */
function narrow(place: Place): void {
  const path = join(place.home, 'config.yaml');
  const config = JSON.parse(readFileSync(path, 'utf8')) as { models: { registry: object[] } };
  config.models.registry = config.models.registry.map((entry) => ({ ...entry, context: WINDOW }));
  place.configure(config);
}

describe('a turn of more than 500 calls in a window of 32,000 tokens', () => {
  test('H-81, A-89, A-91: is done, with summaries, and verified', async ({ place }) => {
    playLong(place, [{ match: { purpose: 'compact', any: true }, reply: { text: 'SUMMARY: the file is being read in pieces.' } }]); // prettier-ignore
    const ran = await place.run(['run', '--session', 'long', 'Read all of it, please: PINNED WORDS.']);
    expect(ran).toMatchObject({ code: 0, stdout: 'All of it is read.\n' });
    const journal = place.journal('long');
    const [ended] = entriesOf(journal, 'turn.ended');
    expect(ended).toMatchObject({ reason: 'success' });
    expect(ended!.tool_calls).toBeGreaterThan(500);
    const compacted = entriesOf(journal, 'context.compacted');
    expect(compacted.length).toBeGreaterThan(3);
    for (const data of compacted) {
      expect(data.tokens_after).toBeLessThan(data.tokens_before / 2);
    }
    for (const { usage } of entriesOf(journal, 'model.replied')) expect(usage.input).toBeLessThan(WINDOW);
    // What was done and said is in what the model gets from then on.
    const last = await place.run(['session', 'show', 'long', '--context']);
    expect(last.stdout).toContain('SUMMARY: the file is being read in pieces.');
    expect(last.stdout).toContain('PINNED WORDS');
    expect(last.stdout).toMatch(/exec_command: .*echo once >> log\.txt → ok/);
    expect(place.read('log.txt')).toBe('once\n');
    await expectVerified(place, 'long');
  });

  test('is done without any summary of a model, too', async ({ place }) => {
    playLong(place, []);
    expect(await place.run(['run', '--session', 'long', 'Read all of it'])).toMatchObject({ code: 0 });
    expect(entriesOf(place.journal('long'), 'context.compacted').length).toBeGreaterThan(3);
    await expectVerified(place, 'long');
  });
});

test('what was summed up can be gone back to: a fork from before has it whole', async ({ place }) => {
  const long = 'word '.repeat(8000);
  place.play([
    { match: { purpose: 'compact', any: true }, reply: { text: 'SUMMARY' } },
    { match: { any: true }, reply: { text: 'Yes.' } },
  ]);
  narrow(place);
  await place.run(['run', '--session', 'one', `first ${long}`]);
  await place.run(['run', '--session', 'one', `second ${long}`]);
  const before = place.journal('one').length;
  await place.run(['run', '--session', 'one', `third ${long}`]);
  expect(entriesOf(place.journal('one'), 'context.compacted')).toHaveLength(1);
  const forked = await place.run(['session', 'fork', 'one', '--at', `seq:${before}`]);
  const id = forked.stdout.trim();
  expect((await place.run(['session', 'show', id, '--context'])).stdout).toContain('first word');
  expect((await place.run(['session', 'show', 'one', '--context'])).stdout).toContain('SUMMARY');
  await expectVerified(place, id);
  await expectVerified(place, 'one');
});

const LONG = 'word '.repeat(8000);
const TALK: Steps = [
  { match: { purpose: 'compact', any: true }, reply: { text: 'SUMMARY' } },
  { match: { any: true }, reply: { text: 'Yes.' } },
];

/** A session whose next long message makes it too long. */
async function longTalk(place: Place): Promise<void> {
  place.play(TALK);
  narrow(place);
  for (const text of ['first', 'second']) await place.run(['run', '--session', 'one', `${text} ${LONG}`]);
}

test.for([
  'after-append-model.replied',
  'before-append-context.compacted',
  'after-append-context.compacted',
  'before-effect:2',
] as const)('killed at %s while it is summed up, it is summed up once, and answered', async (point, { place }) => {
  // prettier-ignore
  await longTalk(place);
  const chaos = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: point };
  const killed = await place.run(['run', '--session', 'one', `third ${LONG}`], { environment: chaos });
  expect(killed.signal).toBe('SIGKILL');
  expect(await place.run(['run', '--session', 'one'])).toMatchObject({ code: 0, stdout: 'Yes.\n' });
  expect(entriesOf(place.journal('one'), 'context.compacted')).toHaveLength(1);
  await expectVerified(place, 'one');
});

test('A-90: when the service says that it was too long, it is summed up and asked again', async ({ place, mock }) => {
  const tooLong = { status: 400, body: { error: { message: 'too long', code: 'context_length_exceeded' } } };
  place.connect(mock);
  mock.reply({ text: 'One.' }, tooLong, { text: 'SUMMARY' }, { text: 'Two.' });
  await place.run(['run', '--session', 'one', `first ${LONG}`]);
  const ran = await place.run(['run', '--session', 'one', 'and now?']);
  expect(ran).toMatchObject({ code: 0, stdout: 'Two.\n' });
  const asked = JSON.stringify(mock.requests.at(-1)!.body);
  expect(asked).toContain('SUMMARY');
  expect(asked).toContain('and now?');
  expect(asked.length).toBeLessThan(LONG.length);
  expect((await place.run(['session', 'show', 'one'])).stdout).toMatch(/sum up.*was summed up/s);
  await expectVerified(place, 'one');
});

test('why a model refuses to sum up is no summary', async ({ place, mock }) => {
  place.connect(mock);
  mock.reply({ text: 'One.' }, { refusal: 'I must not read this.' }, { text: 'Two.' });
  await place.run(['run', '--session', 'one', `first ${LONG}`]);
  await place.run(['session', 'compact', 'one']);
  expect(await place.run(['run', '--session', 'one', 'and now?'])).toMatchObject({ code: 0, stdout: 'Two.\n' });
  const asked = JSON.stringify(mock.requests.at(-1)!.body);
  expect(asked).toContain('Nobody could sum it up');
  expect(asked).not.toContain('I must not read this.');
  await expectVerified(place, 'one');
});

test('`session compact` has it summed up before the next answer, and a redacted export of that is proved', async ({
  place,
}) => {
  place.play(TALK);
  for (const text of ['one', 'two', 'three']) await place.run(['run', '--session', 'one', text]);
  expect(await place.run(['session', 'compact', 'one'])).toMatchObject({ code: 0 });
  expect(entriesOf(place.journal('one'), 'context.compacted')).toHaveLength(0);
  await place.run(['run', '--session', 'one', 'four']);
  expect(entriesOf(place.journal('one'), 'context.compacted')).toHaveLength(1);
  const exported = await place.run(['session', 'export', 'one', '--redact']);
  expect(exported.code).toBe(0);
  expect(exported.stdout).not.toContain('SUMMARY');
  place.write('redacted.jsonl', exported.stdout);
  const verified = await place.run(['session', 'verify', './redacted.jsonl', '-o', 'json']);
  expect(JSON.parse(verified.stdout)).toMatchObject({ status: 'verified' });
  expect(await place.run(['session', 'compact', 'nobody'])).toMatchObject({ code: 1 });
});
