/**
 * The port `Ingress` on files: segments `ingress/<n>.jsonl`. Events are accepted into the newest; done marks go there
 * too, whichever segment the event is in. So segments may only be deleted from the oldest on.
 */
import type { Clock } from '../base/clock.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Ingress } from '../contract/ports.ts';
import type { IngressEvent } from '../contract/records.ts';
import { removeFile } from './files.ts';
import { findEvent, readSegments, openSegments, type Segments } from './ingress-segments.ts';

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
}

interface Waiting {
  event: IngressEvent;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export function createIngress(options: IngressOptions): { ingress: Ingress; close: () => Promise<void> } {
  const { clock, requireLock, holdsLock, idempotencyTtlMs } = options;
  let opening: Promise<Segments> | undefined;
  /** Events by their key whose acceptance is durable or under way, each with the promise of that. */
  const keyed = new Map<string, { event: IngressEvent; durable: Promise<void> }>();
  let waiting: Waiting[] = [];
  let committing = false;

  /** Keys of events that were accepted then or before are forgotten. */
  const forgotten = (): number => clock.now() - idempotencyTtlMs;
  const forget = (segments: Segments): void => {
    const before = forgotten();
    for (const path of segments.takeExpired(before)) removeFile(path);
    for (const [key, { event }] of keyed) if (event.accepted_at <= before) keyed.delete(key);
  };

  const open = async (): Promise<Segments> => {
    const segments = await openSegments(options, (event) => {
      const key = keyOf(event);
      if (key !== undefined) keyed.set(key, { event, durable: Promise.resolve() });
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

  /** A disk that was full may have room when somebody asks again. */
  const opened = (): Promise<Segments> =>
    (opening ??= open().catch((error: unknown) => {
      opening = undefined;
      keyed.clear();
      throw error;
    }));

  const settle = async (segments: Segments, batch: Waiting[]): Promise<void> => {
    try {
      if (await segments.renew(forgotten())) forget(segments);
      await segments.accept(
        batch.map(({ event }) => event),
        clock.now(),
      );
      for (const { resolve } of batch) resolve();
    } catch (error) {
      const unfit = error instanceof RuntimeError && error.code === 'internal';
      // One event that has no form as a line spoils its batch before anything is written: then each goes alone.
      if (unfit && batch.length > 1) for (const one of batch) await settle(segments, [one]);
      else for (const { reject } of batch) reject(error);
    }
  };

  /** Writes and syncs what waits, batch after batch; what comes during a sync makes the next batch. */
  const commit = async (segments: Segments): Promise<void> => {
    committing = true;
    while (waiting.length > 0) {
      // All who were woken by the same tick get into the same batch.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = waiting;
      waiting = [];
      await settle(segments, batch);
    }
    committing = false;
  };

  const store = (segments: Segments, event: IngressEvent): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ event, resolve, reject });
      if (!committing) void commit(segments);
    });

  const ingress: Ingress = {
    async accept(event) {
      requireLock();
      const segments = await opened();
      const key = keyOf(event);
      const known = key === undefined ? undefined : keyed.get(key);
      if (known !== undefined && known.event.accepted_at > forgotten()) {
        if (known.event.payload_digest !== event.payload_digest) {
          throw new RuntimeError(
            'idempotency_key_reused',
            `The key ${JSON.stringify(event.idempotency_key)} came with another message before.`,
          );
        }
        await known.durable;
        await segments.sync(); // what a killed process left written may not be durable yet
        return { event: known.event, duplicate: true };
      }
      const durable = store(segments, event);
      if (key === undefined) {
        await durable;
      } else {
        keyed.set(key, { event, durable });
        await durable.catch((error: unknown) => {
          keyed.delete(key);
          throw error;
        });
      }
      return { event, duplicate: false };
    },

    async pending() {
      // The holder will write, too: so that the segments are read once, it opens them now.
      const segments = await (holdsLock() ? opened() : opening);
      return segments === undefined ? readSegments(options) : segments.pending();
    },

    find: (event_id) => findEvent(options, event_id),

    async done(event_id, outcome) {
      requireLock();
      const segments = await opened();
      segments.done(event_id, outcome, clock.now());
    },

    async sync() {
      requireLock();
      await (await opening)?.sync();
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

function keyOf({ actor, idempotency_key }: IngressEvent): string | undefined {
  return idempotency_key === undefined ? undefined : JSON.stringify([actor.id, idempotency_key]);
}
