/** What became of a message, for whoever asks: now, or when it is done, or its session waits for a person. */
import { RuntimeError } from '../../contract/errors.ts';
import type { EventStatus } from '../../contract/host.ts';
import type { Ingress, Journal } from '../../contract/ports.ts';
import type { Part } from '../../contract/values.ts';
import type { IdIndex } from '../id-index.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { LiveSession } from '../owner.ts';
import type { EventBoard, EventNote } from './event-board.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { IngressEvent } from '../../contract/records.ts';
import { pastEvent, pastEventAnywhere, type PastEvent } from './past-events.ts';

export interface MessageStatus {
  /** `session_id`: its session, where the caller knows. @throws RuntimeError not_found */
  now(event_id: string, session_id?: string): Promise<EventStatus>;
  /** @throws RuntimeError not_found | shutting_down; what its session failed with */
  settled(event_id: string): Promise<EventStatus>;
}

export interface MessageStatusPorts {
  board: EventBoard;
  sessions: LiveSessions;
  lanes: Pick<Lanes, 'open' | 'waiting' | 'arrived'>;
  ingress: Pick<Ingress, 'pendingEvent' | 'find' | 'sync'>;
  journal: Pick<Journal, 'read'>;
  index: Pick<IdIndex, 'ofMessage'>;
  textOf: (parts: Part[]) => Promise<string>;
  isLeaving: () => boolean;
}

/** Outcomes of messages that never came to a session. */
const UNSEEN: ReadonlySet<string> = new Set(['canceled', 'dropped']);

export function createMessageStatus(ports: MessageStatusPorts): MessageStatus {
  const { board, sessions, lanes, ingress, journal, index, textOf, isLeaving } = ports;

  async function now(event_id: string, session_id?: string): Promise<EventStatus> {
    const known = board.get(event_id);
    if (known?.status === 'done') return ended(known, board.text(event_id) ?? pastText(known));
    if (known) return unfinished(known);
    await lanes.open();
    const waiting = await ingress.pendingEvent(event_id);
    if (waiting) return waitingStatus(event_id, waiting.session_id);
    const trace = await ingress.find(event_id);
    if (trace?.dead && !trace.done) return endedUnseen(trace.event, { status: 'dead', why: trace.dead.why });
    const session = session_id ?? trace?.event.session_id;
    const past = await (session === undefined
      ? pastEventAnywhere(journal, index, event_id)
      : pastEvent(journal, session, event_id));
    if (past) return fromPast(past);
    if (trace?.done && UNSEEN.has(trace.done.outcome)) {
      await ingress.sync(); // its mark is all that says so, and may have been written this very moment
      return endedUnseen(trace.event, { status: 'done', reason: 'canceled', text: '' });
    }
    throw new RuntimeError('not_found', `There is no message ${event_id} that anything is known of.`);
  }

  /** No session has it. */
  function endedUnseen({ event_id, session_id }: IngressEvent, how: Partial<EventStatus>): EventStatus {
    return { event_id, session_id, status: 'dead', approvals: [], ...how };
  }

  /** It was accepted before. Its session may have it, and even have answered it: opened, its end is durable. */
  async function waitingStatus(event_id: string, session_id: string): Promise<EventStatus> {
    const held = lanes.waiting(event_id);
    // One that waits in its lane goes there even where its session can't be read: then it will be dead.
    if (held !== 'surely') await sessions.use(session_id, () => {}).catch(held && (() => {}));
    const note: EventNote = board.get(event_id) ?? { event_id, session_id, status: 'queued' };
    return note.status === 'done' ? ended(note, pastText(note)) : unfinished(note);
  }

  async function fromPast({ note, reply }: PastEvent): Promise<EventStatus> {
    return note.status === 'done' ? ended(note, textOf(reply)) : unfinished(note);
  }

  async function pastText({ event_id, session_id }: EventNote): Promise<string> {
    const past = await pastEvent(journal, session_id, event_id);
    if (!past) throw new RuntimeError('not_found', `The session of message ${event_id} has just been removed.`);
    return textOf(past.reply);
  }

  async function ended(note: EventNote, text: Promise<string>): Promise<EventStatus> {
    return { ...note, seq: await seqOf(note.session_id), text: await text, approvals: [] };
  }

  async function unfinished(note: EventNote): Promise<EventStatus> {
    const runner = sessions.get(note.session_id)?.runner;
    const approvals = runner?.approvals() ?? [];
    const usage = runner?.state().turn?.usage;
    const waits = runner?.isWaiting() === true && approvals.length > 0;
    const seq = await seqOf(note.session_id);
    return { ...note, seq, ...(usage && { usage }), approvals, ...(waits && { status: 'waiting_approval' }) };
  }

  async function seqOf(session_id: string): Promise<number> {
    const live: LiveSession | undefined = sessions.get(session_id);
    return live?.runner.state().seq ?? (await journal.read(session_id, () => {}, { last: 1 })).seq;
  }

  async function settled(event_id: string): Promise<EventStatus> {
    for (;;) {
      const status = await now(event_id);
      if (status.status === 'done' || status.status === 'dead') return status;
      if ((await lanes.arrived(event_id)) === 'waits') return { ...(await now(event_id)), status: 'waiting_approval' };
      if (lanes.waiting(event_id)) continue;
      const live = await sessions.enter(status.session_id).catch((thrown: unknown) => unlessDead(event_id, thrown));
      if (live === undefined) continue;
      const { runner } = live;
      const rest = await runner.rest();
      if (rest.kind === 'ended') {
        if (board.get(event_id)?.status === 'done') continue;
        if (rest.error) throw rest.error;
        if (isLeaving()) throw new RuntimeError('shutting_down', 'The program ended before the turn did.');
        continue; // its session was closed: removed, or opened anew by who asks next
      }
      const then = await now(event_id);
      if (then.status === 'done' || then.status === 'waiting_approval') return then;
      if (rest.kind === 'idle' && runner.state().turn === null) return { ...then, status: 'dead' };
    }
  }

  /** It may have died for what its session fails with. */
  async function unlessDead(event_id: string, thrown: unknown): Promise<undefined> {
    if ((await now(event_id)).status !== 'dead') throw thrown;
  }

  return { now, settled };
}
