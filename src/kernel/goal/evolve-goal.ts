/** How a goal moves: a plan is asked for, made, and each of its steps begins, ends, is tried again, or is left out. */
import type { Hash } from '../../base/digest.ts';
import type { EntryData, EntryOf } from '../../contract/entries.ts';
import type { Manifest } from '../../contract/manifest.ts';
import type { Content } from '../../contract/messages.ts';
import type { TurnReason } from '../../contract/values.ts';
import { addUsage, countedTokens } from '../budget/budget.ts';
import { pendingOf, textPart } from '../turn/history.ts';
import type { Pending } from '../turn/pending.ts';
import { newAsk, type Ask, type Evolved, type Queued, type State, type Turn } from '../turn/state.ts';
import { parsePlan } from './parse-plan.ts';
import type { Goal, Step } from './state.ts';
import { stepTimer } from './timer.ts';

/** Ends after which another try may do better. */
const RETRIED: ReadonlySet<TurnReason> = new Set([
  'failed', 'timeout', 'interrupted', 'unavailable', 'validation_failed', 'execution_failed',
]); // prettier-ignore

export function newGoal({ content }: Queued): Goal {
  return { objective: content.digest, plans: 1, steps: [], steps_ms: 0 };
}

/** The model call of a plan, to be requested. */
export function planAsk(turn: number, plans: number, { planner }: Pick<Manifest, 'planner'>): Ask {
  return { ...newAsk(turn, 0), purpose: 'plan', call_id: `p${turn}.${plans}`, ...(planner && { by_planner: true }) };
}

/** What a model answered when it was asked for a plan. */
export function planAnswered(turn: Turn, { data }: EntryOf<'model.replied'>): Turn {
  const goal = turn.goal!;
  const { most_steps, plans } = turn.manifest.rules.goal!;
  const plan = planIn(data, most_steps);
  if (plan.ok) return { ...turn, goal: { ...goal, draft: plan.steps } };
  const failed = { ...goal, problem: plan.problem };
  if (goal.plans >= plans) return { ...turn, goal: failed };
  return {
    ...turn,
    goal: { ...failed, plans: goal.plans + 1 },
    ask: planAsk(turn.turn, goal.plans + 1, turn.manifest),
  };
}

function planIn({ parts, stop_reason }: EntryData<'model.replied'>, mostSteps: number) {
  if (stop_reason === 'length') return { ok: false, problem: 'it was cut off at its length limit' } as const;
  let whole = '';
  for (const part of parts) {
    if (part.type !== 'text') continue;
    if (typeof part.text !== 'string') return { ok: false, problem: 'it is too long' } as const;
    whole += part.text;
  }
  return parsePlan(whole, mostSteps);
}

/** A plan of one step needs nobody else: the turn does it itself. */
export function planned(turn: Turn, { data }: EntryOf<'plan.made'>): Turn {
  const { draft: _, problem: __, ...goal } = turn.goal!;
  const [first, ...others] = data.steps;
  if (!first || others.length === 0) {
    // The person's own is not a model's to replace.
    const check =
      turn.check ?? (first?.check === undefined ? undefined : { command: first.check, status: 'due' as const });
    return { ...turn, goal, phase: 'think', think: 1, ask: newAsk(turn.turn, 1), ...(check && { check }) };
  }
  const steps = data.steps.map((step): Step => ({ ...step, status: 'due', attempt: 0, began_ms: 0 }));
  return { ...turn, phase: 'steps', goal: { ...goal, steps } };
}

export function stepStarted(turn: Turn, { seq, data }: EntryOf<'child.started'>): Turn {
  return withStep(turn, data.step_id, ({ retry_at: _, ...step }) => ({
    ...step,
    status: 'running',
    attempt: data.attempt,
    session_id: data.session_id,
    seq: step.seq ?? seq,
    limits: data.budget,
    began_ms: turn.goal!.steps_ms,
  }));
}

export function stepFinished(hash: Hash, state: State, turn: Turn, entry: EntryOf<'child.finished'>): Evolved {
  const { data } = entry;
  const step = turn.goal?.steps.find(
    ({ status, session_id, attempt }) =>
      status === 'running' && session_id === data.session_id && attempt === data.attempt,
  );
  if (!step) return { state, joined: [] };
  const content = resultContent(step, data, turn.goal!.steps);
  const next = settled(turn, step, entry, pendingOf(hash, entry.seq, content));
  const charged = withStep(used(turn, step, data), step.id, () => next);
  const fresh = data.taint.filter((source) => !state.taint.includes(source));
  const taint = fresh.length === 0 ? state.taint : [...state.taint, ...fresh];
  return { state: { ...state, taint, turn: blocked(charged) }, content, joined: [] };
}

/** The timer of a try is due: the step may begin again. */
export function stepRetried(turn: Turn, timer_id: string): Turn {
  const step = turn.goal?.steps.find((one) => one.status === 'retry' && stepTimer(turn, one) === timer_id);
  if (!step) return turn;
  const { retry_at: _, ...due } = step;
  return withStep(turn, step.id, () => ({ ...due, status: 'due' }));
}

