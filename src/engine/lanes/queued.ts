/** What the lanes keep of each message that isn't done, and of each session that has one or works. */
import { allOf, firstOf, insert, remove, type SortedList, sortedList } from '../../base/sorted-list.ts';
import type { IngressEvent } from '../../contract/records.ts';
import type { Lane } from '../../contract/values.ts';
import type { Rank } from './rounds.ts';

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

export interface Item<E> {
  event: E;
  session: Session<E>;
  /** Its sender in its lane. */
  sender: string;
  /** `giving`: on its way to its session. */
  state: 'waiting' | 'giving' | 'delivered' | 'running';
  holds: number;
  rank: Rank;
  /** Of its acceptance. */
  order: number;
}

export interface Session<E> {
  id: string;
  work: SessionWork | undefined;
  /** In the order of their acceptance. */
  waiting: Record<Lane, SortedList<Item<E>>>;
  /** On their way or delivered, in the order of the lane. */
  given: Record<Lane, SortedList<Item<E>>>;
  /** In the order of their acceptance. */
  running: SortedList<Item<E>>;
  /** How many there are in all, and on their way. */
  count: number;
  giving: number;
}

export function newSession<E>(id: string): Session<E> {
  return {
    id,
    work: undefined,
    waiting: { interactive: sortedList(byOrder), background: sortedList(byOrder) },
    given: { interactive: sortedList(byRank), background: sortedList(byRank) },
    running: sortedList(byOrder),
    count: 0,
    giving: 0,
  };
}

/** Puts an item into the list of its session that is for its state. */
export function enlist<E extends QueuedEvent>(item: Item<E>): void {
  const { session, state } = item;
  session.count++;
  if (state === 'giving') session.giving++;
  insert(listOf(item), item);
}

/** The contrary; to be called before its state changes. */
export function delist<E extends QueuedEvent>(item: Item<E>): void {
  const { session, state } = item;
  session.count--;
  if (state === 'giving') session.giving--;
  remove(listOf(item), item);
}

function listOf<E extends QueuedEvent>({ event: { lane }, session, state }: Item<E>): SortedList<Item<E>> {
  if (state === 'running') return session.running;
  return (state === 'waiting' ? session.waiting : session.given)[lane];
}

/** The message for whose sake the session works. */
export function mainItem<E>(session: Session<E>): Item<E> | undefined {
  const running = firstOf(session.running);
  if (running) return running;
  let main: Item<E> | undefined;
  for (const item of givenTo(session)) if (main === undefined || byOrder(item, main) < 0) main = item;
  return main;
}

/** What is on its way to a session, or delivered. */
export function givenTo<E>({ given }: Session<E>): Item<E>[] {
  return [...allOf(given.interactive), ...allOf(given.background)];
}

/** In the order of their lane. */
export function byRank<E>(one: Item<E>, other: Item<E>): number {
  const [{ priority, round }, than] = [one.rank, other.rank];
  return than.priority - priority || round - than.round || byOrder(one, other);
}

function byOrder<E>(one: Item<E>, other: Item<E>): number {
  return one.order - other.order;
}
