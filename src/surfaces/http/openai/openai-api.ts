/**
 * Endpoints in the shapes of OpenAI's API, so that its clients are clients of ours. Each request is a message to a session
 * of the host: what is done with it, and what may be, is decided there.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { validate as validateChat } from '#generated/chat-request-validator.js';
import { validate as validateResponses } from '#generated/responses-request-validator.js';
import type { Clock } from '../../../base/clock.ts';
import type { Ids } from '../../../base/ids.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { EventStatus, Host } from '../../../contract/host.ts';
import type { ResponsesRequest } from '../../../contract/openai-api.ts';
import { ProblemWith, send } from '../answer.ts';
import type { ApiOptions } from '../api.ts';
import { createLongPoll } from '../long-poll.ts';
import { readBody, type Validate } from '../read-body.ts';
import { accept, type AcceptedMessage, checked, sessionNamed, type Wanted } from './accept.ts';
import { chatFormat, completionOf, sessionOfUser } from './chat.ts';
import { readConversation } from './conversation.ts';
import { failureOf, refused, sendFailure, turnFailure, unsettled } from './errors.ts';
import { createLostAnswers } from './lost-answers.ts';
import { CHAT_PARAMETERS, checkParameters, RESPONSES_PARAMETERS } from './parameters.ts';
import { type MessageId, messageOf, responseId } from './response-id.ts';
import { type Echo, itemsOf, responseOf, responsesFormat } from './responses.ts';
import { tellTurn, type TurnFormat } from './turn-format.ts';
import { waitingNotice } from './waiting.ts';

export interface OpenaiOptions extends Pick<ApiOptions, 'entries' | 'approval' | 'authorize'> {
  clock: Clock;
  ids: Ids;
  /** Names of the models that may be asked for; the first answers where none is named. */
  models: () => string[];
}

export interface OpenaiApi {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** From now on every request is refused, and nobody waits any longer. */
  close(): void;
}

/** Nobody waits longer than this for a turn. */
const LONGEST_WAIT_MS = 60 * 60 * 1000;
/** What is stopped has so long to end. */
const STOP_WAIT_MS = 10_000;

interface Call {
  host: Host;
  request: IncomingMessage;
  response: ServerResponse;
  /** Of the path; '' where it has none. */
  id: string;
  /** Resolves when the caller has left. */
  left: Promise<void>;
}

type Handle = (call: Call) => Promise<void>;

