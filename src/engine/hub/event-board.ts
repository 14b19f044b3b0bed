/** What became of the messages of the sessions that are live here, told from their entries. What is long done is forgotten. */
import type { EventStatus } from '../../contract/host.ts';
import type { EntryData } from '../../contract/entries.ts';
import type { StoredEntry } from '../../contract/ports.ts';

/** A message that was entered: queued, running, or done. Approvals are the session's, and not known here. */
export type EventNote = Omit<EventStatus, 'approvals'>;

export interface EventBoard {
  get(event_id: string): EventNote | undefined;
  /** Takes an entry of the session; `reply`: what the reply says, when the entry is one. */
  take(session_id: string, stored: StoredEntry, reply: () => Promise<string>): void;
  /** Notes what was the case when the session was opened here. */
  found(note: EventNote): void;
  /** How many other messages of the session were answered since it was opened here. */
  answered(session_id: string, but: string): number;
  /** The text of a message's reply, when its turn has ended a short while ago. */
  text(event_id: string): Promise<string> | undefined;
  /** The session is gone, or can't go on. */
  forget(session_id: string): void;
}

/** So many ended messages are remembered, and so many of their replies, which may be long. */
const MOST_REMEMBERED = 10_000;
const MOST_TEXTS = 100;

export function createEventBoard(): EventBoard {
  /** Those that wait or run, and those that have ended; oldest first. */
  const open = new Map<string, EventNote>();
  const done = new Map<string, EventNote>();
  const texts = new Map<string, Promise<string>>();
  /** Of the open turns, by session. */
  const replies = new Map<string, Promise<string>>();
  const answered = new Set<string>();

  const get = (event_id: string): EventNote | undefined => open.get(event_id) ?? done.get(event_id);

  function note(changed: EventNote): void {
    const { event_id, status } = changed;
    if (status !== 'done') return void open.set(event_id, { ...open.get(event_id), ...changed });
    open.delete(event_id);
    done.set(event_id, changed);
    for (const [oldest] of done) {
      if (done.size <= MOST_REMEMBERED) break;
      done.delete(oldest);
      answered.delete(oldest);
    }
  }

  function keepText(event_id: string, text: Promise<string>): void {
    texts.set(event_id, text);
    for (const [oldest] of texts) {
      if (texts.size <= MOST_TEXTS) break;
      texts.delete(oldest);
    }
  }

  return {
    get,
    take(session_id, { entry }, reply) {
      if (entry.type === 'input.received' && entry.data.mode !== 'stop') {
        note({ event_id: entry.data.event_id, session_id, status: 'queued' });
      }
      if (entry.type === 'turn.started') {
        const { turn, event_ids } = entry.data;
        for (const event_id of event_ids) note({ event_id, session_id, status: 'running', turn });
      }
      if (entry.type === 'reply.made') {
        const text = reply();
        text.catch(() => {}); // whoever asks for it is told; until then nobody waits for it
        replies.set(session_id, text);
      }
      if (entry.type === 'turn.ended') {
        const text = replies.get(session_id) ?? Promise.resolve('');
        replies.delete(session_id);
        for (const event_id of entry.data.event_ids) {
          note(endedNote(session_id, event_id, entry.data));
          keepText(event_id, text);
          if (entry.data.reason === 'success') answered.add(event_id);
        }
      }
    },
    found(known) {
      if (!get(known.event_id)) note(known);
    },
    answered: (session_id, but) =>
      [...answered].filter((event_id) => event_id !== but && done.get(event_id)?.session_id === session_id).length,
    text: (event_id) => texts.get(event_id),
    forget(session_id) {
      replies.delete(session_id);
      for (const notes of [open, done]) {
        for (const [event_id, known] of notes) {
          if (known.session_id !== session_id) continue;
          notes.delete(event_id);
          texts.delete(event_id);
          answered.delete(event_id);
        }
      }
    },
  };
}

export function endedNote(session_id: string, event_id: string, ended: EntryData<'turn.ended'>): EventNote {
  const { turn, reason, code, usage, cost_micro_usd } = ended;
  return {
    event_id,
    session_id,
    status: 'done',
    turn,
    reason,
    usage,
    ...(code !== undefined && { code }),
    ...(cost_micro_usd !== undefined && { cost_micro_usd }),
  };
}
