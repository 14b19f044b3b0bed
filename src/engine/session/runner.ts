/**
 * The turn runner: one per open session, the only appender of its journal. It takes observations from the mailbox one
 * after the other, appends each with the decisions that follow from it, and then makes the effects that are running
 * match those the kernel wants open. Cancel, recovery and start-up are this one mechanism.
 *
 *   mailbox → [border] → append (observation, decisions…) → sync where something outward follows → reconcile effects
 *
 * The runner evolves ahead of the disk: a failed append ends it, and its state is thrown away.
 */
import { isDecision, isIntent } from '../../contract/entry-types.ts';
import { toRuntimeError, type RuntimeError } from '../../contract/errors.ts';
import type { Entry, NewEntry, Observation, Seq } from '../../contract/entries.ts';
import type { Journal, StoredEntry } from '../../contract/ports.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { isBystander } from '../../kernel/turn/admits.ts';
import { openEffects, type Effect } from '../../kernel/turn/open.ts';
import type { Resolved, State } from '../../kernel/turn/state.ts';
import { passBorder } from './border.ts';
import { createDeltas } from './deltas.ts';
import { mustBeDurable } from './durability.ts';
import { failedEffect, type Delta, type EffectPorts } from './effects.ts';
import { applyEvolved, type Folded } from './fold.ts';
import { createOutputs } from './outputs.ts';
import { createMessages } from './request.ts';
import { settlementOf, type Settlement } from './settling.ts';
import { createTasks, isAwaited } from './tasks.ts';

export interface RunnerPorts extends EffectPorts {
  kernel: Kernel;
  journal: Journal;
  resolve: (entry: Entry) => Promise<Resolved> | Resolved;
  /** Chaos tests end the process at a named point; else does nothing. */
  crashPoint: (name: string) => void;
  /** Called when an ended turn is durable. */
  onTurnEnded: (ended: StoredEntry) => void;
  /** Called when the store or the runner itself is broken; nothing more is done then. */
  onFailed?: (error: RuntimeError) => void;
}

export type RunnerEvent =
  { kind: 'entry'; stored: StoredEntry; turn?: number } | { kind: 'delta'; delta: Delta; seq: Seq; turn: number };

/** Why nothing is being done: no turn is open, one waits for a person, or the runner has ended. */
export type Rest =
  { kind: 'idle' } | { kind: 'waiting'; approvals: string[] } | { kind: 'ended'; error?: RuntimeError };

export interface Runner {
  /** The state as of the last entry. Read it, never change it. */
  state(): State;
  /**
   * Gives an observation from outside. Resolves with its seq when it is written (durable where an answer depends on
   * it), or with undefined when it may not come now.
   */
  post(observation: Observation): Promise<Seq | undefined>;
  /** Ids of the approvals that wait. */
  approvals(): string[];
  /** Is nothing being done before a person answers? */
  isWaiting(): boolean;
  subscribe(listener: (event: RunnerEvent) => void): () => void;
  /** Resolves at the next moment at which nothing is being done. */
  rest(): Promise<Rest>;
  /** Resolves when the runner has ended, for whatever reason. */
  ended: Promise<void>;
  hasEnded(): boolean;
  /** Starts effects. Until then entries and decisions are appended, but no intent. */
  start(): void;
  /**
   * Takes nothing more, derives no further intent, gives what runs so long to end by itself (ms), cancels it, appends
   * what that reports, and syncs. What is left open goes on at the next start. Called again, patience ends.
   */
  shutDown(patienceMs?: number): Promise<void>;
}

interface Letter {
  observation: Observation;
  /** The effect that reports; absent for what comes from outside. */
  from?: Effect;
  settle?: (seq: Seq | undefined) => void;
  refuse?: (error: RuntimeError) => void;
}

interface Line {
  entry: Entry;
  turn: number | undefined;
  settlement: Settlement | undefined;
}

/** How long cancelled effects may take to report at a shut-down. Tools are killed well before. */
const SHUT_DOWN_MS = 10_000;

