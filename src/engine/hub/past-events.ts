/** What became of messages whose session isn't live, or has long gone on: told from the journals. */
import type { Journal } from '../../contract/ports.ts';
import type { Part } from '../../contract/values.ts';
import type { IdIndex } from '../id-index.ts';
import { endedNote, type EventNote } from './event-board.ts';
import { createReplyReader } from '../session/reply-reader.ts';

export interface PastEvent {
  note: EventNote;
  /** What the reply says, where the turn has ended with one. */
  reply: Part[];
}

/** Looks for a message in one session. */
export async function pastEvent(
  journal: Pick<Journal, 'read'>,
  session_id: string,
  event_id: string,
): Promise<PastEvent | undefined> {
  let found: PastEvent | undefined;
  const reader = createReplyReader();
  const note = (changed: EventNote): void => void (found = { note: changed, reply: reader.reply() });
  await journal.read(session_id, ({ entry }) => {
    reader.take(entry);
    switch (entry.type) {
      case 'input.received':
        if (entry.data.event_id === event_id && entry.data.mode !== 'stop')
          note({ event_id, session_id, status: 'queued' });
        return;
      case 'turn.started':
        if (entry.data.event_ids.includes(event_id))
          note({ event_id, session_id, status: 'running', turn: entry.data.turn });
        return;
      case 'turn.ended':
        if (entry.data.event_ids.includes(event_id)) note(endedNote(session_id, event_id, entry.data));
        return;
      default:
        return;
    }
  });
  return found;
}

const EVENT_ID = /^e-([0-9a-hjkmnp-tv-z]{10})[0-9a-hjkmnp-tv-z]{16}$/;
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
/** Clocks are set back, but not by more. */
const SLACK_MS = 24 * 60 * 60 * 1000;

/** Looks in the sessions that may have it, and were written to since it was accepted: its id says when that was. */
export async function pastEventAnywhere(
  journal: Pick<Journal, 'read'>,
  index: Pick<IdIndex, 'ofMessage'>,
  event_id: string,
): Promise<PastEvent | undefined> {
  const [, time] = EVENT_ID.exec(event_id) ?? [];
  if (time === undefined) return undefined;
  const accepted_at = [...time].reduce((sum, digit) => sum * DIGITS.length + DIGITS.indexOf(digit), 0);
  for (const session_id of await index.ofMessage(event_id, accepted_at - SLACK_MS)) {
    const found = await pastEvent(journal, session_id, event_id);
    if (found) return found;
  }
  return undefined;
}
