/**
 * What the next start does with what a session has left. Nobody has a table of it: the rules are asked, by opening the
 * session in thought, and looking at what they decide then.
 */
import { sha256 } from '../../base/digest.ts';
import type { Decision } from '../../contract/entries.ts';
import type { Policy } from '../../contract/manifest.ts';
import type { TurnReason } from '../../contract/values.ts';
import { createKernel } from '../../kernel/kernel.ts';
import type { Step } from '../../kernel/goal/state.ts';
import { stepTimer } from '../../kernel/goal/timer.ts';
import type { Effect } from '../../kernel/turn/open.ts';
import type { State } from '../../kernel/turn/state.ts';
import { afterDecisions, openingOf } from '../session/open-session.ts';

/** One thing that was left, and what becomes of it. Times are ms UTC. */
export type Fate =
  /** Accepted, and its turn has not begun; or has ended, and nobody was told. */
  | { what: 'message'; event_id: string; fate: 'begins' | 'answered' }
  | { what: 'model'; call_id: string; attempt: number; fate: 'asked' | 'asked_again' | 'waits'; until?: number }
  | CallFate
  | StepFate
  | { what: 'turn'; turn: number; fate: 'ends'; reason: TurnReason; code?: string };

/**
 * `runs`: it had not started. `runs_again`: it only reads, or is idempotent. `rolled_forward`: a patch, file by file, else
 * its end is unknown. `unknown`: it may have taken effect; it isn't repeated, the model is told, and the same call asks.
 */
export interface CallFate {
  what: 'call';
  call_id: string;
  tool: string;
  fate: 'inspected' | 'runs' | 'runs_again' | 'rolled_forward' | 'unknown' | 'asks' | 'not_run' | 'waits';
  /** The number of its run, where it runs; of the one that nobody knows the end of. */
  attempt?: number;
  /** Paths of a patch. */
  files?: string[];
  /** Why it isn't run. */
  why?: string;
  /** The approval that it waits for, and until when that may be answered. */
  approval_id?: string;
  until?: number;
}

/** Of a goal's step. `goes_on`: in its session; `waits`: to be tried again then. */
export interface StepFate {
  what: 'step';
  title: string;
  attempt: number;
  fate: 'begins' | 'goes_on' | 'waits';
  /** The session that does it. */
  session_id?: string;
  until?: number;
}

export interface Opening {
  /** In force now. */
  policy: Policy;
  epoch: number;
  /** ms UTC. */
  now: number;
}

/** `state`: as it stands in the journal. Nothing is left: none. */
export function fatesOf(state: State, { policy, epoch, now }: Opening): Fate[] {
  const kernel = createKernel(sha256);
  const decisions: Decision[] = [];
  const note = (decision: Decision): void => void decisions.push(decision);
  let next = afterDecisions(kernel, state, note);
  const opening = openingOf(next, { policy: () => policy, epoch, build: '' });
  const at = Math.max(now, next.at);
  if (opening) {
    const entry = { v: 1 as const, seq: next.seq + 1, at, type: 'session.opened' as const, data: opening };
    next = kernel.evolve(next, entry, { policy }).state;
  }
  for (;;) {
    const { append } = kernel.decide(next);
    if (!append) break;
    note(append);
    next = kernel.evolve(next, { v: 1, seq: next.seq + 1, at, ...append }).state;
  }
  const asked = new Set(
    decisions.flatMap(({ type, data }) => (type === 'approval.requested' ? [data.approval_id] : [])),
  );
  const fates = [
    ...decisions.flatMap((decision) => fateOfDecision(decision, state)),
    ...kernel.decide(next).open.flatMap((effect) => stepFate(effect, state, next) ?? fateOfEffect(effect, next, asked)),
  ];
  const queued = next.queue.map(({ event_id }): Fate => ({ what: 'message', event_id, fate: 'begins' }));
  return [...fates.filter((fate) => !isConsequence(fate, fates)), ...queued];
}

/** Behind calls the model is asked anyhow. */
function isConsequence(fate: Fate, all: Fate[]): boolean {
  return fate.what === 'model' && fate.fate === 'asked' && all.some(({ what }) => what === 'call');
}

/** Only of what was there before; what follows from it is what always follows. */
function fateOfDecision(decision: Decision, { turn }: State): Fate[] {
  const call = 'call_id' in decision.data ? callOf(turn, decision.data.call_id) : undefined;
  switch (decision.type) {
    case 'model.requested': {
      const { call_id, attempt } = decision.data;
      const again = turn?.ask.call_id === call_id && attempt > 1;
      return [{ what: 'model', call_id, attempt, fate: again ? 'asked_again' : 'asked' }];
    }
    case 'call.started': {
      const { attempt, files } = decision.data;
      if (!call) return [];
      if (attempt === 1) return [{ ...call, fate: 'runs', attempt }];
      if (!files) return [{ ...call, fate: 'runs_again', attempt }];
      return [{ ...call, fate: 'rolled_forward', attempt, files: files.map(({ path }) => path) }];
    }
    case 'call.abandoned':
      return call ? [{ ...call, fate: 'unknown', attempt: decision.data.attempt }] : [];
    case 'call.refused':
      return call ? [{ ...call, fate: 'not_run', why: decision.data.why }] : [];
    case 'turn.ended': {
      const { turn: number, reason, code } = decision.data;
      return [{ what: 'turn', turn: number, fate: 'ends', reason, ...(code !== undefined && { code }) }];
    }
    default:
      return [];
  }
}

/** `newlyAsked`: approvals that are only requested then; their ids aren't known yet. */
function fateOfEffect(effect: Effect, { turn }: State, newlyAsked: ReadonlySet<string>): Fate[] {
  if (effect.kind === 'inspect') {
    const call = callOf(turn, effect.call_id);
    return call ? [{ ...call, fate: 'inspected' }] : [];
  }
  if (effect.kind !== 'timer' || effect.of === 'wall') return [];
  const { id, due_at: until, of } = effect;
  if (of === 'retry') {
    const { call_id, attempt } = turn!.ask;
    return [{ what: 'model', call_id, attempt: attempt + 1, fate: 'waits', until }];
  }
  const asking = turn!.calls.find(({ approval }) => approval?.approval_id === id)!;
  const call = callOf(turn, asking.call_id)!;
  return [newlyAsked.has(id) ? { ...call, fate: 'asks' } : { ...call, fate: 'waits', approval_id: id, until }];
}

/** Undefined for what is no step's. */
function stepFate(effect: Effect, before: State, { turn }: State): Fate[] | undefined {
  const stepIn = (from: State['turn'], id: string): Step | undefined => from?.goal?.steps.find((one) => one.id === id);
  if (effect.kind === 'child') {
    const { title, attempt, session_id } = stepIn(turn, effect.step_id)!;
    const fate = stepIn(before.turn, effect.step_id)?.status === 'running' ? 'goes_on' : 'begins';
    return [{ what: 'step', title, attempt, fate, ...(session_id !== undefined && { session_id }) }];
  }
  if (effect.kind !== 'timer' || !turn) return undefined;
  const retried = turn.goal?.steps.find((step) => step.status === 'retry' && stepTimer(turn, step) === effect.id);
  if (!retried) return undefined;
  return [{ what: 'step', title: retried.title, attempt: retried.attempt + 1, fate: 'waits', until: effect.due_at }];
}

function callOf(turn: State['turn'], call_id: string): Pick<CallFate, 'what' | 'call_id' | 'tool'> | undefined {
  const call = turn?.calls.find((one) => one.call_id === call_id);
  return call && { what: 'call', call_id, tool: call.name };
}
