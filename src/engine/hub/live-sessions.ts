/**
 * The sessions that are open in the process which owns the workspace: each is opened once, entered when there is work,
 * and told each accepted message once. What is done with one session is done in order, so that none is closed or removed
 * while something else is done with it. Those on which nothing is being done are closed when there are many.
 */
import { createSerial } from '../../base/serial.ts';
import { naming, RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import type { ChildRequest } from '../../contract/ports.ts';
import type { IngressEvent } from '../../contract/records.ts';
import type { Session } from '../../kernel/turn/state.ts';
import { childEvent } from '../child-event.ts';
import type { LiveSession, Owner } from '../owner.ts';
import type { RunnerEvent } from '../session/runner.ts';

export interface LiveSessions {
  get(session_id: string): LiveSession | undefined;
  ids(): string[];
  /** Also those that are being opened. */
  idsSoon(): string[];
  /** Is somebody working on it? */
  isEntered(session_id: string): boolean;
  /** Opens it for looking and answering; nothing starts. It stays open at least until the work is done. */
  use<T>(session_id: string, work: (live: LiveSession) => T | Promise<T>): Promise<T>;
  /** Opens it, and works on what it has left: an open turn, accepted messages. */
  enter(session_id: string): Promise<LiveSession>;
  /** Gives an accepted message to its session, which works on it from now on. False: it was done before that. */
  deliver(event: IngressEvent): Promise<boolean>;
  /**
   * Gives a step's try to the session that does it, which works on it from now on. `make`: that is made where it isn't
   * there; else it is `gone` then. `another`: the session of that name wasn't made for the step.
   */
  engage(request: ChildRequest, how: { make: boolean }): Promise<LiveSession | 'gone' | 'another'>;
  /** Does something to a session that nobody has open; `close` cancels what runs in it. */
  withdraw(session_id: string, work: (close: () => Promise<void>) => Promise<void>): Promise<void>;
  /** Closes all; what runs may end by itself for so long (ms). Called again, patience ends. */
  closeAll(patienceMs: number): Promise<void>;
}

export interface LiveSessionsOptions {
  owner: Pick<Owner, 'open' | 'makeChild' | 'enter' | 'giveTry' | 'give' | 'configure' | 'close' | 'pendingEvent'>;
  onOpened: (live: LiveSession) => void;
  /** Called before anything starts in a session. @throws RuntimeError when nothing can */
  onEnter: (live: LiveSession) => void;
  /** Called when a session has what it was entered with, and when it was closed in peace. */
  onChanged: (session_id: string) => void;
  /** Called when a session was closed since it can't go on: what is wrong with its files is no other's trouble. */
  onBroken: (session_id: string, error: RuntimeError) => void;
  /** May an accepted message that the session doesn't have be given to it now? */
  takes: (event: IngressEvent) => boolean;
  /** Called when none can go on. */
  onFailed: (error: RuntimeError) => void;
  onEvent: (live: LiveSession, event: RunnerEvent) => void;
  /** So many stay open, and those on which something is being done. */
  mostIdle?: number;
}

interface Slot {
  live: LiveSession;
  entered: boolean;
  /** Ids of messages that the session has been given here. */
  delivered: Set<string>;
}

/** An open session holds its whole history in memory; opening one again reads its file. */
const MOST_IDLE = 32;

export function createLiveSessions(options: LiveSessionsOptions): LiveSessions {
  const { owner, onOpened, onEnter, onChanged, onBroken, takes, onFailed, onEvent, mostIdle = MOST_IDLE } = options;
  /** In the order of their last use. */
  const slots = new Map<string, Slot>();
  const opening = new Set<string>();
  const serial = createSerial();
  const underWay = new Set<Promise<unknown>>();
  let closing = false;

  function inOrder<T>(session_id: string, work: () => Promise<T>): Promise<T> {
    const done = serial(session_id, work);
    const settled = done
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        underWay.delete(settled);
        closeIdle();
      });
    underWay.add(settled);
    return done;
  }

  async function slotOf(session_id: string): Promise<Slot> {
    const known = slots.get(session_id);
    if (known) {
      slots.delete(session_id);
      slots.set(session_id, known);
      return known;
    }
    refuseWhenClosing();
    const live = await opened(session_id);
    if (closing) await owner.close(live);
    refuseWhenClosing();
    const slot: Slot = { live, entered: false, delivered: new Set() };
    live.runner.subscribe((event) => onEvent(live, event));
    slots.set(session_id, slot);
    onOpened(live);
    return slot;
  }

  async function opened(session_id: string): Promise<LiveSession> {
    opening.add(session_id);
    try {
      const live = await owner.open(session_id, { onFailed: (error) => failed(live, error) });
      return live;
    } finally {
      opening.delete(session_id);
    }
  }

  async function enterSlot(slot: Slot): Promise<void> {
    refuseWhenClosing();
    const { live } = slot;
    if (slot.entered) return;
    onEnter(live);
    slot.entered = true;
    try {
      const given = await owner.enter(live, { takes });
      for (const { event_id } of given) slot.delivered.add(event_id);
      // One that isn't there yet is made by its first message, when that comes.
      slot.entered = live.runner.state().session !== null;
      onChanged(live.id);
    } catch (thrown) {
      // Entered by half it would never start: whoever comes next opens it anew.
      await closeSlot(live.id).catch(() => {});
      throw thrown;
    }
  }

  function failed(live: LiveSession, error: RuntimeError): void {
    if (error.code !== 'store_damaged') return onFailed(error);
    const { id } = live;
    const close = inOrder(id, async () => {
      if (slots.get(id)?.live === live) await closeSlot(id, naming(error, id));
    });
    close.catch(() => {}); // what it failed with tells more
  }

  /** What comes while it closes is still told as this session's. */
  async function closeSlot(session_id: string, broken?: RuntimeError): Promise<void> {
    const slot = slots.get(session_id);
    if (!slot) return;
    try {
      await owner.close(slot.live);
    } finally {
      slots.delete(session_id);
      if (broken) onBroken(session_id, broken);
      else onChanged(session_id);
    }
  }

  function refuseWhenClosing(): void {
    if (closing) throw closed();
  }

  function closed(): RuntimeError {
    return new RuntimeError('shutting_down', 'The program is about to end.');
  }

  let tidying = false;
  function closeIdle(): void {
    if (tidying || closing || slots.size <= mostIdle) return;
    tidying = true;
    const idle = [...slots.values()].filter(isIdle).slice(0, slots.size - mostIdle);
    const closed = idle.map((slot) =>
      serial(slot.live.id, async () => {
        if (slots.get(slot.live.id) === slot && isIdle(slot)) await closeSlot(slot.live.id);
      }),
    );
    const tidy = tidied(closed).then(() => {
      tidying = false;
      underWay.delete(tidy);
    });
    underWay.add(tidy);
  }

  async function tidied(closed: Promise<void>[]): Promise<void> {
    try {
      await Promise.all(closed);
    } catch (thrown) {
      onFailed(toRuntimeError(thrown));
    }
  }

  return {
    get: (session_id) => slots.get(session_id)?.live,
    ids: () => [...slots.keys()],
    idsSoon: () => [...slots.keys(), ...opening],
    isEntered: (session_id) => slots.get(session_id)?.entered === true,
    use: (session_id, work) => inOrder(session_id, async () => work((await slotOf(session_id)).live)),
    enter: (session_id) =>
      inOrder(session_id, async () => {
        const slot = await slotOf(session_id);
        await enterSlot(slot);
        return slot.live;
      }),
    deliver: (event) =>
      inOrder(event.session_id, async () => {
        const { event_id } = event;
        const slot = await slotOf(event.session_id);
        await enterSlot(slot);
        if (slot.delivered.has(event_id)) return true;
        // It may have come to its end before the session was entered: stopped, or by who had it open before.
        if (!(await owner.pendingEvent(event_id))) return false;
        slot.delivered.add(event_id);
        await owner.give(slot.live, event);
        return true;
      }),
    engage: (request, { make }) =>
      inOrder(request.session_id, async () => {
        // Whoever removes its goal removes its steps' sessions when the goal's is closed, and finds none that comes later.
        if (!slots.has(request.parent.session_id)) throw closed();
        const slot = await slotOf(request.session_id);
        const event_id = childEvent(request);
        if (slot.delivered.has(event_id)) return slot.live;
        const { session } = slot.live.runner.state();
        if (session === null && !make) return 'gone';
        // Somebody may have made it since it was looked for.
        if (session !== null && !doesStep(session, request)) return 'another';
        slot.delivered.add(event_id);
        try {
          await owner.makeChild(slot.live, request);
          await enterSlot(slot);
          await owner.giveTry(slot.live, request);
        } catch (thrown) {
          slot.delivered.delete(event_id);
          throw thrown;
        }
        return slot.live;
      }),
    withdraw: (session_id, work) => inOrder(session_id, () => work(() => closeSlot(session_id))),
    async closeAll(patienceMs) {
      closing = true;
      await Promise.all([...slots.values()].map(({ live }) => live.runner.shutDown(patienceMs)));
      await Promise.all(underWay);
      await Promise.all([...slots.keys()].map((session_id) => serial(session_id, () => closeSlot(session_id))));
    },
  };
}

function doesStep({ parent }: Session, { parent: asked }: ChildRequest): boolean {
  return parent?.session_id === asked.session_id && parent.step_id === asked.step_id;
}

/** Nothing runs in it, and nothing waits. Where nobody works on it nothing can. */
function isIdle({ live, entered }: Slot): boolean {
  const { turn, queue } = live.runner.state();
  return !entered || (turn === null && queue.length === 0);
}
