/** One request and its answer, and what the endpoints have in common: a message is accepted, and its turn is told. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../base/clock.ts';
import type { Ids } from '../../../base/ids.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { EventStatus, Host } from '../../../contract/host.ts';
import { ACTS, requireRole } from '../../../engine/principal.ts';
import type { ApiOptions, Asked } from '../api.ts';
import type { LongPoll } from '../long-poll.ts';
import { BODY_BYTES, readBody, type Validate } from '../read-body.ts';
import { ProblemWith } from '../answer.ts';
import { accept, type AcceptedMessage, type Wanted } from './accept.ts';
import type { LostAnswers } from './lost-answers.ts';
import type { MessageId } from './response-id.ts';
import { tellTurn, type TurnFormat } from './turn-format.ts';
import type { TurnWatch } from './turn-watch.ts';
import { waitingNotice } from './waiting.ts';

export interface ExchangePorts extends Pick<ApiOptions, 'entries' | 'approval'> {
  clock: Clock;
  ids: Ids;
  /** Names of the models that may be asked for; the first answers where none is named. */
  models: () => string[];
  longPoll: LongPoll;
  lost: LostAnswers;
}

export interface Exchange extends Asked {
  request: IncomingMessage;
  response: ServerResponse;
  /** Of the path; '' where it has none. */
  id: string;
  /** Resolves when the caller has left. */
  left: Promise<void>;
}

/** Nobody waits longer than this for a turn. */
const LONGEST_WAIT_MS = 60 * 60 * 1000;

/** What is wrong with a body is told with the parameter that it is in. @throws ProblemWith | RuntimeError role_not_allowed | caller_is_tool */
export async function readRequest<T>({ by, request }: Exchange, validate: Validate<T>): Promise<T> {
  requireRole(by, ACTS.submit);
  try {
    return await readBody(request, validate, BODY_BYTES);
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code !== 'invalid_request') throw error;
    const [first] = validate.errors ?? [];
    const [, param = first?.params['missingProperty'] ?? null] = first?.instancePath.split('/') ?? [];
    throw new ProblemWith(error, { body: { param } });
  }
}

export function noteIgnored({ response }: Exchange, names: readonly string[]): void {
  if (names.length > 0) response.setHeader('x-ignored-parameters', names.join(', '));
}

/** From here on the answer names the message. @throws what the host does */
export async function acceptFor(ports: ExchangePorts, exchange: Exchange, wanted: Wanted): Promise<AcceptedMessage> {
  const { host, request, response, left } = exchange;
  const message = await accept({ ...ports, host }, request, wanted);
  const { event_id, session_id } = message;
  response.setHeader('x-session-id', session_id);
  response.setHeader('x-event-id', event_id);
  void left.then(() => {
    message.watch?.close();
    if (response.writableFinished) return;
    ports.lost.add(message.request, { event_id, session_id });
    if (request.headers['x-stop-on-disconnect'] !== 'true') return;
    host.stop(session_id, event_id).catch(() => {}); // nobody is left to be told
  });
  return message;
}

/** The message that a request was accepted as, as its answer names it. */
export function acceptedAs({ response }: Pick<Exchange, 'response'>): string | undefined {
  return response.getHeader('x-event-id')?.toString();
}

/** Undefined: that isn't known in time, or before the program ends. */
export async function settledFor(
  { longPoll }: ExchangePorts,
  { left }: Exchange,
  { event_id }: MessageId,
): Promise<EventStatus | undefined> {
  try {
    return await longPoll.settled(event_id, LONGEST_WAIT_MS, left);
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'shutting_down') return undefined;
    throw error;
  }
}

export async function streamTurn(
  ports: ExchangePorts,
  exchange: Exchange,
  message: MessageId,
  watch: TurnWatch,
  format: TurnFormat,
): Promise<void> {
  const events = watch.follow(message.event_id, settledFor(ports, exchange, message));
  await tellTurn(exchange.response, ports.clock, events, format, (status) => noticeOf(ports, status));
}

/** What is said of a turn that waits. */
export async function noticeOf(
  { approval }: ExchangePorts,
  status: EventStatus | undefined,
): Promise<string | undefined> {
  return status?.status === 'waiting_approval' ? waitingNotice(status.approvals, approval) : undefined;
}

/** The model that answers in a session. */
export async function modelIn({ models }: ExchangePorts, host: Host, session_id: string): Promise<string> {
  return (await host.session(session_id)).model ?? models()[0]!;
}
