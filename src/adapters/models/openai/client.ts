/** Models behind the OpenAI API, through its official SDK; loaded only when such a model is asked. */
import { OpenAI } from 'openai';
import type { Stream } from 'openai/core/streaming';
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { version } from '#generated/version.js';
import type { Clock } from '../../../base/clock.ts';
import type { ModelClient } from '../../../contract/ports.ts';
import { transportFor } from '../http/for-model.ts';
import type { Routes } from '../http/routes.ts';
import type { Transport } from '../http/transport.ts';
import type { Bearers } from '../../../contract/login.ts';
import { withLogin } from './with-login.ts';
import { converse } from '../reply/converse.ts';
import { createDraft } from '../reply/draft.ts';
import { bodyText, createItemsText } from '../reply/items-text.ts';
import type { ModelSettings } from '../settings.ts';
import { chatFields, chatInstructions, chatMessages, readChat } from './chat.ts';
import { type Endpoint, endpointOf } from './endpoint.ts';
import { readResponses, responsesFields, responsesItems } from './responses.ts';
import { readThrown } from './thrown.ts';

export interface OpenaiOptions {
  clock: Clock;
  /** Connections, shared by all models. */
  routes: Routes;
  organization?: string | undefined;
  project?: string | undefined;
  /** Asked by a login, not by a key. */
  login?: Bearers | undefined;
}

/** @param settings With the key, where the endpoint wants one. */
export function createOpenaiClient(settings: ModelSettings, options: OpenaiOptions): ModelClient {
  const endpoint = endpointOf(settings);
  const { patience, transport, sdkTimeoutMs } = transportFor(settings, options);
  const login = options.login && withLogin(transport, options.login);
  const sdk = createSdk(settings, endpoint, options, login?.send ?? transport, sdkTimeoutMs);
  const isChat = settings.wire !== 'responses';
  const itemsText = createItemsText((message) => (isChat ? chatMessages(message) : responsesItems(message, endpoint)));
  // Not by the SDK's methods for each resource: they take values, and write them anew each time.
  const post = <Event>(path: string, body: string, signal: AbortSignal) =>
    sdk
      .post<Stream<Event>>(path, { body, headers: { 'content-type': 'application/json' }, stream: true, signal })
      .withResponse();
  return {
    async ask(request, { signal, onDelta }) {
      const draft = createDraft(onDelta);
      const { clock } = options;
      const conversation = {
        label: endpoint.label,
        secret: () => settings.api_key ?? login?.lastToken(),
        readThrown,
        request,
        draft,
        signal,
        clock,
        patience,
      };
      const items = itemsText(request.messages);
      if (isChat) {
        const instructions = chatInstructions(request, endpoint);
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
function createSdk(
  { api_key }: ModelSettings,
  endpoint: Endpoint,
  options: OpenaiOptions,
  transport: Transport,
  sdkTimeoutMs: number,
): OpenAI {
  return new OpenAI({
    baseURL: endpoint.baseUrl,
    apiKey: api_key ?? 'none',
    defaultHeaders: {
      'User-Agent': `runtime/${version}`,
      ...((api_key === undefined || endpoint.azure) && { Authorization: null }),
      ...(api_key !== undefined && endpoint.azure && { 'api-key': api_key }),
    },
    adminAPIKey: null,
    organization: (endpoint.official && options.organization) || null,
    project: (endpoint.official && options.project) || null,
    webhookSecret: null,
    maxRetries: 0, // attempts are the kernel's, each in the journal
    timeout: sdkTimeoutMs,
    logLevel: 'off',
    fetch: transport as unknown as typeof fetch,
  });
}
