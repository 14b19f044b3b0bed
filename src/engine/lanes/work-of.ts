import type { LiveSession } from '../owner.ts';
import type { SessionWork } from './queued.ts';

/** What a session that is worked on does, told from its state. */
export function workOf({ runner }: LiveSession): SessionWork {
  const { turn, queue } = runner.state();
  const queued = [...(turn?.steers ?? []), ...queue].map(({ event_id }) => event_id);
  const waits = turn !== null && runner.isWaiting() && runner.approvals().length > 0;
  return { turn: turn?.event_ids, queue: queued, waits };
}
