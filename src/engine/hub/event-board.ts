/** What became of the messages of the sessions that are live here, told from their entries. */
import type { EventStatus } from '../../contract/host.ts';
import type { EntryData } from '../../contract/entries.ts';
import type { StoredEntry } from '../../contract/ports.ts';

/** A message that was entered: queued, running, or done. Approvals are the session's, and not known here. */
export type EventNote = Omit<EventStatus, 'approvals'>;

export interface EventBoard {
  get(event_id: string): EventNote | undefined;
  /** Takes an entry of the session; `reply`: what the reply says, when the entry is one. */
  take(session_id: string, stored: StoredEntry, reply: () => Promise<string>): void;
  /** Notes a message whose turn ended before the session was opened here. */
  ended(session_id: string, event_id: string, ended: EntryData<'turn.ended'>, reply?: Promise<string>): void;
  /** How many other messages of the session were answered since it was opened here. */
  answered(session_id: string, but: string): number;
  /** The text of a message's reply, when its turn has ended. */
  text(event_id: string): Promise<string | undefined>;
}

/** So many ended messages are remembered. */
const MOST_REMEMBERED = 10_000;

export function createEventBoard(): EventBoard {
  const notes = new Map<string, EventNote>();
  const texts = new Map<string, Promise<string>>();
  const replies = new Map<string, Promise<string>>();
  const answered = new Set<string>();

  function note(event_id: string, change: Omit<EventNote, 'event_id'>): void {
    notes.set(event_id, { ...notes.get(event_id), event_id, ...change });
    for (const [oldest, { status }] of notes) {
      if (notes.size <= MOST_REMEMBERED || status !== 'done') break;
      notes.delete(oldest);
      texts.delete(oldest);
      answered.delete(oldest);
    }
  }

  function ended(session_id: string, event_id: string, data: EntryData<'turn.ended'>, reply?: Promise<string>): void {
    const { turn, reason, code, usage, cost_micro_usd } = data;
    const known = { turn, reason, usage, ...(code !== undefined && { code }) };
    note(event_id, { session_id, status: 'done', ...known, ...(cost_micro_usd !== undefined && { cost_micro_usd }) });
    if (reply) texts.set(event_id, reply);
  }

  return {
    get: (event_id) => notes.get(event_id),
    take(session_id, { entry }, reply) {
      if (entry.type === 'input.received' && entry.data.mode !== 'stop') {
        note(entry.data.event_id, { session_id, status: 'queued' });
      }
      if (entry.type === 'turn.started') {
        replies.delete(session_id);
        const { turn, event_ids } = entry.data;
        for (const id of event_ids) note(id, { session_id, status: 'running', turn });
      }
      if (entry.type === 'reply.made') replies.set(session_id, reply());
      if (entry.type === 'turn.ended') {
        const { event_ids, reason } = entry.data;
        for (const id of event_ids) ended(session_id, id, entry.data, replies.get(session_id));
        if (reason === 'success') for (const id of event_ids) answered.add(id);
      }
    },
    ended,
    answered: (session_id, but) =>
      [...answered].filter((event_id) => event_id !== but && notes.get(event_id)?.session_id === session_id).length,
    text: async (event_id) => texts.get(event_id),
  };
}
