/**
 * The lanes of the process that works on everything in a workspace: who gets a place, and when each accepted message is
 * given to its session. It talks to the sessions and the ingress log; what comes next is the scheduler's.
 */
import type { Clock } from '../../base/clock.ts';
import { isDiskFailure, naming, type RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import type { Ingress, Journal } from '../../contract/ports.ts';
import type { IngressEvent } from '../../contract/records.ts';
import type { Lane } from '../../contract/values.ts';
import type { LiveSessions } from '../hub/live-sessions.ts';
import { createAdmission } from './admission.ts';
import { endUnseen } from './end-unseen.ts';
import { createScheduler, type QueueRow } from './scheduler.ts';
import type { LaneLimits } from './starts.ts';
import { workOf } from './work-of.ts';

export interface LaneSettings {
  sizes: Record<Lane, number>;
  submitTimeoutMs: number;
  limits: LaneLimits;
  deliveryAttempts: number;
}

export interface LanesPorts {
  clock: Clock;
  ingress: Pick<Ingress, 'pending' | 'pendingEvent' | 'pendingOf' | 'knows' | 'done' | 'dead' | 'sync'>;
  journal: Pick<Journal, 'read'>;
  sessions: Pick<LiveSessions, 'deliver' | 'get' | 'isEntered' | 'withdraw'>;
  /** Called when the store fails again and again: another process may find it well. */
  onFailed: (error: RuntimeError) => void;
}

export interface Lanes {
  /**
   * A place for a message that is about to be accepted; one whose key is known needs none. Gives what frees it.
   * @throws RuntimeError lane_full | shutting_down
   */
  reserve(lane: Lane, key?: { actor_id: string; idempotency_key: string }): Promise<() => void>;
  /**
   * Takes an accepted message; it is given to its session when it is its turn: where that is at once, before this
   * resolves. Of one that isn't new its session may know: it may even be answered, and only the note of that be missing.
   */
  take(event: IngressEvent, how: { isNew: boolean }): Promise<void>;
  /** Does it wait here, or is on its way, and no session has it? `unsure`: it was accepted before, so its session may. */
  waiting(event_id: string): 'surely' | 'unsure' | undefined;
  /** May its session have it, should it be worked on? */
  mayEnter(event: IngressEvent): boolean;
  /** Something changed in a session. */
  observe(session_id: string): void;
  /** Resolves when a message doesn't wait here any more (`gone`), or its session waits for a person. */
  arrived(event_id: string): Promise<'gone' | 'waits'>;
  /** Ends a message that no session has, durably. False when one has it, or nothing is known of it here. */
  end(event_id: string, outcome: string): Promise<boolean>;
  /** How many that wait go before it in its lane. */
  position(event: Pick<IngressEvent, 'event_id' | 'session_id'>): number;
  table(): Promise<QueueRow<IngressEvent>[]>;
  /** Something else was done to a session than work on it: it may be gone. */
  recheck(session_id: string): Promise<void>;
  /** A session was closed that can't go on: what it had been given is dead. */
  broken(session_id: string, error: RuntimeError): void;
  /** Takes what was accepted before. */
  open(): Promise<void>;
  /** Nothing is given any more. Resolves when nothing is being done here. */
  close(): Promise<void>;
}

const FIRST_PAUSE_MS = 250;
const PAUSE_GROWTH = 4;
const LONGEST_PAUSE_MS = 30_000;
/** After so many failures of the store with one message it is taken as broken. */
const MOST_STORE_FAILURES = 4;

export function createLanes(ports: LanesPorts, settings: LaneSettings): Lanes {
  const { clock, ingress, journal, sessions, onFailed } = ports;
  const scheduler = createScheduler<IngressEvent>(settings.limits);
  const admission = createAdmission({
    clock,
    sizes: settings.sizes,
    timeoutMs: settings.submitTimeoutMs,
    waiting: scheduler.waiting,
  });
  /** Of messages that couldn't be given: how often, and how often through their own fault. */
  const failures = new Map<string, { times: number; counted: number }>();
  /** Ids of messages that aren't done. Their sessions may have them: they were accepted before, or on their way. */
  const unsure = new Set<string>();
  /** Sessions. */
  const changed = new Set<string>();
  /** Who waits for messages to arrive, by session and message. */
  const arrivals = new Map<string, Map<string, PromiseWithResolvers<'gone' | 'waits'>>>();
  /** Messages that are being given to their sessions. */
  const underWay = new Map<string, Promise<void>>();
  const pauses = new Set<() => void>();
  let opening: Promise<void> | undefined;
  let closed = false;

  /** What was accepted before is known then. A log that couldn't be read may be readable for whoever comes next. */
  function open(): Promise<void> {
    opening ??= load().catch((thrown: unknown) => {
      opening = undefined;
      throw thrown;
    });
    return opening;
  }

  async function load(): Promise<void> {
    for (const event of await ingress.pending()) {
      unsure.add(event.event_id);
      scheduler.add(event);
    }
    goOn();
  }

  /** Gives what may be given now. */
  function goOn(): void {
    if (closed) return;
    for (let event = scheduler.next(); event; event = scheduler.next()) begin(event);
    admission.roomMade();
  }

  /** Tells who waits for messages of a session. */
  function tellArrivals(session_id: string): void {
    const waiting = arrivals.get(session_id);
    if (!waiting) return;
    for (const [event_id, arrival] of waiting) {
      const how = arrivalOf(event_id);
      if (how === undefined) continue;
      waiting.delete(event_id);
      arrival.resolve(how);
    }
    if (waiting.size === 0) arrivals.delete(session_id);
  }

  function begin(event: IngressEvent): void {
    const { event_id } = event;
    unsure.add(event_id);
    const done = give(event).finally(() => {
      if (underWay.get(event_id) === done) underWay.delete(event_id);
    });
    underWay.set(event_id, done);
  }

  async function give(event: IngressEvent): Promise<void> {
    const { event_id, session_id } = event;
    try {
      const isTaken = await sessions.deliver(event);
      if (!isTaken) {
        drop(event); // it was done already, as a stop that could not be told to whoever asked for it
        return goOn();
      }
      failures.delete(event_id);
      scheduler.given(event_id);
      tellArrivals(session_id);
      if (isLast(event)) goOn();
      else observe(session_id);
    } catch (thrown) {
      await failed(event, toRuntimeError(thrown));
    }
  }

  /** Does it stand behind all that its session does? Then nothing else has changed; looking takes long where many do. */
  function isLast({ event_id, session_id }: IngressEvent): boolean {
    const { turn, queue } = sessions.get(session_id)?.runner.state() ?? {};
    return turn != null && queue?.at(-1)?.event_id === event_id;
  }

  async function failed(event: IngressEvent, error: RuntimeError): Promise<void> {
    const { event_id } = event;
    if (closed || error.code === 'shutting_down') return;
    look(event.session_id); // on the way it may have been closed
    if (!scheduler.hold(event_id)) return goOn(); // it has it, whatever failed
    const failure = failures.get(event_id) ?? { times: 0, counted: 0 };
    failures.set(event_id, failure);
    failure.times++;
    if (!isDiskFailure(error)) failure.counted++;
    if (failure.times - failure.counted === MOST_STORE_FAILURES) onFailed(error);
    if (failure.counted >= settings.deliveryAttempts) return bury(event, error);
    pause(event_id, failure.times);
    goOn();
  }

  /** Makes a message that is held a dead letter; where that can't be written now, it is tried again. */
  async function bury(event: IngressEvent, error: RuntimeError): Promise<void> {
    if (await marked(event, error)) drop(event);
    else pause(event.event_id, failures.get(event.event_id)?.times ?? 1);
    goOn();
  }

  /** False: the mark couldn't be written. */
  function marked({ event_id, session_id }: IngressEvent, error: RuntimeError): Promise<boolean> {
    const { code, message, next } = naming(error, session_id);
    return ingress.dead(event_id, `${code}: ${message} ${next}`).then(
      () => true,
      () => false,
    );
  }

  function pause(event_id: string, times: number): void {
    const ms = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * PAUSE_GROWTH ** (times - 1));
    const cancel = clock.at(clock.now() + ms, () => {
      pauses.delete(cancel);
      scheduler.release(event_id);
      goOn();
    });
    pauses.add(cancel);
  }

  function drop({ event_id, session_id }: IngressEvent): void {
    scheduler.remove(event_id);
    forget(event_id);
    tellArrivals(session_id);
  }

  function forget(event_id: string): void {
    failures.delete(event_id);
    unsure.delete(event_id);
  }

  function look(session_id: string): void {
    const live = sessions.get(session_id);
    const done = scheduler.observe(session_id, live && sessions.isEntered(session_id) ? workOf(live) : undefined);
    for (const { event_id } of done) forget(event_id);
    tellArrivals(session_id);
  }

  /** All that happens in a session at once is one change: looking takes the longer the more it has. */
  function observe(session_id: string): void {
    if (changed.size === 0) {
      queueMicrotask(() => {
        for (const id of changed) look(id);
        changed.clear();
        goOn();
      });
    }
    changed.add(session_id);
  }

  async function recheck(session_id: string): Promise<void> {
    const pending = await ingress.pendingOf(session_id);
    const left = new Set(pending.map(({ event_id }) => event_id));
    for (const event of scheduler.ofSession(session_id)) if (!left.has(event.event_id)) drop(event);
    look(session_id);
    for (const event of pending) {
      unsure.add(event.event_id);
      scheduler.add(event);
    }
    goOn();
  }

  function arrivalOf(event_id: string): 'gone' | 'waits' | undefined {
    const row = scheduler.get(event_id);
    if (row === undefined || !scheduler.isHere(event_id)) return 'gone';
    return scheduler.waits(row.event.session_id) ? 'waits' : undefined;
  }

  return {
    async reserve(lane, key) {
      await open();
      if (key !== undefined && (await ingress.knows(key.actor_id, key.idempotency_key))) return () => {};
      return admission.reserve(lane);
    },
    async take(event, { isNew }) {
      await open();
      if (!isNew) unsure.add(event.event_id);
      scheduler.add(event);
      goOn();
      await underWay.get(event.event_id);
    },
    waiting(event_id) {
      if (!scheduler.isHere(event_id)) return undefined;
      return unsure.has(event_id) ? 'unsure' : 'surely';
    },
    mayEnter({ event_id }) {
      const state = scheduler.get(event_id)?.state;
      return state !== undefined && state !== 'waiting';
    },
    observe,
    arrived(event_id) {
      const how = arrivalOf(event_id);
      if (how !== undefined) return Promise.resolve(how);
      const { session_id } = scheduler.get(event_id)!.event;
      const waiting = arrivals.get(session_id) ?? new Map<string, PromiseWithResolvers<'gone' | 'waits'>>();
      arrivals.set(session_id, waiting);
      const arrival = waiting.get(event_id) ?? Promise.withResolvers<'gone' | 'waits'>();
      waiting.set(event_id, arrival);
      return arrival.promise;
    },
    async end(event_id, outcome) {
      await open();
      const row = scheduler.get(event_id);
      if (row?.state !== 'waiting' || !scheduler.hold(event_id)) return false;
      try {
        const mayBeSeen = unsure.has(event_id);
        if (!(await endUnseen({ ingress, journal }, row.event, { outcome, mayBeSeen }))) return false;
        drop(row.event);
        return true;
      } finally {
        scheduler.release(event_id);
        goOn();
      }
    },
    position: ({ event_id }) => scheduler.get(event_id)?.position ?? 0,
    async table() {
      await open();
      return scheduler.table();
    },
    recheck,
    broken(session_id, error) {
      if (closed) return;
      const had = scheduler.ofSession(session_id).filter(({ event_id }) => !scheduler.isHere(event_id));
      look(session_id); // closed, it has them no more
      const held = had.filter(({ event_id }) => scheduler.hold(event_id));
      Promise.all(held.map((event) => bury(event, error)))
        .then(() => recheck(session_id)) // it may have told of more than it could write
        .catch((thrown: unknown) => onFailed(toRuntimeError(thrown)));
    },
    open,
    async close() {
      closed = true;
      admission.close();
      for (const cancel of pauses) cancel();
      for (const waiting of arrivals.values()) for (const { resolve } of waiting.values()) resolve('gone');
      arrivals.clear();
      await Promise.all(underWay.values());
    },
  };
}
