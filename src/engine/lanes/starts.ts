/** Which message may be given to its session now: how many sessions work, and what each has to be given next. */
import { firstOf, insert, remove, type SortedList, sortedList } from '../../base/sorted-list.ts';
import type { Lane } from '../../contract/values.ts';
import { byRank, type Item, mainItem, type QueuedEvent, type Session } from './queued.ts';

/** How many sessions work at the same time; `sender`: for one sender in a lane, 0: no limit. */
export interface LaneLimits {
  interactive: number;
  background: number;
  sender: number;
}

export interface Starts<E extends QueuedEvent> {
  /** To be called whenever something of a session has changed. */
  review(session: Session<E>): void;
  /** The next that is to be given to its session. */
  next(): Item<E> | undefined;
}

/** A session's part in it. */
interface Part<E> {
  /** The places that it takes: one of its lane, and one of its sender's in that. */
  places: string[];
  /** What it is to be given next. */
  offer: Item<E> | undefined;
  /** It needs no place for that. */
  atOnce: boolean;
}

export function createStarts<E extends QueuedEvent>(limits: LaneLimits): Starts<E> {
  const parts = new Map<Session<E>, Part<E>>();
  /** Sessions that work, by lane and by sender in a lane. */
  const working = new Map<string, number>();
  const atOnce: SortedList<Item<E>> = sortedList(byRank);
  /** What needs a place first, by sender in the lane. Long only while the lane has none: so all senders can be looked at. */
  const ready: Record<Lane, Map<string, SortedList<Item<E>>>> = { interactive: new Map(), background: new Map() };

  const count = (key: string): number => working.get(key) ?? 0;

  function takePlace(key: string): void {
    working.set(key, count(key) + 1);
  }

  function freePlace(key: string): void {
    if (count(key) > 1) working.set(key, count(key) - 1);
    else working.delete(key);
  }

  function listFor({ event: { lane }, sender }: Item<E>): SortedList<Item<E>> {
    const known = ready[lane].get(sender) ?? sortedList<Item<E>>(byRank);
    ready[lane].set(sender, known);
    return known;
  }

  function offer(item: Item<E>, isAtOnce: boolean): void {
    insert(isAtOnce ? atOnce : listFor(item), item);
  }

  function takeBack(item: Item<E>, isAtOnce: boolean): void {
    if (isAtOnce) return remove(atOnce, item);
    const list = listFor(item);
    remove(list, item);
    if (firstOf(list) === undefined) ready[item.event.lane].delete(item.sender);
  }

  function firstReady(lane: Lane): Item<E> | undefined {
    if (count(lane) >= limits[lane]) return undefined;
    let first: Item<E> | undefined;
    for (const [sender, list] of ready[lane]) {
      if (limits.sender > 0 && count(sender) >= limits.sender) continue;
      const head = firstOf(list)!;
      if (first === undefined || byRank(head, first) < 0) first = head;
    }
    return first;
  }

  return {
    review(session) {
      const before = parts.get(session);
      const now = partOf(session);
      before?.places.forEach(freePlace);
      now.places.forEach(takePlace);
      if (before?.offer !== now.offer || before?.atOnce !== now.atOnce) {
        if (before?.offer) takeBack(before.offer, before.atOnce);
        if (now.offer) offer(now.offer, now.atOnce);
      }
      if (now.offer || now.places.length > 0) parts.set(session, now);
      else parts.delete(session);
    },
    next: () => firstOf(atOnce) ?? firstReady('interactive') ?? firstReady('background'),
  };
}

function partOf<E extends QueuedEvent>(session: Session<E>): Part<E> {
  const main = mainItem(session);
  const isActive = main !== undefined || session.work !== undefined;
  return { places: isActive ? placesOf(session, main) : [], offer: offerOf(session, isActive), atOnce: isActive };
}

function placesOf<E extends QueuedEvent>({ work }: Session<E>, main: Item<E> | undefined): string[] {
  if (work?.waits === true) return []; // for a person, for how long nobody knows
  // A turn that nobody's message asked for goes on since a person wants it to.
  return main ? [main.event.lane, main.sender] : ['interactive'];
}

/** What is interactive goes first. One after the other: so the session gets them in their order. */
function offerOf<E extends QueuedEvent>({ waiting, giving }: Session<E>, isActive: boolean): Item<E> | undefined {
  if (giving > 0) return undefined;
  const head = firstOf(waiting.interactive) ?? (isActive ? undefined : firstOf(waiting.background));
  return head?.holds === 0 ? head : undefined;
}
