/** How a request becomes a message of a session: once, however often a client repeats it. */
import type { IncomingMessage } from 'node:http';
import type { Ids } from '../../../base/ids.ts';
import { sha256 } from '../../../base/digest.ts';
import type { EntryData } from '../../../contract/entries.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { Host, Submission } from '../../../contract/host.ts';
import { SESSION_ID } from '../../../contract/session-id.ts';
import type { ReadEntries } from '../event-streams.ts';
import { type Conversation, isQuote, partsOf, quotedInstructions } from './conversation.ts';
import { refused } from './errors.ts';
import type { LostAnswers } from './lost-answers.ts';
import type { MessageId } from './response-id.ts';
import { type TurnWatch, watchTurn } from './turn-watch.ts';

export interface AcceptPorts {
  host: Host;
  entries: ReadEntries;
  ids: Ids;
  lost: LostAnswers;
}

export interface Wanted {
  conversation: Conversation;
  /** Undefined: a new session. */
  session_id: string | undefined;
  model: string | undefined;
  /** All that makes it another request than others: its path and body. */
  content: unknown;
  /** Is the turn to be watched? */
  stream: boolean;
}

export interface AcceptedMessage extends MessageId {
  /** What the session is told of since right before the message. To be closed. */
  watch: TurnWatch | undefined;
  /** Of the request, without the number of its repetition. */
  request: string;
}

/** @throws what the host does */
export async function accept(
  ports: AcceptPorts,
  { headers }: IncomingMessage,
  wanted: Wanted,
): Promise<AcceptedMessage> {
  const { host, ids, lost } = ports;
  const who = headers.authorization ?? '';
  const request = sha256(JSON.stringify([who, headers['x-session-id'], wanted.content]));
  const key = headerOf(headers, 'idempotency-key', 256);
  const watchFrom = async (session_id: string): Promise<TurnWatch | undefined> =>
    wanted.stream ? watchTurn(host, session_id, (await host.session(session_id)).seq) : undefined;
  if (key === undefined && Number(headers['x-stainless-retry-count'] ?? 0) > 0) {
    const message = lost.take(request);
    if (message) return { ...message, request, watch: await watchFrom(message.session_id) };
  }
  // A repeated key must find the session that was made for it.
  const made = key === undefined ? ids.ulid() : sha256(JSON.stringify([who, key])).slice(0, 26);
  const session_id = wanted.session_id ?? `s-${made}`;
  const isNew = wanted.session_id === undefined && key === undefined;
  const watch = await watchFrom(session_id);
  const { conversation, model } = wanted;
  const message: Omit<Submission, 'parts'> = {
    session_id,
    source: 'openai',
    ...(model !== undefined && { model }),
    ...(key !== undefined && { idempotency_key: key }),
  };
  try {
    const { event_id } = await submit(ports, message, conversation, isNew);
    return { event_id, session_id, request, watch };
  } catch (error) {
    watch?.close();
    if (key === undefined) lost.add(request, undefined);
    throw error;
  }
}

/** Names the session of a request: by header, else as the request's own parameters do. @throws ProblemWith */
export function sessionNamed(
  { headers }: IncomingMessage,
  metadata: Record<string, string> | null | undefined,
): string | undefined {
  const header = headerOf(headers, 'x-session-id', 128);
  if (header !== undefined) return checked(header, 'x-session-id');
  const named = metadata?.['session_id'];
  return named === undefined ? undefined : checked(named, 'metadata.session_id');
}

/** @throws ProblemWith */
export function checked(session_id: string, param: string): string {
  if (SESSION_ID.test(session_id)) return session_id;
  const { message, next } = new RuntimeError('invalid_id', `\`${param}\` is no session id.`);
  throw refused(param, `${message} ${next}`, 'invalid_id');
}

/** What a session holds already isn't said again. */
async function submit(
  { host, entries }: AcceptPorts,
  message: Omit<Submission, 'parts'>,
  conversation: Conversation,
  isNew: boolean,
): ReturnType<Host['submit']> {
  const first = { ...message, parts: partsOf(conversation, { instructions: true, earlier: true }) };
  const began = isNew ? undefined : await beginning(entries, message.session_id!);
  if (began === undefined) return host.submit(first);
  const instructions = !isQuote(quotedInstructions(conversation), began.parts[0]);
  const further = { ...message, parts: partsOf(conversation, { instructions, earlier: false }) };
  try {
    return await host.submit(further);
  } catch (error) {
    // The key may be of the session's first message, which said more.
    if (!(error instanceof RuntimeError) || error.code !== 'idempotency_key_reused') throw error;
    return host.submit(first);
  }
}

/** Messages stand near the beginning of a journal. */
const LOOK_AT = 8;

/** A session's first message. */
async function beginning(entries: ReadEntries, session_id: string): Promise<EntryData<'input.received'> | undefined> {
  const page = await entries(session_id, 0, LOOK_AT).catch((error: unknown) => {
    if (error instanceof RuntimeError && error.code === 'not_found') return undefined;
    throw error;
  });
  const found = page?.entries.find(({ type }) => type === 'input.received');
  return found?.data as EntryData<'input.received'> | undefined;
}

function headerOf(headers: IncomingMessage['headers'], name: string, most: number): string | undefined {
  const value = headers[name]?.toString();
  if (value === undefined || value === '') return undefined;
  if (value.length <= most) return value;
  throw refused(name, `The header \`${name}\` is longer than ${most} characters.`, 'invalid_request');
}
