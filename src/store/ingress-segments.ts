/** The segments of the ingress log: which there are, what they hold, and when one may go. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../base/digest.ts';
import { createIdSet, type IdSet } from '../base/id-set.ts';
import type { IngressEvent, IngressRecord, IngressTrace } from '../contract/records.ts';
import { damageError, openChainFile, type ChainFile } from './chain/file.ts';
import type { ChainLine } from './chain/line.ts';
import { scanChain } from './chain/scan.ts';
import { withFile } from './files.ts';
import { knowsIngress } from './line-types.ts';
import { createOpenEvents, type Mark, type OpenEvents } from './open-events.ts';
import { isFileError, storeError } from './store-error.ts';

export interface SegmentOptions {
  folder: string;
  tornFolder: string;
  workspace: () => string;
}

export interface Segments extends Pick<OpenEvents, 'pending' | 'pendingEvent' | 'pendingOf' | 'deadLetters'> {
  /** Resolves when the events are durable, in the newest segment. */
  accept(events: IngressEvent[], now: number): Promise<void>;
  /** Writes the mark, without a sync; nothing for an event that is neither pending nor dead. */
  done(event_id: string, outcome: string, now: number): void;
  /** Marks a pending event as one that is never entered, without a sync. */
  dead(event_id: string, why: string, now: number): void;
  /** Resolves when all that was found or written is durable. */
  sync(): Promise<void>;
  /** Begins a new segment when the newest is full, or has an event that was accepted before `before`. Did it? */
  renew(before: number): Promise<boolean>;
  /**
   * Gives up the segments, from the oldest on, of which all is done and accepted before `before`, or dead since before
   * `deadBefore`. Gives their paths.
   */
  takeExpired(before: number, deadBefore: number): string[];
  /** The first segment that may hold the event; undefined: none does. */
  segmentOf(event_id: string): number | undefined;
  close(): Promise<void>;
}

/** When its oldest and its newest event were accepted, and which it has. */
interface Segment {
  n: number;
  events: IdSet;
  oldest: number;
  newest: number;
}

export const FIRST_SEGMENT = 1;
const SEGMENT_BYTES = 1024 * 1024;
export const SEGMENT_NAME = /^([1-9]\d{0,8})\.jsonl$/;

/** Opens all segments as the workspace's holder, cuts their crash tails, and visits every event in order. */
export async function openSegments(options: SegmentOptions, visit: (event: IngressEvent) => void): Promise<Segments> {
  const segments: Segment[] = [];
  const events = createOpenEvents();
  const know = ({ event_id, accepted_at }: IngressEvent): void => {
    const segment = segments.at(-1)!;
    segment.oldest = Math.min(segment.oldest, accepted_at);
    segment.newest = Math.max(segment.newest, accepted_at);
    segment.events.add(event_id);
  };
  const open = async (n: number): Promise<ChainFile> => {
    const torn = { folder: options.tornFolder, name: `ingress-${n}.jsonl` };
    segments.push({ n, events: createIdSet(), oldest: Infinity, newest: 0 });
    const { file } = await openChainFile({ ...chainOf(options, n), torn }, ({ at, type, data }) => {
      const record = { type, data } as IngressRecord;
      if (record.type !== 'event.accepted') return void events.mark(record, at);
      know(record.data.event);
      events.add(record.data.event, n);
      events.show();
      visit(record.data.event);
    });
    return file;
  };
  const [first = FIRST_SEGMENT, ...others] = listSegments(options.folder);
  let current = await open(first);
  const moveTo = async (n: number): Promise<void> => {
    const before = current;
    current = await open(n);
    await before.close();
  };
  for (const n of others) await moveTo(n);
  // It may lie in a later segment than its event.
  const mark = (record: Mark, now: number): void => {
    const at = Math.max(now, current.end().at);
    if (events.mark(record, at)) current.append([{ at, ...record }]);
  };

  return {
    ...events,
    async accept(accepted, now) {
      const at = Math.max(now, current.end().at);
      current.append(accepted.map((event) => ({ at, type: 'event.accepted', data: { event } })));
      const durable = current.sync();
      // While the disk works.
      const { n } = segments.at(-1)!;
      for (const event of accepted) events.add(event, n);
      await durable;
      events.show();
      accepted.forEach(know);
    },
    done: (event_id, outcome, now) => mark({ type: 'event.done', data: { event_id, outcome } }, now),
    dead: (event_id, why, now) => mark({ type: 'event.dead', data: { event_id, why } }, now),
    sync: () => current.sync(),
    async renew(before) {
      const { n, oldest } = segments.at(-1)!;
      if (current.end().bytes <= SEGMENT_BYTES && oldest > before) return false;
      await current.sync(); // the last chance: an opening syncs only the newest
      await moveTo(n + 1);
      return true;
    },
    takeExpired(before, deadBefore) {
      const open = events.firstSegment(deadBefore);
      const lasting = segments.findIndex(({ n, newest }) => n >= open || newest > before);
      const count = lasting === -1 ? segments.length - 1 : Math.min(lasting, segments.length - 1);
      return segments.splice(0, count).map(({ n }) => chainOf(options, n).path);
    },
    segmentOf: (event_id) => segments.find(({ events }) => events.mayHave(event_id))?.n,
    close: () => current.close(),
  };
}

/** The pending and dead events as they lie in the files, for whoever doesn't hold the workspace. Changes nothing. */
export async function readSegments(options: SegmentOptions): Promise<OpenEvents> {
  const events = createOpenEvents();
  for (const n of listSegments(options.folder)) {
    const { path, name, ...rules } = chainOf(options, n);
    const visit = ({ at, type, data }: ChainLine): void => {
      const record = { type, data } as IngressRecord;
      if (record.type === 'event.accepted') events.add(record.data.event, n);
      else events.mark(record, at);
    };
    const end = await withFile(path, (fd) => scanChain(fd, rules, visit));
    if (end.failure !== undefined) throw damageError(name, end.failure);
  }
  events.show();
  return events;
}

/** Every line about an event, from a segment on. Of a damaged segment the lines before the damage count. */
export async function findEvent(
  options: SegmentOptions,
  event_id: string,
  from: number,
): Promise<IngressTrace | undefined> {
  let found: IngressTrace | undefined;
  for (const n of listSegments(options.folder)) {
    if (n < from) continue;
    const { path, name, ...rules } = chainOf(options, n);
    await withFile(path, (fd) =>
      scanChain(fd, rules, ({ seq, type, data }) => {
        const record = { type, data } as IngressRecord;
        const at = `${name} seq ${seq}`;
        if (record.type === 'event.accepted') {
          if (record.data.event.event_id === event_id) found = { event: record.data.event, at };
        } else if (found && record.data.event_id === event_id) {
          if (record.type === 'event.done') found.done = { outcome: record.data.outcome, at };
          else found.dead = { why: record.data.why, at };
        }
      }),
    );
  }
  return found;
}

function chainOf({ folder, workspace }: SegmentOptions, n: number) {
  const base = `${n}.jsonl`;
  const genesis = sha256(`${base}:${workspace()}`);
  return { path: join(folder, base), name: `ingress/${base}`, genesis, knows: knowsIngress };
}

function listSegments(folder: string): number[] {
  try {
    return readdirSync(folder)
      .flatMap((name) => SEGMENT_NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return [];
    throw storeError(`Reading ${folder}`, error);
  }
}
