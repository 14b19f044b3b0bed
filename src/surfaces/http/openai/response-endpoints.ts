/** `/v1/responses` */
import { validate } from '#generated/responses-request-validator.js';
import { RuntimeError } from '../../../contract/errors.ts';
import type { EventStatus, Host } from '../../../contract/host.ts';
import type { ResponsesRequest } from '../../../contract/openai-api.ts';
import { ProblemWith, send } from '../answer.ts';
import { checked, sessionNamed } from './accept.ts';
import { readConversation } from './conversation.ts';
import { refused } from './errors.ts';
import {
  acceptFor, type Exchange, type ExchangePorts, modelIn, noteIgnored, noticeOf, readRequest, settledFor, streamTurn,
} from './exchange.ts'; // prettier-ignore
import { knownModel } from './model-endpoints.ts';
import { checkParameters, RESPONSES_PARAMETERS } from './parameters.ts';
import { type MessageId, messageOf, responseId } from './response-id.ts';
import { type Echo, itemsOf, responseOf, responsesFormat } from './responses.ts';

/** What is stopped has so long to end. */
const STOP_WAIT_MS = 10_000;
const NOT_IN_QUERY = ['stream', 'include', 'include[]', 'starting_after'];

export async function createResponse(ports: ExchangePorts, exchange: Exchange): Promise<void> {
  const { host } = exchange;
  const body = await readRequest(exchange, validate);
  noteIgnored(exchange, checkParameters(body, RESPONSES_PARAMETERS));
  const model = body.model == null ? undefined : knownModel(ports, body.model);
  const message = await acceptFor(ports, exchange, {
    conversation: readConversation(itemsOf(body), 'input'),
    session_id: await sessionContinued(exchange, body),
    model,
    content: ['responses', body],
    stream: body.stream === true,
  });
  const name = model ?? (await modelIn(ports, host, message.session_id));
  if (message.watch) {
    return streamTurn(ports, exchange, message, message.watch, responsesFormat(message, name, body));
  }
  const settled = body.background === true ? undefined : await settledFor(ports, exchange, message);
  await sendResponse(ports, exchange, message, { name, echo: body, ...(settled && { status: settled }) });
}

export async function readResponse(ports: ExchangePorts, exchange: Exchange): Promise<void> {
  const { request, id } = exchange;
  const query = new URLSearchParams(request.url!.split('?')[1] ?? '');
  const asked = NOT_IN_QUERY.find((name) => (query.get(name) ?? 'false') !== 'false');
  if (asked !== undefined) throw refused(asked, `\`${asked}\` is not supported here.`);
  await sendResponse(ports, exchange, messageNamed(id));
}

export async function cancelResponse(ports: ExchangePorts, exchange: Exchange): Promise<void> {
  const { host, id, left } = exchange;
  const message = messageNamed(id);
  const { event_id, session_id } = message;
  const { status } = await statusNow(host, message);
  if (status !== 'done' && status !== 'dead') {
    await host.stop(session_id, event_id).catch((error: unknown) => {
      // It may have ended by itself since.
      if (!(error instanceof RuntimeError) || error.code !== 'not_found') throw error;
    });
    await ports.longPoll.settled(event_id, STOP_WAIT_MS, left);
  }
  await sendResponse(ports, exchange, message);
}

/** The session of a request that goes on with one. @throws ProblemWith */
async function sessionContinued(
  { host, request }: Exchange,
  { previous_response_id, conversation, metadata }: ResponsesRequest,
): Promise<string | undefined> {
  if (previous_response_id != null && conversation != null) {
    throw refused('conversation', '`previous_response_id` and `conversation` name two sessions.', 'invalid_request');
  }
  if (conversation != null) {
    return checked(typeof conversation === 'string' ? conversation : conversation.id, 'conversation');
  }
  if (previous_response_id == null) return sessionNamed(request, metadata);
  const previous = messageOf(previous_response_id);
  if (previous && (await host.session(previous.session_id)).status !== 'absent') return previous.session_id;
  throw notFound(previous_response_id, 'previous_response_id', 'previous_response_not_found');
}

/** What isn't given is looked up. */
async function sendResponse(
  ports: ExchangePorts,
  { host, response }: Exchange,
  message: MessageId,
  given: { name?: string; echo?: Echo; status?: EventStatus } = {},
): Promise<void> {
  const status = given.status ?? (await statusNow(host, message));
  const name = given.name ?? (await modelIn(ports, host, message.session_id));
  const notice = await noticeOf(ports, status);
  send(response, { status: 200, body: responseOf(message, name, given.echo ?? {}, status, { notice }) });
}

async function statusNow(host: Host, message: MessageId): Promise<EventStatus> {
  return host.event(message.event_id).catch((error: unknown) => {
    if (!(error instanceof RuntimeError) || error.code !== 'not_found') throw error;
    throw notFound(responseId(message), 'id', 'not_found');
  });
}

/** @throws ProblemWith */
function messageNamed(response_id: string): MessageId {
  const message = messageOf(response_id);
  if (message) return message;
  throw notFound(response_id, 'id', 'not_found');
}

function notFound(id: string, param: string, code: string): ProblemWith {
  const next = 'Its session may have been removed.';
  const error = new RuntimeError('not_found', `There is no response \`${id.slice(0, 300)}\`.`, { next });
  return new ProblemWith(error, { body: { param, code } });
}
