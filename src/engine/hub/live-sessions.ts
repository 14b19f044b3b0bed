/**
 * The sessions that are open in the process which owns the workspace: each is opened once, entered when there is work,
 * and told each accepted message once.
 */
import { createSerial } from '../../base/serial.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { IngressEvent } from '../../contract/records.ts';
import type { Actor } from '../../contract/values.ts';
import type { LiveSession, Owner } from '../owner.ts';
import type { RunnerEvent } from '../session/runner.ts';

export interface LiveSessions {
  get(session_id: string): LiveSession | undefined;
  all(): LiveSession[];
  /** Is somebody working on it? */
  isEntered(session_id: string): boolean;
  /** Opens it for looking and answering; nothing starts. */
  open(session_id: string): Promise<LiveSession>;
  /** Opens it, and works on what it has left: an open turn, accepted messages. */
  enter(session_id: string, model?: string): Promise<LiveSession>;
  /** Gives an accepted message to its session, which works on it from now on. */
  deliver(event: IngressEvent): Promise<void>;
  /** Closes one; what runs in it is cancelled. Resolves with false when there is none. */
  close(session_id: string): Promise<boolean>;
  /** Closes all; what runs may end by itself for so long (ms). Called again, patience ends. */
  closeAll(patienceMs: number): Promise<void>;
}

export interface LiveSessionsOptions {
  owner: Owner;
  actor: Actor;
  onOpened: (live: LiveSession) => void;
  /** Called before anything starts in a session. @throws RuntimeError when nothing can */
  onEnter: (live: LiveSession) => void;
  onFailed: (error: RuntimeError) => void;
  onEvent: (session_id: string, event: RunnerEvent) => void;
}

interface Slot {
  live: LiveSession;
  entered: boolean;
  /** Ids of messages that the session has been given here. */
  delivered: Set<string>;
}

export function createLiveSessions(options: LiveSessionsOptions): LiveSessions {
  const { owner, actor, onOpened, onEnter, onFailed, onEvent } = options;
  const slots = new Map<string, Slot>();
  const inOrder = createSerial();
  let closing = false;

  async function slotOf(session_id: string): Promise<Slot> {
    const known = slots.get(session_id);
    if (known) return known;
    if (closing) throw new RuntimeError('shutting_down', 'The program is about to end.');
    const live = await owner.open(session_id, { onFailed });
    const slot: Slot = { live, entered: false, delivered: new Set() };
    live.runner.subscribe((event) => onEvent(session_id, event));
    slots.set(session_id, slot);
    onOpened(live);
    return slot;
  }

  async function enterSlot(slot: Slot, model: string | undefined): Promise<void> {
    if (closing) throw new RuntimeError('shutting_down', 'The program is about to end.');
    const { live } = slot;
    if (!slot.entered) {
      onEnter(live);
      slot.entered = true;
      const given = await owner.enter(live, { actor, ...(model !== undefined && { model }) });
      for (const { event_id } of given) slot.delivered.add(event_id);
    } else if (model !== undefined) await owner.configure(live, { model }, actor);
  }

  return {
    get: (session_id) => slots.get(session_id)?.live,
    isEntered: (session_id) => slots.get(session_id)?.entered === true,
    all: () => [...slots.values()].map(({ live }) => live),
    open: (session_id) => inOrder(session_id, async () => (await slotOf(session_id)).live),
    enter: (session_id, model) =>
      inOrder(session_id, async () => {
        const slot = await slotOf(session_id);
        await enterSlot(slot, model);
        return slot.live;
      }),
    deliver: (event) =>
      inOrder(event.session_id, async () => {
        const slot = await slotOf(event.session_id);
        await enterSlot(slot, event.model);
        if (slot.delivered.has(event.event_id)) return;
        slot.delivered.add(event.event_id);
        await owner.give(slot.live, event);
      }),
    close: (session_id) =>
      inOrder(session_id, async () => {
        const slot = slots.get(session_id);
        if (!slot) return false;
        slots.delete(session_id);
        await owner.close(slot.live);
        return true;
      }),
    async closeAll(patienceMs) {
      closing = true;
      await Promise.all(
        [...slots].map(async ([session_id, { live }]) => {
          await live.runner.shutDown(patienceMs);
          await inOrder(session_id, async () => {
            if (slots.delete(session_id)) await owner.close(live);
          });
        }),
      );
    },
  };
}