export function createRunner(ports: RunnerPorts, session: string, fold: Folded, fence: number): Runner {
  const { kernel, journal, clock } = ports;
  const listeners = new Set<(event: RunnerEvent) => void>();
  const resting: ((rest: Rest) => void)[] = [];
  let mailbox: Letter[] = [];
  let working = false;
  let woken = false;
  let mode: 'passive' | 'active' | 'shutting_down' | 'ended' = 'passive';
  let failure: RuntimeError | undefined;
  let intent: { seq: Seq; hash: string } | undefined;
  /** At a shut-down: everything that is waited for has reported; what runs is cancelled now; all is done. */
  let quiet: () => void = () => {};
  let cut: () => void = () => {};
  let patient = false;
  let ending = Promise.resolve();
  const over = Promise.withResolvers<void>();

  const deltas = createDeltas(ports.redactor, (delta, turn) =>
    emit({ kind: 'delta', delta, seq: fold.state.seq, turn }),
  );
  const tasks = createTasks(ports, {
    fold,
    messages: createMessages(ports.hash, fold.contents, ports.blobs),
    intent: () => intent,
    outputOf: createOutputs(ports, session),
    report(observations) {
      for (const { effect, observation } of observations) mailbox.push({ observation, from: effect });
      wake();
    },
    onDelta: (delta, turn) => deltas.push(delta, turn),
    childChanged: announceRest,
    opened_at: fold.state.seq,
    fail,
  });

  /** Letters of one tick are taken together. */
  function wake(): void {
    if (woken) return;
    woken = true;
    queueMicrotask(() => {
      woken = false;
      void work();
    });
  }

  async function work(): Promise<void> {
    if (working || mode === 'ended') return;
    working = true;
    try {
      do {
        const letters = mailbox;
        mailbox = [];
        await takeBatch(letters);
      } while (mailbox.length > 0);
      if (mode === 'active') tasks.reconcile(kernel.decide(fold.state).open);
      // What was about to start when the shut-down came stands in the journal already.
      else if (patient) tasks.reconcile(kernel.decide(fold.state).open.filter(isAwaited));
    } catch (thrown) {
      fail(toRuntimeError(thrown));
    } finally {
      working = false;
    }
    announceRest();
  }

  /** Appends what the letters say and what follows from it, in one write, and syncs where that must be. */
  async function takeBatch(letters: Letter[]): Promise<void> {
    try {
      const lines: Line[] = [];
      const seqs: (Seq | undefined)[] = [];
      drain(lines);
      for (const letter of letters) {
        seqs.push(await take(letter, lines));
        drain(lines);
      }
      if (lines.length > 0) await write(lines);
      letters.forEach((letter, index) => letter.settle?.(seqs[index]));
    } catch (thrown) {
      const error = toRuntimeError(thrown);
      for (const letter of letters) letter.refuse?.(error);
      throw error;
    }
  }

  async function take(letter: Letter, lines: Line[]): Promise<Seq | undefined> {
    const { from } = letter;
    if (from && !tasks.has(from)) return undefined;
    const observation = await passBorder(letter.observation, ports.redactor, ports.blobs);
    const entry = place(observation);
    // Nothing but a bystander can be proved behind an intent that is held back: a message is entered at the next start.
    if (!from && mode !== 'active' && !isBystander(entry) && kernel.decide(fold.state).append) return undefined;
    const resolved = await ports.resolve(entry);
    if (kernel.admits(fold.state, entry, resolved)) return accept(entry, lines, resolved, from);
    // What came before it in the batch may have ended what it was for.
    if (!from || from.kind === 'timer' || !openEffects(fold.state).some(({ key }) => key === from.key)) {
      if (from) tasks.forget(from);
      return undefined;
    }
    // From an open effect nothing is just dropped: its failure stands where its refused observation would.
    const failed = place(failedEffect(from, 'observation_refused', 'What came back is not admissible here.'));
    return kernel.admits(fold.state, failed) ? accept(failed, lines, {}, from) : undefined;
  }

  function accept(entry: Entry, lines: Line[], resolved: Resolved, from: Effect | undefined): Seq {
    evolve(entry, lines, resolved);
    if (from) tasks.forget(from);
    return entry.seq;
  }

  /** Appends decisions until there are none, or, while nothing may start, up to the first intent. */
  function drain(lines: Line[]): void {
    for (;;) {
      const { append } = kernel.decide(fold.state);
      if (!append) return;
      if (isIntent(append.type) && mode !== 'active') return;
      evolve(place(append), lines, {});
    }
  }

  function evolve(entry: Entry, lines: Line[], resolved: Resolved): void {
    const before = fold.state;
    applyEvolved(fold, entry, kernel.evolve(before, entry, resolved));
    const turn = (fold.state.turn ?? before.turn)?.turn;
    lines.push({ entry, turn, settlement: settlementOf(before, entry, fold.state) });
  }

  /** Observations come at the time of the clock, which may have been set back; decisions at that of what they follow from. */
  function place(entry: NewEntry): Entry {
    const at = isDecision(entry.type) ? fold.state.at : Math.max(clock.now(), fold.state.at);
    return { v: 1, seq: fold.state.seq + 1, at, ...entry };
  }

  async function write(lines: Line[]): Promise<void> {
    const entries = lines.map((line) => line.entry);
    for (const entry of entries) ports.crashPoint(`before-append-${entry.type}`);
    const condition = { expected_seq: entries[0]!.seq - 1, fence };
    const { stored } = await journal.append(session, condition, entries, { sync: false });
    for (const entry of entries) ports.crashPoint(`after-append-${entry.type}`);
    if (entries.some((entry) => mustBeDurable(entry, fold.state))) {
      // First: what a call used is not to be known to the journal alone.
      await ports.budget.durable(session);
      for (const entry of entries) ports.crashPoint(`before-sync-${entry.type}`);
      await journal.sync(session);
      for (const entry of entries) ports.crashPoint(`after-sync-${entry.type}`);
    }
    // Only now: whoever is told of an end, or of an answer, may rely on it.
    for (const entry of entries) deltas.end(entry);
    stored.forEach((one, index) => {
      const { turn } = lines[index]!;
      emit(turn === undefined ? { kind: 'entry', stored: one } : { kind: 'entry', stored: one, turn });
    });
    const asked = stored.findLast((one) => one.entry.type === 'model.requested');
    if (asked) intent = { seq: asked.entry.seq, hash: asked.hash };
    for (const one of stored) if (one.entry.type === 'turn.ended') ports.onTurnEnded(one);
    for (const { settlement } of lines) if (settlement) await settlement(ports.budget);
  }

  function fail(error: RuntimeError): void {
    if (failure === undefined) ports.onFailed?.(error);
    failure ??= error;
    mode = 'ended';
    tasks.cancelAll();
    for (const letter of mailbox) letter.refuse?.(error);
    mailbox = [];
    quiet();
    over.resolve();
    announceRest();
  }

  function emit(event: RunnerEvent): void {
    for (const listener of listeners) listener(event);
  }

  function currentRest(): Rest | undefined {
    if (mode === 'ended') return failure ? { kind: 'ended', error: failure } : { kind: 'ended' };
    if (mode !== 'active' || working || mailbox.length > 0) return undefined;
    const { append, open } = kernel.decide(fold.state);
    if (append) return undefined;
    if (!open.every(isWait)) return undefined;
    const approvals = waitsOf(open);
    return approvals.length > 0 ? { kind: 'waiting', approvals } : { kind: 'idle' };
  }

  function waitsOf(open: Effect[]): string[] {
    return open.filter(isWait).flatMap((effect) => {
      if (effect.kind === 'child') return ports.children.waitsFor(effect.session_id);
      return effect.kind === 'timer' ? [effect.id] : [];
    });
  }

  /**
   * Whether it waits for a person, as a child may. An approval that is due to expire is work: its timer is about to fire.
   */
  function isWait(effect: Effect): boolean {
    if (effect.kind === 'child') return !effect.cancel && ports.children.waitsFor(effect.session_id).length > 0;
    return effect.kind === 'timer' && effect.of === 'approval' && effect.due_at > clock.now();
  }

  function announceRest(): void {
    if (mode === 'shutting_down' && !working && mailbox.length === 0 && !tasks.awaitsIntents()) quiet();
    const rest = resting.length > 0 ? currentRest() : undefined;
    if (rest) for (const resolve of resting.splice(0)) resolve(rest);
  }

  async function end(patienceMs: number): Promise<void> {
    mode = 'shutting_down';
    const reported = new Promise<void>((resolve) => (quiet = resolve));
    let forget = (): void => {};
    cut = () => {
      cut = () => {};
      patient = false;
      forget();
      forget = clock.at(clock.now() + SHUT_DOWN_MS, quiet);
      tasks.cancelForShutDown();
      announceRest();
    };
    patient = patienceMs > 0;
    if (!patient) cut();
    else {
      forget = clock.at(clock.now() + patienceMs, () => cut());
      tasks.forgetUnawaited();
      announceRest();
    }
    await reported;
    forget();
    try {
      if (failure === undefined && fold.state.seq > 0) {
        await ports.budget.durable(session);
        await journal.sync(session);
      }
    } catch (thrown) {
      fail(toRuntimeError(thrown));
    }
    mode = 'ended';
    over.resolve();
    announceRest();
  }

  return {
    ended: over.promise,
    hasEnded: () => mode === 'ended',
    state: () => fold.state,
    post(observation) {
      if (mode === 'ended' || mode === 'shutting_down') return Promise.resolve(undefined);
      return new Promise((settle, refuse) => {
        mailbox.push({ observation, settle, refuse });
        wake();
      });
    },
    approvals: () => waitsOf(kernel.decide(fold.state).open),
    isWaiting: () => kernel.decide(fold.state).append === undefined && kernel.decide(fold.state).open.every(isWait),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    rest() {
      const rest = currentRest();
      return rest ? Promise.resolve(rest) : new Promise((resolve) => resting.push(resolve));
    },
    start() {
      if (mode !== 'passive') return;
      mode = 'active';
      wake();
    },
    shutDown(patienceMs = 0) {
      if (mode === 'ended') return Promise.resolve();
      if (mode === 'shutting_down') cut();
      else ending = end(patienceMs);
      return ending;
    },
  };
}
