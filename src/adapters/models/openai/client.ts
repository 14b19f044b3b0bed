/** Models behind the OpenAI API, through its official SDK; loaded only when such a model is asked. */
import { OpenAI } from 'openai';
import type { Stream } from 'openai/core/streaming';
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { version } from '#generated/version.js';
import type { Clock } from '../../../base/clock.ts';
import type { ModelAnswer, ModelRequest } from '../../../contract/messages.ts';
import type { ModelClient } from '../../../contract/ports.ts';
import type { Usage } from '../../../contract/values.ts';
import { estimateTokens, requestCharacters } from '../estimate.ts';
import { abortFault, failureOf, ModelFault } from '../fault.ts';
import { DEFAULT_REQUEST_TIMEOUT_MS, type ModelSettings } from '../settings.ts';
import type { Routes } from './agents.ts';
import { bodyText, createItemsText } from './body.ts';
import { chatFields, chatMessage, readChat } from './chat.ts';
import { createDraft, type Draft, type Finished, type Reader, replyFields } from './draft.ts';
import { type Endpoint, endpointOf } from './endpoint.ts';
import { toFault } from './errors.ts';
import type { ReplyBody } from './reply-body.ts';
import { readResponses, responsesFields, responsesItems } from './responses.ts';
import { createTransport } from './transport.ts';

export interface OpenaiOptions {
  clock: Clock;
  /** Connections, shared by all models. */
  routes: Routes;
  organization?: string | undefined;
  project?: string | undefined;
}

const CONNECT_TIMEOUT_MS = 30_000;

/** Some servers keep the connection open after the end of a reply; then it is closed from here. */
const LINGER_MS = 1000;

/** Why the SDK is to let go of a request. Without a reason each time an error is made, with its stack. */
const DONE = 'the exchange is over';

/** @param settings With the key, where the endpoint wants one. */
export function createOpenaiClient(settings: ModelSettings, options: OpenaiOptions): ModelClient {
  const endpoint = endpointOf(settings);
  const sdk = createSdk(settings, endpoint, options);
  const isChat = settings.wire === 'chat';
  const itemsText = createItemsText((message) => (isChat ? [chatMessage(message)] : responsesItems(message, endpoint)));
  // Not by the SDK's methods for each resource: they take values, and write them anew each time.
  const post = <Event>(path: string, body: string, signal: AbortSignal) =>
    sdk
      .post<Stream<Event>>(path, { body, headers: { 'content-type': 'application/json' }, stream: true, signal })
      .withResponse();
  return {
    async ask(request, { signal, onDelta }) {
      const draft = createDraft(onDelta);
      const conversation = { settings, endpoint, request, draft, signal, clock: options.clock };
      const items = itemsText(request.messages);
      if (isChat) {
        const instructions = { role: 'system', content: request.instructions };
        const body = bodyText(chatFields(request, endpoint), 'messages', [instructions], items);
        const send = (cut: AbortSignal) => post<ChatCompletionChunk>('/chat/completions', body, cut);
        return converse({ reader: readChat(draft), send }, conversation);
      }
      const body = bodyText(responsesFields(request, endpoint), 'input', [], items);
      const send = (cut: AbortSignal) => post<ResponseStreamEvent>('/responses', body, cut);
      return converse({ reader: readResponses(draft, endpoint), send }, conversation);
    },
  };
}

/** All that the SDK would otherwise look for in the environment is given, if only as null. */
function createSdk(settings: ModelSettings, endpoint: Endpoint, options: OpenaiOptions): OpenAI {
  const idleTimeoutMs = settings.request_timeout_ms ?? DEFAULT_REQUEST_TIMEOUT_MS;
  const connectTimeoutMs = Math.min(CONNECT_TIMEOUT_MS, idleTimeoutMs);
  const transport = createTransport({ clock: options.clock, routes: options.routes, connectTimeoutMs, idleTimeoutMs });
  return new OpenAI({
    baseURL: endpoint.baseUrl,
    apiKey: settings.api_key ?? 'none',
    defaultHeaders: {
      'User-Agent': `runtime/${version}`,
      ...(settings.api_key === undefined && { Authorization: null }),
    },
    adminAPIKey: null,
    organization: (endpoint.official && options.organization) || null,
    project: (endpoint.official && options.project) || null,
    webhookSecret: null,
    maxRetries: 0, // attempts are the kernel's, each in the journal
    timeout: 2 * (connectTimeoutMs + idleTimeoutMs), // the transport's own come first
    logLevel: 'off',
    fetch: transport as unknown as typeof fetch,
  });
}

