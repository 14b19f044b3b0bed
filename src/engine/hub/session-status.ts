/** What a live session is doing, told from its state. */
import type { SessionStatus } from '../../contract/host.ts';
import type { LiveSession } from '../owner.ts';

/**
 * `goesOn`: when somebody here works on it, or will. `started_at`: when its open turn began, as far as that was seen here (ms UTC).
 * `pending`: its accepted messages without a done mark.
 */
export function statusOf(
  { id, runner }: LiveSession,
  {
    goesOn,
    started_at,
    pending,
    watchers,
  }: { goesOn: 'now' | 'later' | undefined; started_at: number | undefined; pending: string[]; watchers: number },
): SessionStatus {
  const { session, turn, turns, seq, queue, taint, usage, cost_micro_usd } = runner.state();
  const approvals = runner.approvals();
  const queued = new Set([...queue.map(({ event_id }) => event_id), ...pending]);
  for (const event_id of turn?.event_ids ?? []) queued.delete(event_id);
  return {
    session_id: id,
    status: workOf(),
    project_root: session?.project_root ?? '',
    ...(session?.parent && { parent: { ...session.parent, root: session.tree! } }),
    ...(session?.model !== undefined && { model: session.model }),
    ...(session?.pins && { pins: session.pins }),
    ...(taint.length > 0 && { taint }),
    turns,
    seq,
    ...(turn && {
      turn: {
        turn: turn.turn,
        event_ids: turn.event_ids,
        phase: turn.phase,
        ...(started_at !== undefined && { started_at }),
      },
    }),
    queued: [...queued],
    approvals,
    usage,
    cost_micro_usd,
    watchers,
  };

  function workOf(): SessionStatus['status'] {
    if (!turn && queued.size === 0) return session ? 'idle' : 'absent';
    if (approvals.length > 0 && runner.isWaiting()) return 'waiting_approval';
    if (goesOn === undefined) return 'open';
    return goesOn === 'now' ? 'running' : 'queued';
  }
}
