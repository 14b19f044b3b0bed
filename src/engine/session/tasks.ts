/** The effects that are running: started when the kernel wants them open, cancelled when marked, forgotten when they left. */
import { isDiskFailure, naming, toRuntimeError, type RuntimeError } from '../../contract/errors.ts';
import type { Observation, Seq } from '../../contract/entries.ts';
import type { ToolContext } from '../../contract/ports.ts';
import type { Effect } from '../../kernel/turn/open.ts';
import type { State } from '../../kernel/turn/state.ts';
import {
  canceledUnstarted,
  failedEffect,
  runEffect,
  unasked,
  type Delta,
  type EffectPorts,
  type RunnableEffect,
} from './effects.ts';
import type { Folded } from './fold.ts';
import type { Messages } from './request.ts';

export interface Report {
  effect: Effect;
  observation: Observation;
}

interface TaskOwner {
  fold: Folded;
  messages: Messages;
  /** The line of the newest `model.requested`. */
  intent(): { seq: Seq; hash: string } | undefined;
  outputOf: ToolContext['outputOf'];
  report(reports: Report[]): void;
  onDelta(delta: Delta, turn: number): void;
  /** A child may have begun or ceased to wait for a person. */
  childChanged(): void;
  /** The last entry of the journal when it was opened. */
  opened_at: Seq;
  /** The store or the runner itself is broken. */
  fail(error: RuntimeError): void;
}

interface TaskPorts extends EffectPorts {
  crashPoint: (name: string) => void;
}

export interface Tasks {
  has(effect: Effect): boolean;
  forget(effect: Effect): void;
  /** Makes the running effects those that should be running. */
  reconcile(open: Effect[]): void;
  cancelAll(): void;
  /** Cancels and forgets what needn't report: only intents and reservations are still waited for. */
  forgetUnawaited(): void;
  /** The same, and cancels the intents. */
  cancelForShutDown(): void;
  awaitsIntents(): boolean;
}

interface Task {
  effect: Effect;
  cancel(): void;
  /** Where what runs goes on by itself when it is only forgotten: what ends it. */
  stop?(): void;
  canceled: boolean;
}

export function createTasks(ports: TaskPorts, owner: TaskOwner): Tasks {
  const tasks = new Map<string, Task>();

  function start(effects: Effect[]): void {
    // The inspections of a group are reported together, so that they are one write.
    const inspections = effects.filter((effect) => effect.kind === 'inspect');
    if (inspections.length > 0) void Promise.all(inspections.map(run)).then((found) => reportAll(found));
    for (const effect of effects) {
      if (effect.kind === 'timer') startTimer(effect);
      else if ('cancel' in effect && effect.cancel && effect.kind !== 'child') answerCancel(effect);
      else if (effect.kind !== 'inspect') void run(effect).then((report) => reportAll([report]));
    }
  }

  function reportAll(found: (Report | undefined)[]): void {
    const reports = found.filter((report) => report !== undefined);
    if (reports.length > 0) owner.report(reports);
  }

  function startTimer(effect: Extract<Effect, { kind: 'timer' }>): void {
    const { clock } = ports;
    const cancel = clock.at(effect.due_at, () => {
      if (clock.now() >= effect.due_at) owner.report([{ effect, observation: timerReport(effect) }]);
      else startTimer(effect); // the clock was set back, and what is recorded goes by it
    });
    tasks.set(effect.key, { effect, cancel, canceled: false });
  }

  function answerCancel(effect: RunnableEffect): void {
    tasks.set(effect.key, { effect, cancel: () => {}, canceled: true });
    owner.report([{ effect, observation: canceledUnstarted(effect) }]);
  }

  async function run(effect: RunnableEffect): Promise<Report | undefined> {
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    // A child is a session of its own, and shut down as such; only a stop of its parent ends it.
    const isChild = effect.kind === 'child';
    tasks.set(effect.key, { effect, cancel: isChild ? () => {} : stop, stop, canceled: false });
    if (isChild && effect.cancel) stop();
    const { state, calls } = owner.fold;
    const onDelta = (delta: Delta): void => {
      if (tasks.has(effect.key)) owner.onDelta(delta, state.turn?.turn ?? state.turns + 1);
    };
    try {
      ports.crashPoint('before-effect');
      const { messages, fold, outputOf, opened_at } = owner;
      const intent = owner.intent();
      const owned = { messages, fold, intent, outputOf, opened_at, onChildChanged: owner.childChanged };
      const context = { state, calls, ...owned, signal: abort.signal, onDelta };
      const observation = await runEffect(ports, effect, context);
      ports.crashPoint('after-effect');
      return { effect, observation };
    } catch (thrown) {
      const error = toRuntimeError(thrown);
      if (isChild && error.code === 'shutting_down') return undefined; // it goes on at the next start
      const observation = failureOf(effect, error, state);
      if (observation) return { effect, observation };
      owner.fail(error);
      return undefined;
    }
  }

  function forgetUnawaited(): void {
    for (const [key, { effect, cancel }] of tasks) {
      if (isAwaited(effect)) continue;
      cancel();
      tasks.delete(key);
    }
  }

  return {
    has: (effect) => tasks.has(effect.key),
    forget: (effect) => tasks.delete(effect.key),
    reconcile(open) {
      const wanted = new Map(open.map((effect) => [effect.key, effect]));
      for (const [key, task] of tasks) {
        const effect = wanted.get(key);
        if (!effect || isMoved(task.effect, effect)) {
          task.cancel();
          tasks.delete(key);
        } else if ('cancel' in effect && effect.cancel && !task.canceled) {
          task.canceled = true;
          (task.stop ?? task.cancel)();
        }
      }
      start(open.filter((effect) => !tasks.has(effect.key)));
    },
    cancelAll() {
      for (const task of tasks.values()) task.cancel();
      tasks.clear();
    },
    forgetUnawaited,
    cancelForShutDown() {
      forgetUnawaited();
      for (const { effect, cancel } of tasks.values()) if (effect.kind !== 'reserve') cancel();
    },
    awaitsIntents: () => tasks.size > 0,
  };
}

/** How an effect that threw is reported; undefined where the session can't go on. */
function failureOf(effect: RunnableEffect, error: RuntimeError, { session }: State): Observation | undefined {
  if (isDiskFailure(error)) return undefined;
  const isDamage = error.code === 'store_damaged';
  // What is to be asked can't be read, and no attempt will read it: nobody is asked.
  if (effect.kind === 'ask_model' && isDamage) return unasked(effect, naming(error, session!.id));
  // A tool may have acted before that was found: what it did is not known.
  if (effect.kind === 'inspect' || effect.kind === 'child' || (effect.kind === 'run_tool' && !isDamage)) {
    return failedEffect(effect, error.code, error.message);
  }
  return undefined;
}

/** A timer's due may change under its key. */
function isMoved(running: Effect, wanted: Effect): boolean {
  return running.kind === 'timer' && wanted.kind === 'timer' && running.due_at !== wanted.due_at;
}

/** What it does must be reported: its intent stands in the journal. */
export function isAwaited(effect: Effect): boolean {
  return effect.kind === 'ask_model' || effect.kind === 'run_tool' || effect.kind === 'reserve';
}

function timerReport(effect: Extract<Effect, { kind: 'timer' }>): Observation {
  if (effect.of !== 'approval') return { type: 'timer.fired', data: { timer_id: effect.id } };
  const by = { actor: { id: 'system', role: 'overlord' as const }, via: 'clock' };
  return { type: 'approval.resolved', data: { approval_id: effect.id, outcome: 'expired', by } };
}