/** A request about to be sent, and who reads its reply. */
interface Exchange<Event> {
  reader: Reader<Event>;
  send(
    cut: AbortSignal,
  ): Promise<{ data: AsyncIterable<Event>; response: { body: unknown }; request_id: string | null }>;
}

interface Conversation {
  settings: ModelSettings;
  endpoint: Endpoint;
  request: ModelRequest;
  draft: Draft;
  signal: AbortSignal;
  clock: Clock;
}

async function converse<Event>(exchange: Exchange<Event>, conversation: Conversation): Promise<ModelAnswer> {
  const { settings, endpoint, request, draft, signal, clock } = conversation;
  const { reader } = exchange;
  try {
    if (signal.aborted) throw abortFault();
    const { body, requestId } = await receive(exchange, signal, clock);
    const finished = reader.finish();
    return {
      ok: true,
      ...replyFields(finished),
      usage: reader.usage() ?? estimatedUsage(request, finished),
      model_served: finished.model ?? request.model,
      ...(requestId !== null && { provider_request_id: requestId }),
      wire_hash: body.hash(),
    };
  } catch (thrown) {
    const context = { provider: endpoint.label, apiKey: settings.api_key, now: clock.now() };
    const fault = signal.aborted ? abortFault() : toFault(thrown, context);
    return failureOf(fault, { usage: reader.usage(), partial: draft.text('text') });
  }
}

/** Sends and reads to the end. @throws what the SDK, the transport or the reader throws */
async function receive<Event>({ reader, send }: Exchange<Event>, signal: AbortSignal, clock: Clock) {
  const cut = new AbortController();
  const abort = (): void => cut.abort();
  signal.addEventListener('abort', abort);
  let lingering: (() => void) | undefined;
  let events = 0;
  try {
    const { data, response, request_id: requestId } = await send(cut.signal);
    const body = response.body as ReplyBody;
    try {
      for await (const event of data) {
        events++;
        reader.take(event);
        if (reader.settled()) lingering ??= clock.at(clock.now() + LINGER_MS, abort);
      }
    } catch (thrown) {
      if (!reader.settled() || !isLoss(thrown)) throw thrown;
    }
    if (signal.aborted) throw abortFault(); // the SDK's stream just ends then
    if (!reader.ended()) throw unfinished(events, body.head());
    return { body, requestId };
  } finally {
    lingering?.();
    signal.removeEventListener('abort', abort);
    cut.abort(DONE);
  }
}

/** The connection's failing, which a reply that has come whole needn't care about. */
function isLoss(thrown: unknown): boolean {
  return thrown instanceof ModelFault && (thrown.class === 'network' || thrown.class === 'timeout');
}

function unfinished(events: number, head: string): ModelFault {
  if (events > 0 || head === '')
    return new ModelFault('network', 'stream_cut', 'the reply ended before it was complete');
  return new ModelFault('malformed', 'not_a_stream', `the reply is no stream of events; it begins: ${head}`);
}

/** For servers that don't count: budgets must not take their replies for free. */
function estimatedUsage(request: ModelRequest, { parts, calls }: Finished): Usage {
  let characters = 0;
  for (const part of parts) characters += ('text' in part && part.text?.length) || 0;
  for (const call of calls) characters += call.name.length + call.arguments_raw.length;
  return {
    input: estimateTokens(requestCharacters(request)),
    output: estimateTokens(characters),
    cached: 0,
    reasoning: 0,
  };
}