/** What ran for another session is nothing that a fork may wait for: it begins anew, in a session of the fork's own. */
export function forkedSteps(turn: Turn): Turn {
  if (!turn.goal) return turn;
  const steps = turn.goal.steps.map((step): Step => {
    if (step.status !== 'running' && step.status !== 'retry') return step;
    const { session_id: _, seq: __, retry_at: ___, ...anew } = step;
    return { ...anew, status: 'due', attempt: 0, reason: 'interrupted' };
  });
  return { ...turn, goal: { ...turn.goal, steps } };
}

/** What the steps gave, for the history, in the order of the plan. */
export function stepResults({ phase, goal }: Turn): Pending[] {
  return phase === 'steps' ? goal!.steps.flatMap(({ result }) => result ?? []) : [];
}

/** Told to the model that answers the person: in the runtime's own voice, so without titles, which are a model's. */
export function stepsNote(steps: readonly Step[]): Content {
  const lines = steps.map((step) => `- ${step.id}: ${howItWent(step)}`);
  const all = steps.every(({ status }) => status === 'done');
  const what = all ? '' : ' Say plainly what was not done, and why.';
  const text = `The steps of the plan have ended:\n${lines.join('\n')}\nTheir results stand above. Answer the person from them, as one answer to the goal.${what}`;
  return { role: 'note', text };
}

export function howItWent({ status, reason, attempt, depends_on }: Step): string {
  switch (status) {
    case 'done':
      return 'done';
    case 'failed':
      return `not done (${reason}${attempt > 1 ? `, ${attempt} tries` : ''})`;
    case 'blocked':
      return `not begun: what it depends on (${depends_on.join(', ')}) was not all done`;
    default:
      return attempt === 0 ? 'not begun' : 'not finished';
  }
}

function settled(turn: Turn, step: Step, { at, data }: EntryOf<'child.finished'>, result: Pending): Step {
  const { attempts, retry_base_ms } = turn.manifest.rules.goal!;
  const { reason } = data;
  const next = { ...step, reason };
  if (reason === 'success') return { ...next, status: 'done', result };
  const mayDoBetter = RETRIED.has(reason) || (reason === 'budget_exceeded' && othersRun(turn, step));
  if (turn.cut === null && mayDoBetter && step.attempt < attempts) {
    return { ...next, status: 'retry', retry_at: at + retry_base_ms * step.attempt };
  }
  return { ...next, status: 'failed', result };
}

/** What they have reserved of the budget that all share may come back. */
function othersRun({ goal }: Turn, { id }: Step): boolean {
  return goal!.steps.some((other) => other.id !== id && other.status === 'running');
}

/**
 * What a step used counts for its turn. Its time is counted from where that of the steps stood when it began, so that what
 * ran at the same time counts once.
 */
function used(turn: Turn, step: Step, data: EntryData<'child.finished'>): Turn {
  return {
    ...turn,
    usage: addUsage(turn.usage, data.usage),
    tokens: turn.tokens + countedTokens(data.usage),
    cost_micro_usd: turn.cost_micro_usd + (data.cost_micro_usd ?? 0),
    model_calls: turn.model_calls + data.model_calls,
    started_count: turn.started_count + data.tool_calls,
    goal: { ...turn.goal!, steps_ms: Math.max(turn.goal!.steps_ms, step.began_ms + data.active_ms) },
  };
}

/** Steps that depend on what came to nothing, directly or by others, are not begun. */
function blocked(turn: Turn): Turn {
  let { steps } = turn.goal!;
  for (;;) {
    const lost = new Set(steps.filter(({ status }) => status === 'failed' || status === 'blocked').map(({ id }) => id));
    const next = steps.map((step): Step =>
      step.status === 'due' && step.depends_on.some((id) => lost.has(id)) ? { ...step, status: 'blocked' } : step,
    );
    if (next.every((step, index) => step === steps[index])) return { ...turn, goal: { ...turn.goal!, steps } };
    steps = next;
  }
}

/** A result is material for whoever goes on with it, in a person's role: nothing in it is an instruction of ours. */
function resultContent(
  { id, title }: Step,
  { reason, result }: EntryData<'child.finished'>,
  steps: readonly Step[],
): Content {
  const how = reason === 'success' ? 'done' : `not done (${reason})${notBegun(id, steps)}`;
  return { parts: [textPart(`Result of step ${id} (${title}): ${how}`), ...result], role: 'user' };
}

/** Nothing else tells what those are that depend on it, directly or by others. */
function notBegun(id: string, steps: readonly Step[]): string {
  const lost = new Set([id]);
  for (const _ of steps) for (const one of steps) if (one.depends_on.some((other) => lost.has(other))) lost.add(one.id);
  const names = steps.filter((one) => one.id !== id && lost.has(one.id)).map((one) => `${one.id} (${one.title})`);
  return names.length === 0 ? '' : `. Depend on it: ${names.join(', ')}`;
}

function withStep(turn: Turn, id: string, change: (step: Step) => Step): Turn {
  const goal = turn.goal!;
  return { ...turn, goal: { ...goal, steps: goal.steps.map((step) => (step.id === id ? change(step) : step)) } };
}
