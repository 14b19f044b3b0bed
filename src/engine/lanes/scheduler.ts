/**
 * Which accepted message is given to its session next, and what all of them are doing: the one table of work in flight.
 * A data structure and nothing else: it knows no clock, no disk and no session; its driver tells it what happens.
 *
 * Order within a lane: priority, then rounds in which each sender has one, then acceptance. Nothing overtakes what was
 * accepted before it for the same session and lane. The place of a message in that order is fixed when it comes.
 */
import { allOf, countBefore, insert, lastOf, remove, type SortedList, sortedList } from '../../base/sorted-list.ts';
import type { Lane } from '../../contract/values.ts';
import {
  byRank,
  delist,
  enlist,
  givenTo,
  type Item,
  newSession,
  type QueuedEvent,
  type Session,
  type SessionWork,
} from './queued.ts';
import { createRounds } from './rounds.ts';
import { senderOf } from './sender.ts';
import { createStarts, type LaneLimits } from './starts.ts';

export type QueueState = 'waiting' | 'delivered' | 'running' | 'waiting_approval';

/** A line of the table. `position`: how many that wait go before it in its lane. */
export interface QueueRow<E extends QueuedEvent> {
  event: E;
  state: QueueState;
  position: number;
}

export interface Scheduler<E extends QueuedEvent> {
  /** Takes an accepted message. */
  add(event: E): void;
  /** The next message to be given to its session, which counts as working from here on. */
  next(): E | undefined;
  /** Its session has it now. */
  given(event_id: string): void;
  /** It could not be given, or shall not be now: it waits until it is released as often. False when its session has it. */
  hold(event_id: string): boolean;
  release(event_id: string): void;
  remove(event_id: string): void;
  /**
   * What a session does. What it has no more is done: gives those, and knows them no longer. Undefined: nobody works on
   * it, so what it had waits again.
   */
  observe(session_id: string, work: SessionWork | undefined): E[];
  get(event_id: string): QueueRow<E> | undefined;
  ofSession(session_id: string): E[];
  /** Does no session have it yet? */
  isHere(event_id: string): boolean;
  /** The messages of a lane whose turn hasn't begun. */
  waiting(lane: Lane): number;
  /** Does the session wait for a person? */
  waits(session_id: string): boolean;
  /** Interactive ones first; in a lane those that its sessions have, then those that wait, in their order. */
  table(): QueueRow<E>[];
}

const LANES: readonly Lane[] = ['interactive', 'background'];
/** In the order of the table; behind them those that wait. */
const IN_SESSIONS: readonly Item<unknown>['state'][] = ['running', 'delivered', 'giving'];

