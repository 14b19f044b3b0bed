/** Models behind Google's Gemini API, through its official SDK; loaded only when such a model is asked. */
// The entry for browsers: that for Node loads Google's sign-in, web sockets and files, which nobody here needs.
import { GoogleGenAI } from '@google/genai/web';
import { version } from '#generated/version.js';
import type { Clock } from '../../../base/clock.ts';
import type { ModelClient } from '../../../contract/ports.ts';
import { transportFor } from '../http/for-model.ts';
import type { Routes } from '../http/routes.ts';
import { converse } from '../reply/converse.ts';
import { createDraft } from '../reply/draft.ts';
import type { ModelSettings } from '../settings.ts';
import { endpointOf } from './endpoint.ts';
import { readContents } from './reply.ts';
import { configOf, contentsOf } from './request.ts';
import { createSdkFetch } from './sdk-fetch.ts';
import { readThrown } from './thrown.ts';

export interface GeminiOptions {
  clock: Clock;
  /** Connections, shared by all models. */
  routes: Routes;
}

/** @param settings With the key. */
export function createGeminiClient(settings: ModelSettings, options: GeminiOptions): ModelClient {
  const { label, baseUrl, apiVersion, reasoner } = endpointOf(settings);
  const { clock } = options;
  const { transport, patience } = transportFor(settings, options);
  const sdk = new GoogleGenAI({
    apiKey: settings.api_key ?? 'none',
    // Without `retryOptions` it asks once: attempts are the kernel's, each in the journal.
    httpOptions: { baseUrl, apiVersion, headers: { 'User-Agent': `runtime/${version}` } },
  });
  return {
    async ask(request, { signal, onDelta }) {
      const draft = createDraft(onDelta);
      const { fetch, body } = createSdkFetch(transport);
      const send = async (abortSignal: AbortSignal) => {
        const config = { ...configOf(request), abortSignal, httpOptions: { fetch } };
        const contents = contentsOf(request, reasoner);
        const data = await sdk.models.generateContentStream({ model: request.model, contents, config });
        return { data, response: { body: body() } };
      };
      return converse(
        { reader: readContents(draft, reasoner), send },
        { label, secret: () => settings.api_key, readThrown, request, draft, signal, clock, patience },
      );
    },
  };
}
