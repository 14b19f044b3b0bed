/** Ids of responses and completions: a message's id and its session's, so that either can be had back from them. */
import { SESSION_ID } from '../../../contract/session-id.ts';

const EVENT_PREFIX = 'e-';
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_DIGITS = 10;
const RESPONSE_ID = /^resp_([0-9a-hjkmnp-tv-z]{26})([\w-]+)$/;

export interface MessageId {
  event_id: string;
  session_id: string;
}

/** What a message's id has beside its prefix: a ULID. */
export function ulidOf(event_id: string): string {
  return event_id.slice(EVENT_PREFIX.length);
}

export function responseId({ event_id, session_id }: MessageId): string {
  return `resp_${ulidOf(event_id)}${Buffer.from(session_id).toString('base64url')}`;
}

/** Undefined: it is none of ours. */
export function messageOf(response_id: string): MessageId | undefined {
  const [, ulid, session] = RESPONSE_ID.exec(response_id) ?? [];
  if (ulid === undefined || session === undefined) return undefined;
  const session_id = Buffer.from(session, 'base64url').toString();
  return SESSION_ID.test(session_id) ? { event_id: `${EVENT_PREFIX}${ulid}`, session_id } : undefined;
}

/** When the message was accepted (s UTC). */
export function createdAt(event_id: string): number {
  const digits = ulidOf(event_id).slice(0, TIME_DIGITS);
  return Math.floor([...digits].reduce((sum, digit) => sum * DIGITS.length + DIGITS.indexOf(digit), 0) / 1000);
}
