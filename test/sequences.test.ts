/** The two sequences that the contract works out, entry by entry, and an answer that is cut while it is given. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import {
  approvalsIn,
  entriesOf,
  expectVerified,
  type Line,
  linesOf,
  type Place,
  test,
  until,
  verify,
} from './support/place.ts';
import { isAlive } from './support/processes.ts';

const typesOf = (lines: Line[]): string[] => lines.map(({ type }) => type);
const chaos = (point: string) => ({ environment: { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: point } });

const chained = (place: Place, file: string): { type: string; data: Record<string, unknown> }[] =>
  linesOf(readFileSync(join(place.home, 'workspaces/default', file), 'utf8')) as never;

test('a plain turn', async ({ place }) => {
  place.play([{ match: { any: true }, reply: { text: 'Hello.' } }]);
  await place.run(['run', '--session', 'one', 'hi']);
  const lines = place.journal('one');
  expect(typesOf(lines)).toEqual([
    'session.created',
    'input.received',
    'turn.started',
    'plan.made',
    'model.requested',
    'model.replied',
    'turn.reflected',
    'reply.made',
    'turn.ended',
  ]);
  const [input] = entriesOf(lines, 'input.received');
  const { seq, hash } = lines.at(-1)!;
  const ingress = chained(place, 'ingress/1.jsonl');
  expect(ingress).toMatchObject([
    { type: 'event.accepted', data: { event: { event_id: input!.event_id, session_id: 'one' } } },
    { type: 'event.done', data: { event_id: input!.event_id } },
  ]);
  expect(chained(place, 'audit.jsonl')).toMatchObject([{ type: 'head', data: { session: 'one', seq, hash } }]);
  expect(await verify(place, 'one')).toMatchObject({
    status: 'verified',
    notes: [],
    head: { seq, hash },
    kernels: [1],
  });
});

describe('a guarded command', () => {
  const COMMAND = 'echo ran >> ran.txt; echo $$ > pid.txt; sleep 60';

  const prepare = (place: Place): void =>
    place.play([
      { match: { tool_result: 'exec_command', contains: '[unknown]' }, reply: { text: 'I was told: {{result}}' } },
      { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: COMMAND } }] } },
    ]);

  test('killed while it waits and again while it runs', async ({ place }) => {
    prepare(place);
    const asked = await place.run(['run', '--session', 'one', 'go'], chaos('after-sync-approval.requested'));
    expect(asked.signal).toBe('SIGKILL');
    const untilAsked = [
      'session.created',
      'input.received',
      'turn.started',
      'plan.made',
      'model.requested',
      'model.replied',
      'call.inspected',
      'policy.decided',
      'approval.requested',
    ];
    expect(typesOf(place.journal('one'))).toEqual(untilAsked);

    // The wait needs no entry: it is there for whoever comes next.
    const waiting = await place.run(['run', '--session', 'one']);
    expect(waiting.code).toBe(5);
    const [id] = approvalsIn(waiting);
    await place.run(['approve', id!]);
    const untilGranted = [...untilAsked, 'approval.resolved'];
    expect(typesOf(place.journal('one'))).toEqual(untilGranted);

    const running = place.start(['run', '--session', 'one']);
    await until('the command runs', () => place.read('pid.txt') !== '');
    running.child.kill('SIGKILL');
    await running.ended;
    const pid = Number(place.read('pid.txt'));
    await until('the command is gone too', () => !isAlive(pid));
    const untilStarted = [...untilGranted, 'call.started'];
    const cut = place.journal('one');
    expect(typesOf(cut)).toEqual(untilStarted);
    expect(entriesOf(cut, 'call.started')).toMatchObject([{ attempt: 1, approval_id: id }]);

    const carriedOn = await place.run(['run', '--session', 'one']);
    expect(carriedOn.code).toBe(0);
    expect(carriedOn.stdout).toContain('it is unknown whether it took effect');
    const lines = place.journal('one');
    expect(typesOf(lines)).toEqual([
      ...untilStarted,
      'session.opened',
      'call.abandoned',
      'turn.reflected',
      'model.requested',
      'model.replied',
      'turn.reflected',
      'reply.made',
      'turn.ended',
    ]);
    expect(entriesOf(lines, 'session.opened')).toMatchObject([{ reason: 'recovery' }]);
    expect(entriesOf(lines, 'turn.reflected')).toMatchObject([{ signal: 'continue' }, { signal: 'stop' }]);
    expect(place.read('ran.txt')).toBe('ran\n');
    await expectVerified(place, 'one');

    // A repeat is a new call, asked anew; who is asked is told that it may be one.
    const repeated = await place.run(['run', '--session', 'one', 'again']);
    expect(repeated.code).toBe(5);
    expect(entriesOf(place.journal('one'), 'approval.requested').at(-1)).toMatchObject({ may_repeat_of: 'c1.1.1' });
    const shown = await place.run(['approvals', 'show', approvalsIn(repeated)[0]!]);
    expect(shown.stdout).toContain('may have taken effect');
  });

  test.for(['before-append', 'after-append', 'before-sync', 'after-sync'])(
    'approve is killed %s-approval.resolved: answered or not, never twice',
    async (point, { place }) => {
      place.play([
        { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
        {
          match: { any: true },
          reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo ran >> ran.txt' } }] },
        },
      ]);
      const [id] = approvalsIn(await place.run(['run', '--session', 'one', 'go']));
      expect((await place.run(['approve', id!], chaos(`${point}-approval.resolved`))).signal).toBe('SIGKILL');
      const known = entriesOf(place.journal('one'), 'approval.resolved').length;
      expect(known).toBe(point === 'before-append' ? 0 : 1);
      expect((await place.run(['approve', id!])).code).toBe(0);
      expect(await place.run(['run', '--session', 'one'])).toMatchObject({ code: 0, stdout: 'done\n' });
      expect(entriesOf(place.journal('one'), 'approval.resolved')).toHaveLength(1);
      expect(place.read('ran.txt')).toBe('ran\n');
      await expectVerified(place, 'one');
    },
  );
});
