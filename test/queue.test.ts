/** `runtime queue`: what people see of the lanes, and what becomes of dead letters. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import type { QueueItem } from '../src/contract/host.ts';
import { type Place, test } from './support/place.ts';

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
