/** `runtime queue`: what people see of the lanes, and what becomes of dead letters. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import type { QueueItem, SessionRow } from '../src/contract/host.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import type { MockOpenai } from './support/mock-openai.ts';
import { type Place, test, until } from './support/place.ts';

async function listed(place: Place): Promise<QueueItem[]> {
  const { code, stdout } = await place.run(['queue', 'ls', '-o', 'json']);
  expect(code).toBe(0);
  return JSON.parse(stdout) as QueueItem[];
}

/** A message that waits, for a session whose call needs an approval. */
async function waiting(place: Place): Promise<string> {
  place.play([
    { match: { tool_result: 'exec_command' }, reply: { text: 'Done.' } },
    { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'true' } }] } },
  ]);
  expect(await place.run(['run', '--session', 'one', 'first line\nsecond'])).toMatchObject({ code: 5 });
  const [item] = await listed(place);
  return item!.event_id;
}

test('nothing in the queue is said to be so', async ({ place }) => {
  expect(await place.run(['queue', 'ls'])).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'no message waits, runs or is dead\n',
  });
  expect(await listed(place)).toEqual([]);
});

test('what is not done is listed and shown, also where nobody works', async ({ place }) => {
  const id = await waiting(place);
  expect(await listed(place)).toMatchObject([
    { event_id: id, session_id: 'one', lane: 'interactive', priority: 0, title: 'first line', source: 'cli' },
  ]);
  const { stdout } = await place.run(['queue', 'ls']);
  expect(stdout).toMatch(/^MESSAGE +LANE +STATE +WHAT +SESSION +FROM +ACCEPTED\n/);
  expect(stdout).toContain(id);
  const shown = await place.run(['queue', 'show', id.slice(0, 12)]);
  expect(shown.stdout).toContain(`message: ${id}\nbegins: first line\nsession: one\nlane: interactive\n`);
  expect((await place.run(['queue', 'show', id, '-o', 'yaml'])).stdout).toContain(`event_id: ${id}\n`);
  expect(await place.run(['queue', 'show', 'e-none'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('runtime queue ls'),
  });
  const offered = await place.run(['__complete', 'queue', 'show', '']);
  expect(offered.stdout).toBe(`${id}\tfirst line\n`);
});

test('a message that its session has is not dropped, and is no dead letter', async ({ place }) => {
  const id = await waiting(place);
  expect(await place.run(['queue', 'drop', id])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has message'),
  });
  expect(await place.run(['queue', 'retry', id])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('no dead letter'),
  });
});

describe('a dead letter', () => {
  /** The session's file is damaged while its message waits, until a repair has cut it there: that message is dead. */
  async function dead(place: Place): Promise<string> {
    const id = await waiting(place);
    const file = place.journalFile('one');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"type":"input.received"/, '"type":"input.reXXived"'));
    const cut = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, `${cut.slice(0, 1).join('\n')}\n${'x'.repeat(400)}\n${cut.slice(3).join('\n')}`);
    expect((await place.run(['store', 'repair', '--apply'])).code).toBe(0);
    return id;
  }

  test('is listed with why, tried again, and answered', async ({ place }) => {
    const id = await dead(place);
    expect(await listed(place)).toMatchObject([{ event_id: id, state: 'dead', why: expect.any(String) }]);
    expect((await place.run(['__complete', 'queue', 'retry', ''])).stdout).toContain(id);
    const shown = await place.run(['queue', 'show', id]);
    expect(shown.stdout).toContain('state: dead\nwhy: ');
    expect(shown.stderr).toContain(`runtime queue retry ${id}`);
    const again = await place.run(['queue', 'retry', id]);
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('runtime run --session one') });
    expect(await listed(place)).toMatchObject([{ event_id: id, state: 'waiting' }]);
    expect(await place.run(['run', '--session', 'one'])).toMatchObject({ code: 5 });
  });

  test('is dropped', async ({ place }) => {
    const id = await dead(place);
    expect(await place.run(['queue', 'drop', id])).toMatchObject({
      code: 0,
      stderr: `dropped ${id}, which was dead\n`,
    });
    expect(await listed(place)).toEqual([]);
    expect(await place.run(['queue', 'drop', id])).toMatchObject({ code: 1 });
  });
});

describe('a session whose first message waits in its lane', () => {
  /** Two sessions behind one that works, accepted before the daemon started: one is new, the other's journal nobody could read. */
  async function behind(place: Place, mock: MockOpenai): Promise<Daemon> {
    place.connect(mock, {}, { worker: { interactive_concurrency: 1 } });
    mock.reply({ text: 'hello' }, { hangHead: true }, { hangHead: true });
    await place.run(['run', '--session', 'damaged', 'hi']);
    const first = await startDaemon(place);
    for (const session_id of ['busy', 'new', 'damaged']) {
      expect((await first.ask('POST', '/v1/events', { content: 'hi', session_id })).status).toBe(202);
    }
    await until('the model is asked', () => mock.requests.length === 2);
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    const file = place.journalFile('damaged');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"type":"turn.started"', '"type":"turn.XXarted"'));
    const daemon = await startDaemon(place);
    await until('the model is asked again', () => mock.requests.length === 3);
    return daemon;
  }

  test('is listed without being opened', async ({ place, mock }) => {
    const daemon = await behind(place, mock);
    const { sessions } = (await (await daemon.ask('GET', '/v1/sessions')).json()) as { sessions: SessionRow[] };
    const waits = { status: 'queued', queued: [expect.stringMatching(/^e-/)], approvals: [], watchers: 0 };
    expect(sessions.toSorted((a, b) => a.session_id.localeCompare(b.session_id))).toEqual([
      expect.objectContaining({ session_id: 'busy', status: 'running', seq: expect.any(Number) }),
      { session_id: 'damaged', ...waits },
      { session_id: 'new', ...waits },
    ]);
  });

  test('is no session that could be removed, and is ended with --force', async ({ place, mock }) => {
    await behind(place, mock);
    const item = (await listed(place)).find(({ session_id }) => session_id === 'new')!;
    const refused = await place.run(['session', 'rm', 'new']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`message ${item.event_id} waits to begin it`);
    expect(refused.stderr).toContain(`runtime queue drop ${item.event_id}`);
    expect((await listed(place)).map(({ session_id }) => session_id)).toContain('new');
    expect(await place.run(['session', 'rm', 'new', '--force'])).toMatchObject({ code: 0 });
    expect((await listed(place)).map(({ session_id }) => session_id)).not.toContain('new');
    expect(await place.run(['session', 'rm', 'new', '--force'])).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no session new') }); // prettier-ignore
  });
});