/** `host`: for what only reads. */
export function createOpenaiApi(host: Host, options: OpenaiOptions): OpenaiApi {
  const { clock, ids, entries, approval, authorize, models } = options;
  const longPoll = createLongPoll(host, clock);
  const lost = createLostAnswers(clock);
  let closed = false;

  const ROUTES: [pattern: RegExp, methods: Record<string, Handle>][] = [
    [/^\/v1\/models$/, { GET: listModels }],
    [/^\/v1\/models\/(.+)$/, { GET: readModel }],
    [/^\/v1\/chat\/completions$/, { POST: chat }],
    [/^\/v1\/responses$/, { POST: createResponse }],
    [/^\/v1\/responses\/([^/]+)$/, { GET: readResponse }],
    [/^\/v1\/responses\/([^/]+)\/cancel$/, { POST: cancelResponse }],
  ];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await authorize(request);
    if (closed) throw new RuntimeError('shutting_down', 'The program is about to end.');
    const [path = ''] = (request.url ?? '').split('?', 1);
    const [methods, id] = routeOf(path);
    const handle = methods[request.method ?? ''];
    if (handle === undefined) {
      const error = new RuntimeError('method_not_allowed', `${request.method} is not possible here.`);
      throw new ProblemWith(error, { headers: { allow: Object.keys(methods).join(', ') } });
    }
    const left = new Promise<void>((resolve) => response.once('close', resolve));
    await handle({ host: asked, request, response, id, left });
  }

  function routeOf(path: string): [Record<string, Handle>, string] {
    for (const [pattern, methods] of ROUTES) {
      const [found, id = ''] = pattern.exec(path) ?? [];
      if (found !== undefined) return [methods, decoded(id)];
    }
    throw new RuntimeError('not_found', `There is nothing at ${path.slice(0, 200)}.`);
  }

  async function listModels({ response }: Call): Promise<void> {
    send(response, { status: 200, body: { object: 'list', data: models().map(modelOf) } });
  }

  async function readModel({ response, id }: Call): Promise<void> {
    send(response, { status: 200, body: modelOf(known(id)) });
  }

  /** @throws ProblemWith, when nobody has configured it */
  function known(model: string): string {
    if (models().includes(model)) return model;
    const error = new RuntimeError('not_found', `The model \`${model.slice(0, 200)}\` does not exist.`, {
      next: 'GET /v1/models lists those that there are.',
    });
    throw new ProblemWith(error, { body: { param: 'model', code: 'model_not_found' } });
  }

  async function chat(call: Call): Promise<void> {
    const { request, response } = call;
    const body = await read(request, validateChat);
    noteIgnored(response, checkParameters(body, CHAT_PARAMETERS));
    const model = body.model == null ? undefined : known(body.model);
    const message = await acceptFor(call, {
      conversation: readConversation(body.messages, 'messages'),
      session_id: sessionNamed(request, body.metadata) ?? sessionOfUser(body),
      model,
      content: ['chat', body],
    });
    const name = model ?? (await modelOfSession(call.host, message));
    if (body.stream === true) {
      return stream(call, message, chatFormat(message, name, body.stream_options?.include_usage === true));
    }
    const status = await settled(call, message);
    if (status === undefined) return sendFailure(request, response, unsettled(message.event_id));
    const completion = completionOf(message, name, status, await noticeOf(status));
    if (completion === undefined) return sendFailure(request, response, turnFailure(status));
    send(response, { status: 200, body: completion });
  }

  async function createResponse(call: Call): Promise<void> {
    const { request, response } = call;
    const body = await read(request, validateResponses);
    noteIgnored(response, checkParameters(body, RESPONSES_PARAMETERS));
    const model = body.model == null ? undefined : known(body.model);
    const message = await acceptFor(call, {
      conversation: readConversation(itemsOf(body), 'input'),
      session_id: await sessionContinued(call, body),
      model,
      content: ['responses', body],
    });
    const name = model ?? (await modelOfSession(call.host, message));
    if (body.stream === true) return stream(call, message, responsesFormat(message, name, body));
    const status = body.background === true ? undefined : await settled(call, message);
    message.watch.close();
    await sendResponse(call, message, name, body, status);
  }

  /** The session of a request that goes on with one. @throws ProblemWith */
  async function sessionContinued(
    { host: asked, request }: Call,
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
    if (previous && (await asked.session(previous.session_id)).status !== 'absent') return previous.session_id;
    throw responseNotFound(previous_response_id, 'previous_response_id', 'previous_response_not_found');
  }

  async function readResponse(call: Call): Promise<void> {
    const { request, id } = call;
    const query = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
    for (const name of ['stream', 'include', 'include[]', 'starting_after']) {
      if (query.has(name) && query.get(name) !== 'false') throw refused(name, `\`${name}\` is not supported here.`);
    }
    const message = messageNamed(id);
    await sendResponse(call, message, await modelOfSession(call.host, message), {}, undefined);
  }

  async function cancelResponse(call: Call): Promise<void> {
    const { host: asked, id, left } = call;
    const message = messageNamed(id);
    const { event_id, session_id } = message;
    const before = await statusNow(asked, message);
    if (before.status !== 'done' && before.status !== 'dead') {
      await asked.stop(session_id, event_id).catch(ifOver);
      await longPoll.settled(event_id, STOP_WAIT_MS, left);
    }
    await sendResponse(call, message, await modelOfSession(asked, message), {}, undefined);
  }

  /** `status`: undefined, when it is to be looked up. */
  async function sendResponse(
    { host: asked, response }: Call,
    message: MessageId,
    model: string,
    echo: Echo,
    status: EventStatus | undefined,
  ): Promise<void> {
    const standing = status ?? (await statusNow(asked, message));
    const notice = await noticeOf(standing);
    send(response, { status: 200, body: responseOf(message, model, echo, standing, { notice }) });
  }

  async function acceptFor({ host: asked, request, response, left }: Call, wanted: Wanted): Promise<AcceptedMessage> {
    const message = await accept({ host: asked, entries, ids, lost }, request, wanted);
    const { event_id, session_id } = message;
    response.setHeader('x-session-id', session_id);
    response.setHeader('x-event-id', event_id);
    void left.then(() => {
      message.watch.close();
      if (response.writableFinished) return;
      lost.add(message.request, { event_id, session_id });
      if (request.headers['x-stop-on-disconnect'] !== 'true') return;
      asked.stop(session_id, event_id).catch(() => {}); // nobody is left to be told
    });
    return message;
  }

  function settled({ left }: Call, { event_id }: MessageId): Promise<EventStatus | undefined> {
    return longPoll.settled(event_id, LONGEST_WAIT_MS, left);
  }

  async function stream(call: Call, message: AcceptedMessage, format: TurnFormat): Promise<void> {
    const events = message.watch.follow(message.event_id, settled(call, message));
    await tellTurn(call.response, clock, events, format, noticeOf);
  }

  async function noticeOf(status: EventStatus | undefined): Promise<string | undefined> {
    return status?.status === 'waiting_approval' ? waitingNotice(status.approvals, approval) : undefined;
  }

  async function modelOfSession(asked: Host, { session_id }: MessageId): Promise<string> {
    return (await asked.session(session_id)).model ?? models()[0]!;
  }

  return {
    handle(request, response) {
      response.setHeader('x-request-id', `r-${ids.ulid()}`);
      // Whoever waits for the connection sees its end; unheard, an error would end the program.
      request.on('error', () => {});
      response.on('error', () => {});
      answer(request, response).catch((error: unknown) => {
        if (response.headersSent) response.destroy();
        else sendFailure(request, response, failureOf(error));
      });
    },
    close() {
      closed = true;
      longPoll.close();
    },
  };
}

