import { isChildEvent } from '../child-event.ts';
import type { LiveSession } from '../owner.ts';
import type { Runner } from '../session/runner.ts';
import type { SessionWork } from './queued.ts';

/** What a session that is worked on does, told from its state. The steps of a goal are done in the place that it has. */
export function workOf({ id, runner }: Pick<LiveSession, 'id' | 'runner'>): SessionWork {
  const { turn, queue } = runner.state();
  const isOfLane = (event_id: string): boolean => !isChildEvent(id, event_id);
  const queued = [...(turn?.steers ?? []), ...queue].map(({ event_id }) => event_id).filter(isOfLane);
  const isStep = turn !== null && turn.event_ids.length > 0 && !turn.event_ids.some(isOfLane);
  return { turn: isStep ? undefined : turn?.event_ids, queue: queued, waits: waitsForPerson(runner) };
}

export function waitsForPerson(runner: Runner): boolean {
  return runner.state().turn !== null && runner.isWaiting() && runner.approvals().length > 0;
}