export function createScheduler<E extends QueuedEvent>(limits: LaneLimits): Scheduler<E> {
  const items = new Map<string, Item<E>>();
  const sessions = new Map<string, Session<E>>();
  const rounds = createRounds();
  const starts = createStarts<E>(limits);
  /** Those that wait. */
  const lanes: Record<Lane, SortedList<Item<E>>> = { interactive: sortedList(byRank), background: sortedList(byRank) };
  /** Those whose turn hasn't begun. */
  const counts: Record<Lane, number> = { interactive: 0, background: 0 };
  let orders = 0;

  function sessionOf(session_id: string): Session<E> {
    let session = sessions.get(session_id);
    if (session === undefined) sessions.set(session_id, (session = newSession(session_id)));
    return session;
  }

  function enter(item: Item<E>): void {
    const { lane } = item.event;
    enlist(item);
    if (item.state !== 'running') counts[lane]++;
    if (item.state === 'waiting') insert(lanes[lane], item);
  }

  function leave(item: Item<E>): void {
    const { lane } = item.event;
    delist(item);
    if (item.state !== 'running') counts[lane]--;
    if (item.state === 'waiting') remove(lanes[lane], item);
  }

  function move(item: Item<E>, state: Item<E>['state']): void {
    leave(item);
    item.state = state;
    enter(item);
  }

  function forget(item: Item<E>): void {
    if (item.state === 'waiting') rounds.leave(item.event, item.rank);
    leave(item);
    items.delete(item.event.event_id);
  }

  /** Its session has it. */
  function take(item: Item<E>, state: 'delivered' | 'running'): void {
    if (item.state === 'waiting') rounds.leave(item.event, item.rank);
    if (item.state !== state) move(item, state);
  }

  function waitAgain(item: Item<E>): void {
    rounds.stay(item.event, item.rank);
    move(item, 'waiting');
  }

  function ownItems(session: Session<E>, ids: readonly string[] = []): Set<Item<E>> {
    const own = new Set<Item<E>>();
    for (const id of ids) {
      const item = items.get(id);
      if (item?.session === session) own.add(item);
    }
    return own;
  }

  /** To be called whenever something of a session has changed. */
  function review(session: Session<E>): void {
    starts.review(session);
    if (session.work === undefined && session.count === 0) sessions.delete(session.id);
  }

  function rowOf({ event, session, state }: Item<E>, position: number): QueueRow<E> {
    if (state === 'waiting') return { event, state, position };
    if (state === 'running') return { event, state: session.work?.waits ? 'waiting_approval' : 'running', position: 0 };
    return { event, state: 'delivered', position };
  }

  function positionOf(item: Item<E>): number {
    const { event, session, state } = item;
    if (state === 'running') return 0;
    return countBefore(state === 'waiting' ? lanes[event.lane] : session.given[event.lane], item);
  }

  return {
    add(event) {
      const { event_id, session_id, lane } = event;
      if (items.has(event_id)) return;
      const session = sessionOf(session_id);
      const rank = rounds.enter(event, lastOf(session.waiting[lane])?.rank);
      const sender = senderOf(event);
      const item: Item<E> = { event, session, sender, state: 'waiting', holds: 0, rank, order: orders++ };
      items.set(event_id, item);
      enter(item);
      review(session);
    },
    next() {
      const next = starts.next();
      if (next === undefined) return undefined;
      move(next, 'giving');
      rounds.take(next.event, next.rank);
      review(next.session);
      return next.event;
    },
    given(event_id) {
      const item = items.get(event_id);
      if (item?.state !== 'giving') return;
      move(item, 'delivered');
      review(item.session);
    },
    hold(event_id) {
      const item = items.get(event_id);
      if (item?.state !== 'giving' && item?.state !== 'waiting') return false;
      item.holds++;
      if (item.state === 'giving') waitAgain(item);
      review(item.session);
      return true;
    },
    release(event_id) {
      const item = items.get(event_id);
      if (!item || item.holds === 0) return;
      item.holds--;
      review(item.session);
    },
    remove(event_id) {
      const item = items.get(event_id);
      if (!item) return;
      forget(item);
      review(item.session);
    },
    observe(session_id, work) {
      const session = sessionOf(session_id);
      const isAtWork = work !== undefined && (work.turn !== undefined || work.queue.length > 0);
      session.work = isAtWork ? work : undefined;
      const running = ownItems(session, work?.turn);
      const delivered = ownItems(session, work?.queue);
      const left = [...givenTo(session), ...allOf(session.running)].filter(
        (item) => item.state !== 'giving' && !running.has(item) && !delivered.has(item),
      );
      left.forEach(work === undefined ? waitAgain : forget);
      for (const item of delivered) if (!running.has(item)) take(item, 'delivered');
      for (const item of running) take(item, 'running');
      review(session);
      return work === undefined ? [] : left.map(({ event }) => event);
    },
    get(event_id) {
      const item = items.get(event_id);
      return item && rowOf(item, positionOf(item));
    },
    ofSession(session_id) {
      const session = sessions.get(session_id);
      if (session === undefined) return [];
      const { waiting, running } = session;
      const all = [waiting.interactive, waiting.background, running].flatMap(allOf);
      return [...all, ...givenTo(session)].map(({ event }) => event);
    },
    isHere: (event_id) => ['waiting', 'giving'].includes(items.get(event_id)?.state ?? ''),
    waiting: (lane) => counts[lane],
    waits: (session_id) => sessions.get(session_id)?.work?.waits === true,
    table() {
      const begun = [...items.values()].filter(({ state }) => state !== 'waiting');
      const stateOf = ({ state }: Item<E>): number => IN_SESSIONS.indexOf(state);
      begun.sort((one, other) => stateOf(one) - stateOf(other) || byRank(one, other));
      return LANES.flatMap((lane) => [
        ...begun.filter(({ event }) => event.lane === lane).map((item) => rowOf(item, positionOf(item))),
        ...allOf(lanes[lane]).map((item, position) => rowOf(item, position)),
      ]);
    },
  };
}
