import type { LiveSession } from '../owner.ts';
import type { Runner } from '../session/runner.ts';
import type { SessionWork } from './queued.ts';

/** What a session that is worked on does, told from its state. */
export function workOf({ runner }: LiveSession): SessionWork {
  const { turn, queue } = runner.state();
  const queued = [...(turn?.steers ?? []), ...queue].map(({ event_id }) => event_id);
  return { turn: turn?.event_ids, queue: queued, waits: waitsForPerson(runner) };
}

export function waitsForPerson(runner: Runner): boolean {
  return runner.state().turn !== null && runner.isWaiting() && runner.approvals().length > 0;
}
