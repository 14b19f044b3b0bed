import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lane, Role } from '../../contract/values.ts';
import type { QueuedEvent } from './queued.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import type { LaneLimits } from './starts.ts';

const LIMITS: LaneLimits = { interactive: 2, background: 1, sender: 0 };

interface Given {
  session?: string;
  lane?: Lane;
  sender?: string;
  role?: Role;
  source?: string;
  priority?: number;
}

function message(event_id: string, given: Given = {}) {
  const { session = event_id, lane = 'interactive', sender = 'ann', role = 'member', source = 'api', priority } = given;
  const actor = { id: sender, role };
  return { event_id, session_id: session, lane, actor, source, accepted_at: 0, ...(priority && { priority }) };
}

/** Takes messages, and gives the ids of those that may be given to their sessions. */
function start(limits: Partial<LaneLimits> = {}) {
  const scheduler = createScheduler<QueuedEvent>({ ...LIMITS, ...limits });
  return {
    scheduler,
    add: (id: string, given?: Given) => scheduler.add(message(id, given)),
    go: () => goOn(scheduler),
    runs: (session: string, ...turn: string[]) => scheduler.observe(session, { turn, queue: [], waits: false }),
    asks: (session: string, ...turn: string[]) => scheduler.observe(session, { turn, queue: [], waits: true }),
    rests: (session: string) => scheduler.observe(session, { turn: undefined, queue: [], waits: false }),
  };
}

function goOn(scheduler: Scheduler<QueuedEvent>): string[] {
  const ids: string[] = [];
  for (let event = scheduler.next(); event; event = scheduler.next()) ids.push(event.event_id);
  return ids;
}

describe('a lane', () => {
  test('gives to so many sessions at once, in the order of acceptance', () => {
    const { add, go, runs, rests } = start();
    for (const id of ['a', 'b', 'c']) add(id);
    expect(go()).toEqual(['a', 'b']);
    runs('a', 'a');
    expect(go()).toEqual([]);
    rests('a');
    expect(go()).toEqual(['c']);
  });

  test('gives the higher priority first', () => {
    const { add, go } = start({ interactive: 9 });
    add('low', { priority: -5 });
    add('usual');
    add('high', { priority: 7 });
    expect(go()).toEqual(['high', 'usual', 'low']);
  });

  test('gives one of each sender in turn, however many one has waiting', () => {
    const { add, go, scheduler } = start({ interactive: 100 });
    for (let n = 0; n < 50; n++) add(`many${n}`, { sender: 'many' });
    add('other', { sender: 'other' });
    expect(scheduler.get('other')?.position).toBe(1);
    expect(go().slice(0, 3)).toEqual(['many0', 'other', 'many1']);
  });

  test('takes what a member sends as one sender, whatever source each message names', () => {
    const { add, go, scheduler } = start({ interactive: 100 });
    for (let n = 0; n < 50; n++) add(`many${n}`, { sender: 'many', source: `of ${n}` });
    add('other', { sender: 'other' });
    expect(scheduler.get('other')?.position).toBe(1);
    expect(go().slice(0, 3)).toEqual(['many0', 'other', 'many1']);
  });

  test('gives one of each source of an operator in turn', () => {
    const { add, go } = start({ interactive: 9, sender: 1 });
    for (const id of ['a1', 'a2']) add(id, { sender: 'local', role: 'operator', source: 'cron' });
    add('b1', { sender: 'local', role: 'operator', source: 'cli' });
    expect(go()).toEqual(['a1', 'b1']);
  });

  test('lets no sender go first again and again that sends one at a time', () => {
    const { add, go, rests, scheduler } = start({ interactive: 1 });
    const given: string[] = [];
    for (let n = 0; n < 5; n++) add(`many${n}`, { sender: 'many' });
    for (let n = 0; n < 6; n++) {
      add(`one${n}`, { sender: 'one' });
      const [id] = go();
      given.push(id!);
      scheduler.given(id!);
      rests(id!);
    }
    expect(given.filter((id) => id.startsWith('many')).length).toBe(3);
  });

  test('gives a sender no more than its share, and others what it leaves', () => {
    const { add, go } = start({ interactive: 3, sender: 1 });
    for (const id of ['a1', 'a2', 'a3']) add(id, { sender: 'a' });
    add('b1', { sender: 'b' });
    expect(go()).toEqual(['a1', 'b1']);
  });

  test('keeps the order of acceptance within a session, whatever the priorities', () => {
    const { add, go, rests, scheduler } = start({ background: 1 });
    add('first', { session: 's', lane: 'background' });
    add('second', { session: 's', lane: 'background', priority: 50 });
    add('third', { session: 't', lane: 'background', priority: 10 });
    expect(scheduler.table().map(({ event }) => event.event_id)).toEqual(['third', 'first', 'second']);
    expect(go()).toEqual(['third']);
    rests('t');
    expect(go()).toEqual([]); // it was on its way all the time
    scheduler.given('third');
    rests('t');
    expect(go()).toEqual(['first']);
  });
});

