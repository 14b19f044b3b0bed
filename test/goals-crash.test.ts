/**
 * A goal that is killed at any named point of it or of its steps is carried to its end by the next start: each step's
 * command runs at most once, what was done isn't done again, and all its journals prove themselves.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Script } from '../src/contract/script.ts';
import { entriesOf, type Place, test } from './support/place.ts';

const COUNTER = 'ran.txt';
const steps = [
  { id: 'a', title: 'First', task: 'please do a', depends_on: [] },
  { id: 'b', title: 'Second', task: 'please do b', depends_on: [] },
  { id: 'c', title: 'Third', task: 'please do c', depends_on: ['a', 'b'], check: 'true' },
];

const TURNS: Script['turns'] = [
  { match: { purpose: 'plan', any: true }, reply: { text: JSON.stringify({ steps }) } },
  { match: { tool_result: 'exec_command' }, reply: { text: 'I ran it, or nobody knows.' } },
  { match: { contains: 'Result of step c' }, reply: { text: 'All three are done.' } },
  ...['c', 'a', 'b'].map((id) => ({
    match: { contains: `please do ${id}` },
    reply: { calls: [{ tool: 'exec_command', arguments: { cmd: `echo ${id} >> ${COUNTER}` } }] },
  })),
  { match: { contains: 'Your last try' }, reply: { text: 'It is done.' } },
];

const CUT_CHECK = 'after-sync-call.started:4';

/** Where it is killed; `:n` the n-th time that the place is passed. */
const POINTS = [
  'after-append-input.received', 'after-append-turn.started', 'before-append-plan.made', 'after-append-plan.made',
  'after-append-child.started', 'before-sync-child.started', 'after-sync-child.started', 'after-sync-child.started:2',
  'before-append-session.created:2', 'after-append-session.created:2', 'after-append-input.received:2',
  'after-append-turn.started:2', 'after-append-model.requested:2', 'after-append-model.replied:2', 'after-append-call.started',
  'after-sync-call.started', 'after-sync-call.started:2', 'before-effect:9', 'after-effect:9', 'after-append-call.finished',
  'after-append-call.finished:2', 'before-append-turn.ended', 'before-sync-turn.ended', 'after-sync-turn.ended',
  'before-append-child.finished', 'after-append-child.finished', 'after-append-child.finished:2', 'after-sync-child.started:3',
  'before-append-check.requested', 'after-append-check.requested', CUT_CHECK, 'after-append-call.finished:4',
  'before-append-child.finished:3', 'after-append-child.finished:3', 'after-append-reply.made:4', 'after-sync-turn.ended:4',
]; // prettier-ignore

/** The journals of all sessions. */
function sessionsOf(place: Place): string[] {
  const folder = join(place.home, 'workspaces/default/sessions');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(0, -6)); // prettier-ignore
}

describe.concurrent('K-76, A-110: killed at a named point, carried on by the next start', () => {
  test.for(POINTS)('%s', async (point, { place, expect }) => {
    place.play(TURNS, {
      governance: { auto_allow: ['exec_command'] },
      orchestrator: { subtask_retry_backoff: '10ms' },
    });
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: point };
    const killed = await place.run(['goal', '--session', 'one', 'do the three'], { environment });
    expect(killed).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    let resumed = await place.run(['run', '--session', 'one']);
    // A check that may have run is no other than any command: whether it runs once more is a person's word.
    const [, approval] = /^approval (a-\w+)$/m.exec(resumed.stderr) ?? [];
    expect(approval !== undefined).toBe(point === CUT_CHECK);
    if (approval !== undefined) {
      await place.run(['approve', approval]);
      resumed = await place.run(['run', '--session', 'one']);
    }
    expect(resumed).toMatchObject({ code: 0, stdout: 'All three are done.\n' });

    const ran = readFileSync(join(place.project, COUNTER), 'utf8').split('\n').filter((line) => line !== ''); // prettier-ignore
    expect([...new Set(ran)]).toEqual(ran);
    const goal = place.journal('one');
    expect(entriesOf(goal, 'turn.ended')).toMatchObject([{ reason: 'success' }]);
    expect(entriesOf(goal, 'child.finished')).toHaveLength(entriesOf(goal, 'child.started').length);
    const sessions = sessionsOf(place);
    expect(sessions).toHaveLength(4);
    for (const id of sessions) {
      expect(entriesOf(place.journal(id), 'turn.ended').length).toBeGreaterThan(0);
      expect((await place.run(['session', 'verify', id])).code).toBe(0);
    }
  });
});
