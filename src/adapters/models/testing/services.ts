/** Every provider and wire format with its mock service, so that one suite can be held against all of them. */
import { onTestFinished } from 'vitest';
import { anthropicEvents, startMockAnthropic } from '../../../../test/support/mock-anthropic.ts';
import { geminiEvents, startMockGemini } from '../../../../test/support/mock-gemini.ts';
import { startMockOpenai } from '../../../../test/support/mock-openai.ts';
import { chatEvents, responsesEvents } from '../../../../test/support/mock-openai-events.ts';
import type { MockReply } from '../../../../test/support/mock-reply.ts';
import type { MockService } from '../../../../test/support/mock-service.ts';
import { askModel, modelRequest } from '../../../../test/support/model-request.ts';
import { systemClock } from '../../../base/clock.ts';
import type { ModelAnswer, ModelRequest } from '../../../contract/messages.ts';
import type { ModelClient } from '../../../contract/ports.ts';
import type { Wire } from '../../../contract/providers.ts';
import { createModelClient } from '../router.ts';
import type { ModelSettings } from '../settings.ts';

export interface Service {
  /** In titles of tests. */
  name: string;
  provider: string;
  wire?: Wire;
  start(options: { replies: MockReply[] }): Promise<MockService>;
  /** Events before the first piece of a text. */
  before: number;
  /** The events of a reply, as they go over the wire. */
  events(reply: MockReply): string[];
  /** A piece of a reply's text, as an event. */
  piece(text: string): string;
  /** An error body as the service writes it. */
  failure(kind: { type: string; status: string; code: string }, code: number, message: string): object;
  /** An error among the events. */
  streamedFailure(message: string): string;
  /** Calls come in pieces, as the model wrote them; else whole, and parsed. */
  rawArguments: boolean;
  /** Reasoning comes sealed, and goes back. */
  seals: boolean;
}

const MODEL = { model: 'mock' };

const openai = (provider: string, wire: Wire, name = `${provider}, ${wire}`): Service => ({
  name,
  provider,
  wire,
  start: startMockOpenai,
  before: wire === 'chat' ? 1 : 2,
  events: (reply) => (wire === 'chat' ? chatEvents(MODEL, reply) : responsesEvents(MODEL, reply)),
  piece: (text) =>
    wire === 'chat'
      ? data({ choices: [{ index: 0, delta: { content: text } }] })
      : `event: response.output_text.delta\n${data({ type: 'response.output_text.delta', delta: text })}`,
  failure: ({ code }, _number, message) => ({ error: { message, code, type: 'error' } }),
  streamedFailure: (message) => `event: error\n${data({ error: { message, code: 'server_error' } })}`,
  rawArguments: true,
  seals: wire === 'responses',
});

const anthropic: Service = {
  name: 'anthropic',
  provider: 'anthropic',
  start: startMockAnthropic,
  before: 3,
  events: (reply) => anthropicEvents(MODEL, reply),
  piece: (text) => named('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
  failure: ({ type }, _number, message) => ({ type: 'error', error: { type, message }, request_id: 'req_1' }),
  streamedFailure: (message) => named('error', { error: { type: 'overloaded_error', message } }),
  rawArguments: true,
  seals: true,
};

const gemini: Service = {
  name: 'gemini',
  provider: 'gemini',
  start: startMockGemini,
  before: 0,
  events: (reply) => geminiEvents('/v1beta/models/mock:streamGenerateContent', reply),
  piece: (text) => data({ candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0 }] }),
  failure: ({ status }, code, message) => ({ error: { code, message, status } }),
  streamedFailure: (message) => data({ error: { code: 503, message, status: 'UNAVAILABLE' } }),
  rawArguments: false,
  seals: true,
};

export const SERVICES: Service[] = [
  openai('openai', 'responses'),
  openai('openai', 'chat'),
  anthropic,
  gemini,
  openai('zai', 'chat', 'zai'),
  openai('ollama', 'chat', 'ollama'),
];

export const serviceNamed = (name: string): Service => SERVICES.find((service) => service.name === name)!;

export const KEY = 'sk-very-secret';

export interface Played {
  mock: MockService;
  client: ModelClient;
  ask(request?: ModelRequest, signal?: AbortSignal): Promise<ModelAnswer>;
}

/** A client of the service, which answers with these. */
export async function playing(
  { start, provider, wire }: Service,
  replies: MockReply[],
  different: Partial<ModelSettings> = {},
): Promise<Played> {
  const mock = await start({ replies });
  onTestFinished(() => mock.close());
  const settings = { name: 'm', provider, base_url: mock.url, api_key: KEY, ...(wire && { wire }), ...different };
  const client = createModelClient({ models: [settings], clock: systemClock, environment: {} });
  return {
    mock,
    client,
    ask: async (request = modelRequest(), signal?: AbortSignal) => (await askModel(client, request, signal)).answer,
  };
}

function data(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function named(type: string, fields: object): string {
  return `event: ${type}\n${data({ type, ...fields })}`;
}