describe('a session', () => {
  test('that works gets what is interactive at once, one after the other, above all limits', () => {
    const { add, go, runs, scheduler } = start({ interactive: 1 });
    add('a', { session: 's' });
    expect(go()).toEqual(['a']);
    scheduler.given('a');
    runs('s', 'a');
    add('b', { session: 's' });
    add('c', { session: 's' });
    expect(go()).toEqual(['b']);
    scheduler.given('b');
    expect(go()).toEqual(['c']);
    scheduler.observe('s', { turn: ['a'], queue: ['b', 'c'], waits: false });
    expect(scheduler.get('c')).toMatchObject({ state: 'delivered', position: 1 });
  });

  test('gets what is in the background when it rests, and nothing interactive waits for it', () => {
    const { add, go, runs, rests, scheduler } = start({ interactive: 1, background: 5 });
    add('busy');
    expect(go()).toEqual(['busy']);
    add('later', { session: 's', lane: 'background' });
    add('now', { session: 's' });
    expect(go()).toEqual([]);
    scheduler.given('busy');
    rests('busy');
    expect(go()).toEqual(['now']);
    scheduler.given('now');
    runs('s', 'now');
    expect(go()).toEqual([]);
    rests('s');
    expect(go()).toEqual(['later']);
  });

  test('that waits for a person holds no place, and goes on above the limit', () => {
    const { add, go, asks, runs, scheduler } = start({ interactive: 1 });
    add('a');
    add('b');
    expect(go()).toEqual(['a']);
    scheduler.given('a');
    asks('a', 'a');
    expect(scheduler.get('a')?.state).toBe('waiting_approval');
    expect(go()).toEqual(['b']);
    scheduler.given('b');
    runs('b', 'b');
    runs('a', 'a');
    expect(scheduler.table().map(({ state }) => state)).toEqual(['running', 'running']);
    add('c');
    expect(go()).toEqual([]);
  });

  test('whose turn nobody here asked for takes a place as well', () => {
    const { add, go, rests, runs } = start({ interactive: 1 });
    runs('fork');
    add('a');
    expect(go()).toEqual([]);
    rests('fork');
    expect(go()).toEqual(['a']);
  });

  test('that is closed gives back what it had', () => {
    const { add, go, runs, scheduler } = start({ interactive: 1 });
    add('a', { session: 's' });
    add('b');
    expect(go()).toEqual(['a']);
    scheduler.given('a');
    runs('s', 'a');
    scheduler.observe('s', undefined);
    expect(scheduler.get('a')).toMatchObject({ state: 'waiting', position: 0 });
    expect(go()).toEqual(['a']);
  });

  test('gets nothing while one of its messages is held', () => {
    const { add, go, scheduler } = start();
    add('a', { session: 's' });
    add('b', { session: 's' });
    expect(go()).toEqual(['a']);
    expect(scheduler.hold('a')).toBe(true);
    expect(go()).toEqual([]);
    scheduler.release('a');
    expect(go()).toEqual(['a']);
    scheduler.given('a');
    expect(scheduler.hold('a')).toBe(false);
  });
});

/** What may happen, each of it on one of a few sessions. */
const acts = fc.array(
  fc.record({
    act: fc.constantFrom('send', 'send', 'send', 'given', 'run', 'ask', 'rest', 'fail', 'release'),
    session: fc.constantFrom('s0', 's1', 's2', 's3', 's4'),
    lane: fc.constantFrom<Lane>('interactive', 'background'),
    sender: fc.constantFrom('ann', 'bob', 'eve'),
    priority: fc.constantFrom(0, 0, 5),
  }),
  { maxLength: 120 },
);

