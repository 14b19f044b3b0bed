/**
 * Several processes on one workspace: the first owns it and works for all, the others are its clients. Whoever comes,
 * goes or is killed: each message has one turn, everyone sees all of it, and the journals prove themselves.
 */
import { existsSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe } from 'vitest';
import { type EntryType } from '../src/contract/entries.ts';
import type { Script } from '../src/contract/script.ts';
import { ownedStore } from '../src/store/testing.ts';
import { entriesOf, expectVerified, linesOf, type Place, type Running, test, until } from './support/place.ts';

const PATCH = ['*** Begin Patch', '*** Update File: a.txt', '@@', '-old a', '+new a', '*** End Patch', ''].join('\n');

const STEPS: Script['turns'] = [
  { match: { equals: 'wait' }, stall: '40s', reply: { text: 'late' } },
  { match: { tool_result: 'exec_command' }, reply: { text: 'All done.' } },
  {
    match: { tool_result: 'apply_patch' },
    reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo ran >> ran.txt' } }] },
  },
  { match: { tool_result: 'read_file' }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch: PATCH } }] } },
  { match: { equals: 'go' }, reply: { calls: [{ tool: 'read_file', arguments: { path: 'a.txt' } }] } },
  { match: { contains: 'slow' }, reply: { text: 'You said: {{asked}}', chunks: 5, delay: '100ms' } },
  { match: { any: true }, reply: { text: 'You said: {{asked}}' } },
];

function prepare(place: Place, config: object = {}): void {
  place.write('a.txt', 'old a\n');
  place.play(STEPS, { governance: { auto_allow: ['read_file', 'apply_patch', 'exec_command'] }, ...config });
}

const socketOf = (place: Place): string => join(place.home, 'workspaces/default/control.sock');

/** A process that owns the workspace, serves it, and whose own turn doesn't end. */
async function own(place: Place, environment: Record<string, string> = {}): Promise<Running> {
  const owner = place.start(['run', '--json', '--session', 'own', 'wait'], { environment });
  await owner.says('model.requested');
  await until('the owner serves', () => existsSync(socketOf(place)));
  return owner;
}

/** What a run that began with a turn of its own passes before another's message comes. */
const PASSED: Record<string, number> = {
  'session.created': 1, 'input.received': 1, 'turn.started': 1, 'plan.made': 1, 'model.requested': 1,
}; // prettier-ignore

const TURN: EntryType[] = [
  'session.created', 'input.received', 'turn.started', 'plan.made',
  'model.requested', 'model.replied', 'call.inspected', 'policy.decided', 'call.started', 'call.finished', 'turn.reflected',
  'model.requested', 'model.replied', 'call.inspected', 'policy.decided', 'call.started', 'call.finished', 'turn.reflected',
  'model.requested', 'model.replied', 'call.inspected', 'policy.decided', 'call.started', 'call.finished', 'turn.reflected',
  'model.requested', 'model.replied', 'turn.reflected', 'reply.made', 'turn.ended',
]; // prettier-ignore

/** All are passed by the same rules; these are the ones at which something different is left. */
const points = [
  'before-ack:2',
  ...TURN.flatMap((type, index) => {
    const pass = TURN.slice(0, index + 1).filter((other) => other === type).length + (PASSED[type] ?? 0);
    return [`before-append-${type}:${pass}`, `after-append-${type}:${pass}`];
  }),
  ...['policy.decided', 'call.started', 'turn.reflected', 'reply.made', 'turn.ended'].flatMap((type) => [
    `before-sync-${type}`,
    `after-sync-${type}`,
  ]),
  ...Array.from({ length: 11 }, (_, index) => [`before-effect:${index + 3}`, `after-effect:${index + 2}`]).flat(),
];

describe.concurrent('an owner that dies while it works for another process', () => {
  test.for(points)('%s', async (point, { place, expect }) => {
    prepare(place);
    const owner = await own(place, { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: point });
    const client = await place.run(['run', '--json', '--session', 'one', 'go']);
    expect(await owner.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(client.code).toBe(0);
    const seen = linesOf(client.stdout) as { id: string | null; seq: number; data: object }[];
    const entries = seen.filter(({ id }) => id !== null);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
    expect(seen.at(-1)).toMatchObject({ data: { exit_code: 0, text: 'All done.' } });
    const lines = place.journal('one');
    expect(entries).toHaveLength(lines.length);
    for (const type of ['session.created', 'input.received', 'turn.started', 'turn.ended'] as const) {
      expect(entriesOf(lines, type)).toHaveLength(1);
    }
    const started = entriesOf(lines, 'call.started').filter(({ tool }) => tool === 'exec_command');
    expect(started).toHaveLength(1);
    expect(['ran\n', '']).toContain(place.read('ran.txt'));
    expect(place.read('a.txt')).toBe('new a\n');
    await expectVerified(place, 'one');
    await expectVerified(place, 'own');
  });
});

describe('the owner has given the lock away, and still serves', () => {
  test('who comes in that moment waits for the next one', async ({ place, expect }) => {
    prepare(place);
    const owner = await own(place);
    const lock = join(dirname(socketOf(place)), 'workspace.lock');
    renameSync(lock, `${lock}.gone`);
    const { store } = ownedStore(place.home); // the next one, before it serves
    const run = place.start(['run', '--session', 'other', 'hi']);
    await delay(700);
    await store.close();
    expect(await run.ended).toMatchObject({ code: 0, stdout: 'You said: hi\n' });
    owner.child.kill('SIGKILL');
  });

  test('who goes on serving without it is refused, and named', async ({ place, expect }) => {
    prepare(place);
    const owner = await own(place);
    const lock = join(dirname(socketOf(place)), 'workspace.lock');
    renameSync(lock, `${lock}.gone`);
    const { store } = ownedStore(place.home);
    const { code, stderr } = await place.run(['run', '--session', 'other', 'hi']);
    expect({ code, named: stderr.includes(`error: Process ${owner.pid} serves the workspace`) }).toEqual({
      code: 1,
      named: true,
    });
    await store.close();
  });
});
