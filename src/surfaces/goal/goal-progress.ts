/** How a goal stands: its plan as the goal's session tells it, and what each step does now as the step's own session tells it. */
import type { EntryData, EntryType } from '../../contract/entries.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import type { ShownCall } from '../call-facts.ts';
import { createStepActivity, type StepActivity } from './step-activity.ts';

/**
 * `waiting`: for its turn, or for steps that it needs; `failed`: its last try came to nothing, though another one may come;
 * `left`: it never began; `cut`: it had no end when its goal had one.
 */
export type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'left' | 'cut';

export interface StepView {
  id: string;
  /** Its place in the plan, from 1. */
  number: number;
  title: string;
  /** Numbers of the steps that it needs. */
  after: number[];
  state: StepState;
  attempt: number;
  session_id?: string;
  /** When the present try began (ms UTC). */
  since?: number;
  /** What a running one does now; '' where nobody tells. */
  doing: string;
  /** It waits for a person. */
  asks: boolean;
  /** How the last try ended. */
  reason?: string;
  took_ms: number;
  tokens: number;
  cost_micro_usd: number;
}

/** What an event has changed, for those who tell it line by line. */
export type Change = { what: 'planned' } | { what: 'step'; step: StepView } | { what: 'over'; left: StepView[] };

export interface GoalProgress {
  /** An event of the goal's own session. */
  take(event: StreamEvent): Change | undefined;
  /** One of the session of a step. Does a person see something else now? */
  takeStep(session_id: string, event: StreamEvent): boolean;
  /** In the order of the plan; none as long as there is no plan of several steps. */
  steps(): StepView[];
  /** Are steps being done, or to be done? */
  isOpen(): boolean;
  /** The sessions of those that run. */
  running(): string[];
  stepOf(session_id: string): StepView | undefined;
  /** What was shown of a call of a step that runs. */
  shown(session_id: string, call_id: string): ShownCall | undefined;
}

export function createGoalProgress(): GoalProgress {
  let steps: StepView[] = [];
  let open = false;
  const activities = new Map<string, StepActivity>();

  const bySession = (session_id: string): StepView | undefined =>
    steps.find((step) => step.session_id === session_id && step.state === 'running');

  function planned({ by, steps: plan }: EntryData<'plan.made'>): Change | undefined {
    steps = [];
    open = by === 'model' && plan.length > 1;
    if (!open) return undefined;
    const numberOf = (id: string): number => plan.findIndex((step) => step.id === id) + 1;
    steps = plan.map(({ id, title, depends_on }, index) => ({
      id,
      number: index + 1,
      title,
      after: depends_on.map(numberOf),
      state: 'waiting',
      attempt: 0,
      doing: '',
      asks: false,
      took_ms: 0,
      tokens: 0,
      cost_micro_usd: 0,
    }));
    return { what: 'planned' };
  }

  function started({ step_id, session_id, attempt }: EntryData<'child.started'>, at: number): Change | undefined {
    const step = steps.find(({ id }) => id === step_id);
    if (!step) return undefined;
    Object.assign(step, { state: 'running', session_id, attempt, since: at, doing: '', asks: false });
    return { what: 'step', step };
  }

  function finished(data: EntryData<'child.finished'>): Change | undefined {
    const step = bySession(data.session_id);
    if (!step) return undefined;
    const { reason, usage, cost_micro_usd = 0, active_ms } = data;
    activities.delete(data.session_id);
    step.state = reason === 'success' ? 'done' : 'failed';
    step.reason = reason;
    step.doing = '';
    step.asks = false;
    step.took_ms += active_ms;
    step.tokens += usage.input + usage.output;
    step.cost_micro_usd += cost_micro_usd;
    return { what: 'step', step };
  }

  /** No step begins any more. */
  function over(): Change | undefined {
    if (!open) return undefined;
    open = false;
    activities.clear();
    for (const step of steps) {
      if (step.state === 'waiting') step.state = 'left';
      if (step.state === 'running') step.state = 'cut';
    }
    return { what: 'over', left: steps.filter(({ state }) => state === 'left' || state === 'cut') };
  }

  const TAKERS: { [T in EntryType]?: (data: EntryData<T>, at: number) => Change | undefined } = {
    'plan.made': planned,
    'child.started': started,
    'child.finished': finished,
    // While steps are done nothing is reflected on: this ends them, as the end of the turn does.
    'turn.reflected': over,
    'turn.ended': over,
  };

  return {
    take({ id, type, data, at }) {
      return id === null ? undefined : TAKERS[type as EntryType]?.(data as never, at);
    },
    takeStep(session_id, event) {
      const step = bySession(session_id);
      if (!step) return false;
      const activity = activities.get(session_id) ?? createStepActivity();
      activities.set(session_id, activity);
      activity.take(event);
      const { doing, asks } = activity.now();
      const changed = step.doing !== doing || step.asks !== asks;
      Object.assign(step, { doing, asks });
      return changed;
    },
    steps: () => steps,
    isOpen: () => open,
    running: () => (open ? steps.flatMap(({ state, session_id }) => (state === 'running' ? session_id! : [])) : []),
    stepOf: bySession,
    shown: (session_id, call_id) => activities.get(session_id)?.shown(call_id),
  };
}
