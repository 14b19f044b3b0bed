/** The scheduler against its definitions, each written down as plainly as it can be, and looked up over all messages. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Lane, Role } from '../../contract/values.ts';
import type { QueuedEvent, SessionWork } from './queued.ts';
import { createRounds, type Rank } from './rounds.ts';
import { createScheduler, type QueueRow, type Scheduler } from './scheduler.ts';
import type { LaneLimits } from './starts.ts';

interface Known {
  event: QueuedEvent;
  state: 'waiting' | 'giving' | 'delivered' | 'running';
  holds: number;
  rank: Rank;
}

const LANES = ['interactive', 'background'] as const;
const isLow = ({ actor: { role } }: QueuedEvent): boolean => role === 'member' || role === 'viewer';
const STATES = ['running', 'delivered', 'giving', 'waiting'];

function createModel(limits: LaneLimits): Scheduler<QueuedEvent> {
  /** In the order of their acceptance. */
  let all: Known[] = [];
  const works = new Map<string, SessionWork>();
  const rounds = createRounds();

  const find = (id: string): Known | undefined => all.find(({ event }) => event.event_id === id);
  const of = (session: string): Known[] => all.filter(({ event }) => event.session_id === session);
  const waitingOf = (session: string, lane: Lane): Known[] =>
    of(session).filter(({ event, state }) => state === 'waiting' && event.lane === lane);
  const mainOf = (session: string): Known | undefined =>
    of(session).find(({ state }) => state === 'running') ?? of(session).find(({ state }) => state !== 'waiting');
  const isActive = (session: string): boolean => works.has(session) || mainOf(session) !== undefined;
  const sessions = (): string[] => [...new Set([...all.map(({ event }) => event.session_id), ...works.keys()])];
  const goesBefore = (one: Known, other: Known): boolean => {
    const [a, b] = [one.rank, other.rank];
    if (a.priority !== b.priority) return a.priority > b.priority;
    return a.round === b.round ? all.indexOf(one) < all.indexOf(other) : a.round < b.round;
  };
  const firstOf = (items: Known[]): Known | undefined => items.toSorted((a, b) => (goesBefore(a, b) ? -1 : 1))[0];
  const isSender = (one: QueuedEvent | undefined, other: QueuedEvent): boolean => {
    if (one?.lane !== other.lane || one.actor.id !== other.actor.id || isLow(one) !== isLow(other)) return false;
    return isLow(one) || one.source === other.source;
  };

  function mayStart({ event }: Known): boolean {
    const working = sessions().filter((session) => isActive(session) && works.get(session)?.waits !== true);
    const inLane = working.filter((session) => (mainOf(session)?.event.lane ?? 'interactive') === event.lane);
    const bySender = working.filter((session) => isSender(mainOf(session)?.event, event));
    return inLane.length < limits[event.lane] && (limits.sender === 0 || bySender.length < limits.sender);
  }

  function next(): Known | undefined {
    const heads = (lane: Lane): Known[] =>
      sessions()
        .filter((session) => !of(session).some(({ state }) => state === 'giving'))
        .flatMap((session) => waitingOf(session, lane).slice(0, 1))
        .filter(({ holds }) => holds === 0);
    const [interactive, background] = [heads('interactive'), heads('background')];
    const free = background.filter(
      ({ event: { session_id } }) => !isActive(session_id) && waitingOf(session_id, 'interactive').length === 0,
    );
    return (
      firstOf(interactive.filter(({ event }) => isActive(event.session_id))) ??
      firstOf(interactive.filter(mayStart)) ??
      firstOf(free.filter(mayStart))
    );
  }

  function rowOf(item: Known): QueueRow<QueuedEvent> {
    const { event, state } = item;
    const before = (items: Known[], states: string[]): number =>
      items.filter((one) => one.event.lane === event.lane && states.includes(one.state) && goesBefore(one, item))
        .length;
    if (state === 'waiting') return { event, state, position: before(all, ['waiting']) };
    if (state !== 'running') {
      return { event, state: 'delivered', position: before(of(event.session_id), ['giving', 'delivered']) };
    }
    return { event, state: works.get(event.session_id)?.waits ? 'waiting_approval' : 'running', position: 0 };
  }

  function drop(item: Known): void {
    if (item.state === 'waiting') rounds.leave(item.event, item.rank);
    all = all.filter((one) => one !== item);
  }

  return {
    add(event) {
      if (find(event.event_id)) return;
      const rank = rounds.enter(event, waitingOf(event.session_id, event.lane).at(-1)?.rank);
      all.push({ event, state: 'waiting', holds: 0, rank });
    },
    next() {
      const item = next();
      if (!item) return undefined;
      item.state = 'giving';
      rounds.take(item.event, item.rank);
      return item.event;
    },
    given(id) {
      const item = find(id);
      if (item?.state === 'giving') item.state = 'delivered';
    },
    hold(id) {
      const item = find(id);
      if (!item || !['giving', 'waiting'].includes(item.state)) return false;
      if (item.state === 'giving') rounds.stay(item.event, item.rank);
      item.state = 'waiting';
      item.holds++;
      return true;
    },
    release(id) {
      const item = find(id);
      if (item && item.holds > 0) item.holds--;
    },
    remove(id) {
      const item = find(id);
      if (item) drop(item);
    },
    observe(session, work) {
      if (work && (work.turn || work.queue.length > 0)) works.set(session, work);
      else works.delete(session);
      const done: QueuedEvent[] = [];
      for (const item of of(session)) {
        const { event_id } = item.event;
        const isRunning = work?.turn?.includes(event_id);
        if (isRunning || work?.queue.includes(event_id)) {
          if (item.state === 'waiting') rounds.leave(item.event, item.rank);
          item.state = isRunning ? 'running' : 'delivered';
        } else if (item.state === 'running' || item.state === 'delivered') {
          if (work) {
            drop(item);
            done.push(item.event);
          } else {
            item.state = 'waiting';
            rounds.stay(item.event, item.rank);
          }
        }
      }
      return done;
    },
    get(id) {
      const item = find(id);
      return item && rowOf(item);
    },
    ofSession: (session) => of(session).map(({ event }) => event),
    isHere: (id) => ['waiting', 'giving'].includes(find(id)?.state ?? ''),
    waiting: (lane) => all.filter(({ event, state }) => event.lane === lane && state !== 'running').length,
    waits: (session) => works.get(session)?.waits === true,
    table: () =>
      all
        .toSorted(
          (a, b) =>
            LANES.indexOf(a.event.lane) - LANES.indexOf(b.event.lane) ||
            STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
            (goesBefore(a, b) ? -1 : 1),
        )
        .map(rowOf),
  };
}

