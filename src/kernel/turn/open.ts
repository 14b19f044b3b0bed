/** Which effects should be running in a state that has nothing left to decide. */
import { wallLeft } from '../budget/budget.ts';
import { stepTimer } from '../goal/timer.ts';
import { activeGroup, isGuarded, type Ask, type State, type Turn } from './state.ts';

/** How many openings in a row may find something running of which nothing came, before the turn is given up. */
export const STALLS_TO_QUARANTINE = 3;

interface Keyed {
  /** The same effect has the same key for as long as it should run. */
  key: string;
}

/** An effect. One that is marked `cancel` must end; it still reports how it ended. */
export type Effect = Keyed &
  (
    | { kind: 'freeze'; turn: number; minimal: boolean }
    | { kind: 'reserve'; call_id: string; attempt: number }
    | { kind: 'ask_model'; call_id: string; attempt: number; cancel: boolean }
    /** Puts the summary of the answered call in the place of what it sums up. */
    | { kind: 'compact'; call_id: string }
    | { kind: 'inspect'; call_id: string }
    | { kind: 'run_tool'; call_id: string; attempt: number; guarded: boolean; cancel: boolean }
    /** Due at `due_at` (ms UTC). `approval`: reports `approval.resolved{expired}`, else `timer.fired`. */
    | { kind: 'timer'; id: string; due_at: number; of: 'wall' | 'retry' | 'approval' }
    /** The session of a step works on a try of it. */
    | { kind: 'child'; session_id: string; step_id: string; attempt: number; cancel: boolean }
  );

export function openEffects(state: State): Effect[] {
  const { turn } = state;
  if (!turn) {
    if (!state.session || state.queue.length === 0) return [];
    const next = state.turns + 1;
    return [{ kind: 'freeze', key: `freeze:${next}`, turn: next, minimal: state.stalls >= STALLS_TO_QUARANTINE }];
  }
  const effects = working(turn);
  if (turn.cut === null && isActive(turn)) {
    const id = `w${turn.turn}`;
    const due_at = state.at + wallLeft(state, turn).left_ms;
    // A retry wait counts only up to its due: when that comes first, the limit can't be reached before it.
    const retryFirst = waitsForRetry(turn.ask) && turn.ask.retry_at <= due_at;
    if (!retryFirst) effects.push({ kind: 'timer', key: `timer:${id}`, id, due_at, of: 'wall' });
  }
  return effects;
}

function working(turn: Turn): Effect[] {
  const effects: Effect[] = [];
  const cancel = turn.cut !== null;
  const { ask } = turn;
  if (ask.status === 'running') {
    const { call_id, attempt } = ask;
    if (mustReserve(turn)) effects.push({ kind: 'reserve', key: `reserve:${call_id}.${attempt}`, call_id, attempt });
    else effects.push({ kind: 'ask_model', key: `ask_model:${call_id}.${attempt}`, call_id, attempt, cancel });
  }
  if (isToBePlaced(ask)) effects.push({ kind: 'compact', key: `compact:${ask.call_id}`, call_id: ask.call_id });
  if (waitsForRetry(ask)) {
    const id = retryTimer(turn);
    effects.push({ kind: 'timer', key: `timer:${id}`, id, due_at: ask.retry_at, of: 'retry' });
  }
  for (const step of turn.goal?.steps ?? []) {
    const { id: step_id, attempt, session_id, status, retry_at } = step;
    if (status === 'running') {
      const key = `child:${session_id}.${attempt}`;
      effects.push({ kind: 'child', key, session_id: session_id!, step_id, attempt, cancel });
    }
    if (status === 'retry' && !cancel) {
      const id = stepTimer(turn, step);
      effects.push({ kind: 'timer', key: `timer:${id}`, id, due_at: retry_at!, of: 'retry' });
    }
  }
  for (const call of activeGroup(turn)) {
    const { call_id, attempt } = call;
    if (call.status === 'running') {
      const guarded = isGuarded(call.effect);
      effects.push({ kind: 'run_tool', key: `run_tool:${call_id}.${attempt}`, call_id, attempt, guarded, cancel });
    }
    if (call.status === 'new') effects.push({ kind: 'inspect', key: `inspect:${call_id}`, call_id });
    if (call.status === 'asked' && call.approval?.status === 'pending') {
      const { approval_id: id, expires_at: due_at } = call.approval;
      effects.push({ kind: 'timer', key: `timer:${id}`, id, due_at, of: 'approval' });
    }
  }
  return effects;
}

export function retryTimer(turn: Turn): string {
  return `r${turn.ask.call_id}.${turn.ask.attempt}`;
}

/** Whether the ask has failed and is asked again when its time comes. */
export function waitsForRetry(ask: Ask): ask is Ask & { retry_at: number } {
  return ask.status === 'failed' && ask.retry_at !== undefined;
}

/** Whether a summary is there that isn't in the history yet. */
export function isToBePlaced(ask: Ask): boolean {
  return ask.purpose === 'compact' && ask.status === 'answered';
}

/** Whether the ledger of shared budgets has yet to answer for the present attempt. */
export function mustReserve(turn: Turn): boolean {
  return turn.manifest.rules.shared_scopes.length > 0 && !turn.ask.reserved;
}

/** Whether something works on the turn, other than a person. */
function isActive(turn: Turn): boolean {
  if (turn.ask.status === 'running' || isToBePlaced(turn.ask) || waitsForRetry(turn.ask)) return true;
  return activeGroup(turn).some((call) => call.status === 'running' || call.status === 'new');
}

/** Milliseconds of the gap before an observation at `at` that count as active time. */
export function activeTime(state: State, at: number): number {
  const { turn } = state;
  if (!turn || !isActive(turn)) return 0;
  const until = waitsForRetry(turn.ask) ? Math.min(at, turn.ask.retry_at) : at;
  return Math.max(0, until - state.at);
}

/** Whether a stop of the program at this state cuts something off that it was doing. */
export function somethingRuns(state: State): boolean {
  const { turn } = state;
  if (!turn) return state.session !== null && state.queue.length > 0;
  if (turn.ask.status === 'running' || isToBePlaced(turn.ask)) return true;
  return activeGroup(turn).some((call) => call.status === 'running' || call.status === 'new');
}
