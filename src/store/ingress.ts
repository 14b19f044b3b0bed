/**
 * The port `Ingress` on files: segments `ingress/<n>.jsonl`. Events are accepted into the newest; done marks go there
 * too, whichever segment the event is in. So segments may only be deleted from the oldest on.
 */
import type { Clock } from '../base/clock.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { AcceptedEvent, Ingress } from '../contract/ports.ts';
import type { IngressEvent } from '../contract/records.ts';
import { removeFile } from './files.ts';
import { findEvent, FIRST_SEGMENT, readSegments, openSegments, type Segments } from './ingress-segments.ts';
import type { OpenEvents } from './open-events.ts';

export interface IngressOptions {
  folder: string;
  tornFolder: string;
  /** The workspace's id, which begins each chain. */
  workspace: () => string;
  clock: Clock;
  requireLock: () => void;
  holdsLock: () => boolean;
  /** How long an idempotency key is remembered, from the acceptance of its event. */
  idempotencyTtlMs: number;
  /** How long a dead letter keeps its segment, from when it was marked. */
  deadLetterTtlMs: number;
}

type Accepted = Awaited<ReturnType<Ingress['accept']>>;

interface Waiting {
  event: IngressEvent;
  resolve: (accepted: Accepted) => void;
  reject: (error: unknown) => void;
}

