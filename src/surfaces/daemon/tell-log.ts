/** What of a daemon's work stands in its log. No text that somebody wrote: ids, numbers and codes. */
import type { NearWatch } from '../../engine/budget/near.ts';
import type { CommandTold } from '../../engine/schedule/runs.ts';
import type { RunnerEvent } from '../../engine/session/runner.ts';
import type { HttpExchange } from '../http/exchange-watch.ts';
import type { Log } from './log/log.ts';

export interface Beside {
  /** Of the turn, when it ends by this event and its begin was seen (ms). */
  duration?: number | undefined;
  /** Of the trace that it belongs to, where there is one. */
  trace_id?: string | undefined;
}

export function tellEvent(log: Log, session_id: string, event: RunnerEvent, { duration, trace_id }: Beside): void {
  if (event.kind !== 'entry') return;
  const { entry } = event.stored;
  const at = { session_id, ...(event.turn !== undefined && { turn: event.turn }) };
  switch (entry.type) {
    case 'session.opened':
      return log.info('session opened again', { ...at, reason: entry.data.reason });
    case 'turn.started':
      return log.info('turn started', { ...at, event_ids: entry.data.event_ids, ...(trace_id && { trace_id }) });
    case 'turn.ended': {
      const { event_ids, reason, code, model_calls, tool_calls, usage, cost_micro_usd } = entry.data;
      return log.info('turn ended', {
        ...at,
        event_ids,
        ...(trace_id && { trace_id }),
        reason,
        ...(code !== undefined && { code }),
        ...(duration !== undefined && { duration_ms: duration }),
        model_calls,
        tool_calls,
        usage,
        ...(cost_micro_usd !== undefined && { cost_micro_usd }),
      });
    }
    case 'approval.requested':
      return log.info('approval requested', { ...at, approval_id: entry.data.approval_id });
    case 'approval.resolved':
      return log.info('approval resolved', { ...at, approval_id: entry.data.approval_id, outcome: entry.data.outcome });
    case 'model.failed': {
      const { call_id, attempt, class: kind, code } = entry.data;
      return log.warn('model call failed', { ...at, call_id, attempt, class: kind, code });
    }
    default:
  }
}

/** A limit that is nearly used up. */
export function tellNear(log: Log, session_id: string, near: NearWatch, event: RunnerEvent): void {
  if (event.kind !== 'entry') return;
  const { type, data } = event.stored.entry;
  for (const use of near.take({ session_id, turn: event.turn, type, data })) {
    log.warn('budget nearly used up', { session_id, ...use });
  }
}

/** A job's command. */
export function tellCommand(log: Log, { end, ...run }: CommandTold): void {
  if (end === undefined) log.info('command started', run);
  else log.info('command ended', { ...run, ...end });
}

const ACCEPTED = 202;
/** They answer with what came out, not with 202. */
const OPENAI = /^\/v1\/(chat\/completions|responses)$/;
const OUR_FAULT = 500;
const LATER = 503;

/** A request that brought a message is what joins its `request_id` with the journal's `event_id`. */
export function tellRequest(log: Log, exchange: HttpExchange & Pick<Beside, 'trace_id'>): void {
  const { status, method, route, event_id } = exchange;
  const isAccept = event_id !== undefined && (status === ACCEPTED || (method === 'POST' && OPENAI.test(route)));
  if (status >= OUR_FAULT && status !== LATER) log.error('request failed', { ...exchange });
  else if (isAccept) log.info('message accepted', { ...exchange });
  else log.debug('request', { ...exchange });
}