test('whatever comes and ends: limits hold, nothing interactive waits for the background, no order is broken', () => {
  fc.assert(
    fc.property(acts, fc.constantFrom(0, 1), (steps, sender) => {
      const limits = { interactive: 2, background: 1, sender };
      const scheduler = createScheduler<QueuedEvent>(limits);
      /** The whole story told once more, without the scheduler's own notion of it. */
      const world = new Map<string, { turn: QueuedEvent[]; queue: QueuedEvent[]; waits: boolean }>();
      const sessionOf = (id: string) => {
        if (!world.has(id)) world.set(id, { turn: [], queue: [], waits: false });
        return world.get(id)!;
      };
      const giving = new Map<string, QueuedEvent>();
      const held = new Set<string>();
      const waiting: QueuedEvent[] = [];
      const order: QueuedEvent[] = [];
      const isBusy = (id: string): boolean => {
        const { turn, queue } = sessionOf(id);
        return turn.length + queue.length > 0 || giving.has(id);
      };
      const laneOf = (id: string): Lane | undefined => {
        const { turn, queue, waits } = sessionOf(id);
        return waits ? undefined : (turn[0] ?? queue[0] ?? giving.get(id))?.lane;
      };
      const ids = ['s0', 's1', 's2', 's3', 's4'];
      const tell = (id: string): void => {
        const { turn, queue, waits } = sessionOf(id);
        const idsOf = (events: QueuedEvent[]): string[] => events.map(({ event_id }) => event_id);
        scheduler.observe(id, { turn: turn.length > 0 ? idsOf(turn) : undefined, queue: idsOf(queue), waits });
      };
      const check = (): void => {
        for (;;) {
          const workingBefore = ids.filter((id) => laneOf(id) !== undefined && isBusy(id));
          const event = scheduler.next();
          if (event === undefined) break;
          const { session_id, lane } = event;
          const place = waiting.indexOf(event);
          expect(place).toBeGreaterThanOrEqual(0);
          const sameLane = waiting.filter((one) => one.session_id === session_id && one.lane === lane);
          expect(sameLane[0]).toBe(event);
          expect(held.has(event.event_id)).toBe(false);
          if (!isBusy(session_id)) {
            expect(workingBefore.filter((id) => laneOf(id) === lane).length).toBeLessThan(limits[lane]);
            const own = (one: QueuedEvent | undefined): boolean =>
              one?.actor.id === event.actor.id && one.lane === lane;
            const mine = workingBefore.filter((id) =>
              own(sessionOf(id).turn[0] ?? sessionOf(id).queue[0] ?? giving.get(id)),
            );
            if (sender > 0) expect(mine.length).toBeLessThan(sender);
          } else expect(lane).toBe('interactive');
          if (lane === 'background') {
            expect(waiting.some((one) => one.session_id === session_id && one.lane === 'interactive')).toBe(false);
          }
          waiting.splice(place, 1);
          giving.set(session_id, event);
          order.push(event);
        }
        // Whoever still waits in the interactive lane does so for an interactive place, its session's order, or a hold.
        for (const event of waiting.filter(({ lane }) => lane === 'interactive')) {
          const { session_id } = event;
          const head = waiting.find((one) => one.session_id === session_id && one.lane === 'interactive');
          const busy = ids.filter((id) => laneOf(id) === 'interactive' && isBusy(id)).length;
          const reasons = [
            giving.has(session_id),
            head !== undefined && held.has(head.event_id),
            !isBusy(session_id) && busy >= limits.interactive,
            !isBusy(session_id) && sender > 0,
          ];
          expect(reasons).toContain(true);
        }
        for (const lane of ['interactive', 'background'] as const) {
          const begun = ids.flatMap((id) => sessionOf(id).turn).filter((one) => one.lane === lane).length;
          const all = scheduler.table().filter((row) => row.event.lane === lane).length;
          expect(scheduler.waiting(lane)).toBe(all - begun);
          const places = scheduler.table().filter((row) => row.event.lane === lane && row.state === 'waiting');
          expect(places.map(({ event }) => scheduler.get(event.event_id)!.position)).toEqual(places.map((_, n) => n));
        }
      };
      for (const [n, { act, session, lane, sender: who, priority }] of steps.entries()) {
        const { turn, queue } = sessionOf(session);
        const onItsWay = giving.get(session);
        if (act === 'send') {
          const event = message(`e${n}`, { session, lane, sender: who, priority });
          waiting.push(event);
          scheduler.add(event);
        } else if (act === 'given' && onItsWay) {
          giving.delete(session);
          queue.push(onItsWay);
          scheduler.given(onItsWay.event_id);
          tell(session);
        } else if (act === 'fail' && onItsWay) {
          giving.delete(session);
          held.add(onItsWay.event_id);
          waiting.splice(0, 0, onItsWay); // the first of its session and lane again
          scheduler.hold(onItsWay.event_id);
        } else if (act === 'release') {
          for (const id of held) scheduler.release(id);
          held.clear();
        } else if (act === 'run' && turn.length === 0 && queue.length > 0) {
          turn.push(queue.shift()!);
          tell(session);
        } else if (act === 'ask' && turn.length > 0) {
          sessionOf(session).waits = !sessionOf(session).waits;
          tell(session);
        } else if (act === 'rest' && turn.length > 0) {
          sessionOf(session).waits = false;
          turn.length = 0;
          tell(session);
        }
        check();
      }
    }),
    { numRuns: 500 },
  );
});