export function createIngress(options: IngressOptions): { ingress: Ingress; close: () => Promise<void> } {
  const { clock, requireLock, holdsLock, idempotencyTtlMs, deadLetterTtlMs } = options;
  let opening: Promise<Segments> | undefined;
  /** Events by their key whose acceptance is durable or under way, each with the promise of that while it is. Oldest first. */
  const keyed = new Map<string, { event: AcceptedEvent; durable?: Promise<unknown> }>();
  let waiting: Waiting[] = [];
  let committing = false;

  /** Keys of events that were accepted then or before are forgotten. */
  const forgotten = (): number => clock.now() - idempotencyTtlMs;
  const forget = (segments: Segments): void => {
    const before = forgotten();
    for (const path of segments.takeExpired(before, clock.now() - deadLetterTtlMs)) removeFile(path);
    for (const [key, { event }] of keyed) {
      if (event.accepted_at > before) break;
      keyed.delete(key);
    }
  };

  /** What stands in the log is read from it anew; what isn't written yet is nowhere else. */
  const forgetWritten = (): void => {
    for (const [key, { durable }] of keyed) if (durable === undefined) keyed.delete(key);
  };

  const open = async (): Promise<Segments> => {
    const segments = await openSegments(options, (event) => {
      const key = keyOf(event);
      if (key !== undefined) keyed.set(key, { event: remembered(event) });
    });
    forget(segments);
    // What waits will be worked on: lost in a power cut after that, its key would let it come again.
    try {
      if (segments.pending().length > 0) await segments.sync();
    } catch (error) {
      await segments.close();
      throw error;
    }
    return segments;
  };

  /** The open log. A disk that was full may have room when somebody asks again. */
  const segmentsNow = (): Promise<Segments> =>
    (opening ??= open().catch((error: unknown) => {
      opening = undefined;
      forgetWritten();
      throw error;
    }));

  /** The log that is open, so that what is known of keys is what stands in it. */
  const segmentsKnown = async (): Promise<Segments> => {
    for (;;) {
      const pending = segmentsNow();
      const segments = await pending;
      if (opening === pending) return segments;
    }
  };

  /** A failed write or sync is final for the open log. Whoever comes next opens it anew, and finds what is there. */
  const orGiveUp = async <T>(segments: Segments, work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const failed = opening;
      if (!isUnfit(error) && (await failed) === segments && opening === failed) {
        opening = undefined;
        forgetWritten();
        await segments.close();
      }
      throw error;
    }
  };

  const settle = async (batch: Waiting[]): Promise<void> => {
    try {
      const segments = await segmentsNow();
      await orGiveUp(segments, async () => {
        if (await segments.renew(forgotten())) forget(segments);
        await segments.accept(
          batch.map(({ event }) => event),
          clock.now(),
        );
      });
      for (const { event, resolve } of batch) resolve({ event, duplicate: false });
    } catch (error) {
      if (isUnfit(error) && batch.length > 1) for (const one of batch) await settle([one]);
      else for (const { reject } of batch) reject(error);
    }
  };

  /** Writes and syncs what waits, batch after batch; what comes during a sync makes the next batch. */
  const commit = async (): Promise<void> => {
    committing = true;
    await segmentsNow().catch(() => {}); // `settle` tells it to those who wait
    while (waiting.length > 0) {
      // All who were woken by the same tick get into the same batch.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = waiting;
      waiting = [];
      await settle(batch);
    }
    committing = false;
  };

  /** With many callers every promise counts (scripts/bench/accept.ts): the one made here is what they wait for. */
  const store = (event: IngressEvent): Promise<Accepted> =>
    new Promise((resolve, reject) => {
      requireLock();
      waiting.push({ event, resolve, reject });
      if (!committing) void commit();
    });

  const storeOnce = async (event: IngressEvent, key: string): Promise<Accepted> => {
    requireLock();
    const segments = await segmentsKnown();
    const known = keyed.get(key);
    if (known !== undefined && known.event.accepted_at > forgotten()) {
      if (known.event.payload_digest !== event.payload_digest) {
        throw new RuntimeError(
          'idempotency_key_reused',
          `The key ${JSON.stringify(event.idempotency_key)} came with another message before.`,
        );
      }
      await known.durable;
      await orGiveUp(segments, () => segments.sync()); // what a killed process left written may not be durable yet
      return { event: known.event, duplicate: true };
    }
    const durable = store(event);
    const entry: { event: AcceptedEvent; durable?: Promise<unknown> } = { event: remembered(event), durable };
    keyed.delete(key); // one that came long ago
    keyed.set(key, entry);
    try {
      return await durable;
    } catch (error) {
      if (keyed.get(key) === entry) keyed.delete(key);
      throw error;
    } finally {
      delete entry.durable;
    }
  };

  /** The holder will write, too: so that the segments are read once, it opens them now. */
  const events = async (): Promise<OpenEvents | Segments> =>
    (await (holdsLock() ? segmentsNow() : opening)) ?? readSegments(options);

  const ingress: Ingress = {
    accept(event) {
      const key = keyOf(event);
      return key === undefined ? store(event) : storeOnce(event, key);
    },

    async knows(actor_id, idempotency_key) {
      await segmentsKnown();
      const known = keyed.get(keyNamed(actor_id, idempotency_key));
      return known !== undefined && known.event.accepted_at > forgotten();
    },

    pending: async () => (await events()).pending(),
    pendingEvent: async (event_id) => (await events()).pendingEvent(event_id),
    pendingOf: async (session_id) => (await events()).pendingOf(session_id),
    deadLetters: async () => (await events()).deadLetters(),
    // Anybody may ask for any id: the holder knows which it has, and reads for no other.
    async find(event_id) {
      const from = holdsLock() ? (await segmentsNow()).segmentOf(event_id) : FIRST_SEGMENT;
      return from === undefined ? undefined : findEvent(options, event_id, from);
    },

    async done(event_id, outcome) {
      requireLock();
      const segments = await segmentsNow();
      await orGiveUp(segments, () => segments.done(event_id, outcome, clock.now()));
    },

    async dead(event_id, why) {
      requireLock();
      const segments = await segmentsNow();
      await orGiveUp(segments, async () => {
        segments.dead(event_id, why, clock.now());
        await segments.sync();
      });
    },

    // As it was: how old it is says whether a snapshot may have it.
    async revive(event_id) {
      const letter = (await segmentsNow()).deadLetters().find(({ event }) => event.event_id === event_id);
      if (letter) await store(letter.event);
      return letter?.event;
    },

    async sync() {
      requireLock();
      const segments = await opening;
      if (segments !== undefined) await orGiveUp(segments, () => segments.sync());
    },
  };

  return {
    ingress,
    async close() {
      const segments = await opening?.catch(() => undefined);
      opening = undefined;
      keyed.clear();
      await segments?.close();
    },
  };
}

/** Without what was written in it: there may be very many. */
function remembered({ event_id, session_id, accepted_at, payload_digest }: IngressEvent): AcceptedEvent {
  return { event_id, session_id, accepted_at, payload_digest };
}

/** One event that has no form as a line spoils its batch before anything is written: then each goes alone. */
function isUnfit(error: unknown): boolean {
  return error instanceof RuntimeError && error.code === 'internal';
}

function keyOf({ actor, idempotency_key }: IngressEvent): string | undefined {
  return idempotency_key === undefined ? undefined : keyNamed(actor.id, idempotency_key);
}

function keyNamed(actor_id: string, idempotency_key: string): string {
  return JSON.stringify([actor_id, idempotency_key]);
}
