/**
 * Which accepted message is given to its session next, and what all of them are doing: the one table of work in flight.
 * A data structure and nothing else: it knows no clock, no disk and no session; its driver tells it what happens.
 *
 * Order within a lane: priority, then rounds in which each sender has one, then acceptance. Nothing overtakes what was
 * accepted before it for the same session and lane. The place of a message in that order is fixed when it comes.
 */
import type { IngressEvent } from '../../contract/records.ts';
import type { Lane } from '../../contract/values.ts';
import { createRounds, type Rank } from './rounds.ts';

/** How many sessions work at the same time; `sender`: for one sender in a lane, 0: no limit. */
export interface LaneLimits {
  interactive: number;
  background: number;
  sender: number;
}

export type QueuedEvent = Pick<
  IngressEvent,
  'event_id' | 'session_id' | 'lane' | 'priority' | 'actor' | 'source' | 'accepted_at'
>;

/** What a session has of its messages, and whether only a person can make it go on. */
export interface SessionWork {
  /** Of its open turn; undefined when none is open. */
  turn: readonly string[] | undefined;
  /** Given to it, and without a turn so far. */
  queue: readonly string[];
  waits: boolean;
}

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
  /** What a session does. What it has no more is done. Undefined: nobody works on it, so what it had waits again. */
  observe(session_id: string, work: SessionWork | undefined): void;
  get(event_id: string): QueueRow<E> | undefined;
  /** Does no session have it yet? */
  isHere(event_id: string): boolean;
  /** The messages of a lane whose turn hasn't begun. */
  waiting(lane: Lane): number;
  /** Does the session wait for a person? */
  waits(session_id: string): boolean;
  /** Interactive ones first; in a lane those that its sessions have, then those that wait, in their order. */
  table(): QueueRow<E>[];
}

interface Item<E> {
  event: E;
  /** `giving`: on its way to its session. */
  state: 'waiting' | 'giving' | 'delivered' | 'running';
  holds: number;
  rank: Rank;
  /** Of its acceptance. */
  order: number;
}

interface Session<E> {
  items: Map<string, Item<E>>;
  work: SessionWork | undefined;
}

const LANES: readonly Lane[] = ['interactive', 'background'];