const SESSIONS = ['s0', 's1', 's2', 's3', 's4', 's5'];

const act = fc.record({
  kind: fc.constantFrom('add', 'add', 'add', 'next', 'next', 'given', 'observe', 'observe', 'close', 'hold', 'release', 'remove'), // prettier-ignore
  session: fc.constantFrom(...SESSIONS),
  lane: fc.constantFrom(...LANES),
  sender: fc.constantFrom('ann', 'bob', 'eve'),
  role: fc.constantFrom<Role>('member', 'operator'),
  source: fc.constantFrom('api', 'cron'),
  priority: fc.constantFrom(-3, 0, 0, 5),
  /** Which of the messages there are. */
  pick: fc.nat(1000),
  turns: fc.nat(2),
  queues: fc.nat(3),
  waits: fc.boolean(),
});

test('whatever is done: the same is given, in the same order, and every line of the table is the same', () => {
  fc.assert(
    fc.property(
      fc.array(act, { maxLength: 150, size: 'max' }),
      fc.constantFrom(0, 1, 2),
      fc.constantFrom(1, 3),
      (acts, sender, interactive) => {
        const limits = { interactive, background: 1, sender };
        const [scheduler, model] = [createScheduler<QueuedEvent>(limits), createModel(limits)];
        const both = [scheduler, model];
        const same = (ask: (one: Scheduler<QueuedEvent>) => unknown): void =>
          expect(ask(scheduler)).toEqual(ask(model));
        for (const [n, one] of acts.entries()) {
          const { kind, session, lane, sender: by, role, source, priority, pick, turns, queues, waits } = one;
          const ids = model.table().map(({ event }) => event.event_id);
          const id = ids[pick % Math.max(1, ids.length)] ?? 'none';
          if (kind === 'add') {
            const actor = { id: by, role };
            const event = { event_id: `e${n}`, session_id: session, lane, priority, actor, source };
            for (const one of both) one.add({ ...event, accepted_at: 0 });
          } else if (kind === 'next') same((one) => one.next());
          else if (kind === 'hold') same((one) => one.hold(id));
          else if (kind === 'observe') {
            const own = model.ofSession(session).map(({ event_id }) => event_id);
            // Also one that another session has: nothing comes of that.
            const turn = turns === 0 ? undefined : [...own.slice(pick % 3, (pick % 3) + turns), id];
            const queue = own.slice(turns, turns + queues);
            same((one) => new Set(one.observe(session, { turn, queue, waits })));
          } else if (kind === 'close') same((one) => one.observe(session, undefined));
          else for (const one of both) one[kind](id);
          same((one) => one.table());
          same((one) => LANES.map(one.waiting));
          for (const one of ids) same((who) => [who.get(one), who.isHere(one)]);
          for (const one of SESSIONS) {
            same((who) => [who.waits(one), new Set(who.ofSession(one))]);
          }
        }
      },
    ),
    { numRuns: 150 },
  );
});