/** What is wrong with a body is told with the parameter that it is in. */
async function read<T>(request: IncomingMessage, validate: Validate<T>): Promise<T> {
  try {
    return await readBody(request, validate);
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code !== 'invalid_request') throw error;
    const [first] = validate.errors ?? [];
    const [, param = first?.params['missingProperty'] ?? null] = first?.instancePath.split('/') ?? [];
    throw new ProblemWith(error, { body: { param } });
  }
}

function noteIgnored(response: ServerResponse, names: string[]): void {
  if (names.length > 0) response.setHeader('x-ignored-parameters', names.join(', '));
}

function modelOf(id: string): object {
  return { id, object: 'model', created: 0, owned_by: 'runtime' };
}

/** @throws ProblemWith */
function messageNamed(response_id: string): MessageId {
  const message = messageOf(response_id);
  if (message) return message;
  throw responseNotFound(response_id, 'id', 'not_found');
}

async function statusNow(host: Host, message: MessageId): Promise<EventStatus> {
  return host.event(message.event_id).catch((error: unknown) => {
    if (!(error instanceof RuntimeError) || error.code !== 'not_found') throw error;
    throw responseNotFound(responseId(message), 'id', 'not_found');
  });
}

function responseNotFound(id: string, param: string, code: string): ProblemWith {
  const next = 'Its session may have been removed.';
  const error = new RuntimeError('not_found', `There is no response \`${id.slice(0, 300)}\`.`, { next });
  return new ProblemWith(error, { body: { param, code } });
}

/** Nothing is left to be stopped. */
function ifOver(error: unknown): void {
  if (!(error instanceof RuntimeError) || error.code !== 'not_found') throw error;
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    throw new RuntimeError('invalid_request', 'The path is not valid.');
  }
}