export function createScheduler<E extends QueuedEvent>(limits: LaneLimits): Scheduler<E> {
  const items = new Map<string, Item<E>>();
  const sessions = new Map<string, Session<E>>();
  const rounds = createRounds();
  let orders = 0;

  function sessionOf(session_id: string): Session<E> {
    let session = sessions.get(session_id);
    if (session === undefined) sessions.set(session_id, (session = { items: new Map(), work: undefined }));
    return session;
  }

  function forget(item: Item<E>): void {
    const { event_id, session_id } = item.event;
    if (item.state === 'waiting') rounds.leave(item.event, item.rank);
    items.delete(event_id);
    sessionOf(session_id).items.delete(event_id);
  }

  function tidy(session_id: string): void {
    const { items: left, work } = sessionOf(session_id);
    if (left.size === 0 && work === undefined) sessions.delete(session_id);
  }

  /** Sessions that work, by lane and by lane and sender. One that waits for a person holds no place. */
  function countWorking(): Map<string, number> {
    const working = new Map<string, number>();
    for (const session of sessions.values()) {
      if (!isActive(session) || session.work?.waits === true) continue;
      const main = mainItem(session)?.event;
      // A turn that nobody's message asked for goes on since a person wants it to.
      const lane = main?.lane ?? 'interactive';
      for (const key of main ? [lane, senderIn(main)] : [lane]) working.set(key, (working.get(key) ?? 0) + 1);
    }
    return working;
  }

  function mayStart(head: Item<E>, working: Map<string, number>): boolean {
    const { lane } = head.event;
    if ((working.get(lane) ?? 0) >= limits[lane]) return false;
    return limits.sender === 0 || (working.get(senderIn(head.event)) ?? 0) < limits.sender;
  }

  /** Of those that may be given now, the first in the order of the lane. */
  function bestOf(lane: Lane, working: Map<string, number>): Item<E> | undefined {
    let best: Item<E> | undefined;
    for (const session of sessions.values()) {
      const head = headOf(session, lane);
      if (!head || head.holds > 0 || isGiving(session)) continue;
      if (lane === 'interactive' && isActive(session)) return head; // its session sees to the order
      // What is interactive goes first in its session, too.
      if (lane === 'background' && (isActive(session) || headOf(session, 'interactive'))) continue;
      if (mayStart(head, working) && (!best || goesBefore(head, best))) best = head;
    }
    return best;
  }

  function rowOf(item: Item<E>): QueueRow<E> {
    const { event, state } = item;
    const session = sessionOf(event.session_id);
    if (state === 'waiting') return { event, state, position: before(item, items.values(), ['waiting']) };
    if (state === 'running') return { event, state: session.work?.waits ? 'waiting_approval' : 'running', position: 0 };
    const position = before(item, session.items.values(), ['giving', 'delivered']);
    return { event, state: 'delivered', position };
  }

  return {
    add(event) {
      const { event_id, session_id, lane } = event;
      if (items.has(event_id)) return;
      const session = sessionOf(session_id);
      const rank = rounds.enter(event, lastOf(session, lane)?.rank);
      const item: Item<E> = { event, state: 'waiting', holds: 0, rank, order: orders++ };
      items.set(event_id, item);
      session.items.set(event_id, item);
    },
    next() {
      const working = countWorking();
      const next = bestOf('interactive', working) ?? bestOf('background', working);
      if (next === undefined) return undefined;
      next.state = 'giving';
      rounds.take(next.event, next.rank);
      return next.event;
    },
    given(event_id) {
      const item = items.get(event_id);
      if (item?.state === 'giving') item.state = 'delivered';
    },
    hold(event_id) {
      const item = items.get(event_id);
      if (item?.state !== 'giving' && item?.state !== 'waiting') return false;
      if (item.state === 'giving') rounds.stay(item.event, item.rank);
      item.state = 'waiting';
      item.holds++;
      return true;
    },
    release(event_id) {
      const item = items.get(event_id);
      if (item && item.holds > 0) item.holds--;
    },
    remove(event_id) {
      const item = items.get(event_id);
      if (!item) return;
      forget(item);
      tidy(item.event.session_id);
    },
    observe(session_id, work) {
      const session = sessionOf(session_id);
      const isAtWork = work !== undefined && (work.turn !== undefined || work.queue.length > 0);
      session.work = isAtWork ? work : undefined;
      for (const item of session.items.values()) {
        const { event_id } = item.event;
        const state = work?.turn?.includes(event_id)
          ? 'running'
          : work?.queue.includes(event_id)
            ? 'delivered'
            : undefined;
        if (state !== undefined) {
          if (item.state === 'waiting') rounds.leave(item.event, item.rank);
          item.state = state;
        } else if (item.state === 'running' || item.state === 'delivered') {
          if (work !== undefined) forget(item);
          else {
            item.state = 'waiting';
            rounds.stay(item.event, item.rank);
          }
        }
      }
      tidy(session_id);
    },
    get(event_id) {
      const item = items.get(event_id);
      return item && rowOf(item);
    },
    isHere: (event_id) => ['waiting', 'giving'].includes(items.get(event_id)?.state ?? ''),
    waiting: (lane) =>
      [...items.values()].filter(({ event, state }) => event.lane === lane && state !== 'running').length,
    waits: (session_id) => sessions.get(session_id)?.work?.waits === true,
    table() {
      const laneOf = (item: Item<E>): number => LANES.indexOf(item.event.lane);
      const stateOf = ({ state }: Item<E>): number => ['running', 'delivered', 'giving', 'waiting'].indexOf(state);
      const sorted = [...items.values()].sort(
        (a, b) => laneOf(a) - laneOf(b) || stateOf(a) - stateOf(b) || (goesBefore(a, b) ? -1 : 1),
      );
      let place = 0;
      let lane: Lane | undefined;
      return sorted.map((item) => {
        if (item.event.lane !== lane) [place, lane] = [0, item.event.lane];
        return item.state === 'waiting' ? { event: item.event, state: 'waiting', position: place++ } : rowOf(item);
      });
    },
  };
}

/** The message for whose sake the session works. */
function mainItem<E>({ items }: Session<E>): Item<E> | undefined {
  let first: Item<E> | undefined;
  for (const item of items.values()) {
    if (item.state === 'running') return item;
    if (item.state !== 'waiting') first ??= item;
  }
  return first;
}

function isActive<E>(session: Session<E>): boolean {
  return session.work !== undefined || mainItem(session) !== undefined;
}

function isGiving<E>({ items }: Session<E>): boolean {
  for (const { state } of items.values()) if (state === 'giving') return true;
  return false;
}

function headOf<E extends QueuedEvent>({ items }: Session<E>, lane: Lane): Item<E> | undefined {
  for (const item of items.values()) if (item.state === 'waiting' && item.event.lane === lane) return item;
  return undefined;
}

function lastOf<E extends QueuedEvent>({ items }: Session<E>, lane: Lane): Item<E> | undefined {
  return [...items.values()].findLast(({ state, event }) => state === 'waiting' && event.lane === lane);
}

function before<E extends QueuedEvent>(
  item: Item<E>,
  all: Iterable<Item<E>>,
  states: readonly Item<E>['state'][],
): number {
  let count = 0;
  for (const other of all) {
    if (other.event.lane === item.event.lane && states.includes(other.state) && goesBefore(other, item)) count++;
  }
  return count;
}

function goesBefore<E>(one: Item<E>, other: Item<E>): boolean {
  if (one.rank.priority !== other.rank.priority) return one.rank.priority > other.rank.priority;
  return one.rank.round === other.rank.round ? one.order < other.order : one.rank.round < other.rank.round;
}

function senderIn({ lane, actor, source }: QueuedEvent): string {
  return JSON.stringify([lane, actor.id, source]);
}
