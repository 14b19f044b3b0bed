/** Models behind Anthropic's Messages API, through its official SDK; loaded only when such a model is asked. */
import { Anthropic } from '@anthropic-ai/sdk';
import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages';
import type { Stream } from '@anthropic-ai/sdk/streaming';
import { version } from '#generated/version.js';
import type { Clock } from '../../../base/clock.ts';
import type { ModelClient } from '../../../contract/ports.ts';
import { transportFor } from '../http/for-model.ts';
import type { Routes } from '../http/routes.ts';
import { converse } from '../reply/converse.ts';
import { createDraft } from '../reply/draft.ts';
import type { ModelSettings } from '../settings.ts';
import { endpointOf } from './endpoint.ts';
import { readMessages } from './reply.ts';
import { messagesRequest } from './request.ts';
import { readThrown } from './thrown.ts';

export interface AnthropicOptions {
  clock: Clock;
  /** Connections, shared by all models. */
  routes: Routes;
}

/** @param settings With the key. */
export function createAnthropicClient(settings: ModelSettings, options: AnthropicOptions): ModelClient {
  const { label, baseUrl, official, reasoner } = endpointOf(settings);
  const { api_key = 'none' } = settings;
  const { clock } = options;
  const { transport, patience, sdkTimeoutMs } = transportFor(settings, options);
  const sdk = new Anthropic({
    baseURL: baseUrl,
    apiKey: api_key,
    // The SDK sends the key as a bearer's; services that copied the API know its former header.
    defaultHeaders: { 'User-Agent': `runtime/${version}`, ...(!official && { 'X-Api-Key': api_key }) },
    webhookKey: null,
    maxRetries: 0, // attempts are the kernel's, each in the journal
    timeout: sdkTimeoutMs,
    logLevel: 'off',
    openTelemetry: false,
    fetch: transport as unknown as typeof fetch,
  });
  return {
    async ask(request, { signal, onDelta }) {
      const draft = createDraft(onDelta);
      const body = messagesRequest(request, reasoner);
      // The raw events: the SDK's helper for messages keeps a copy of the reply, made anew with each delta.
      const send = (cut: AbortSignal) =>
        sdk.post<Stream<RawMessageStreamEvent>>('/v1/messages', { body, stream: true, signal: cut }).withResponse();
      return converse(
        { reader: readMessages(draft, reasoner), send },
        { label, secret: () => settings.api_key, readThrown, request, draft, signal, clock, patience },
      );
    },
  };
}
