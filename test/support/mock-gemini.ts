/** Google's Gemini API on the loopback: its stream of events, and requests refused as it refuses them. */
import { argumentsOf, type MockReply, pieces, stopOf, textOf, usageOf } from './mock-reply.ts';
import { refuseGemini } from './mock-gemini-rules.ts';
import { type MockOptions, type MockService, startMockService } from './mock-service.ts';

export function startMockGemini(options: MockOptions = {}): Promise<MockService> {
  return startMockService(
    {
      base: '',
      idHeader: 'x-request-id',
      refuse: refuseGemini,
      events: ({ path }, reply) => geminiEvents(path, reply),
      error: (status) => ({ error: { code: status, message: `mock ${status}`, status: STATUS[status] ?? 'INTERNAL' } }),
    },
    options,
  );
}

/** https://ai.google.dev/gemini-api/docs/troubleshooting */
const STATUS: Record<number, string> = {
  400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL', 503: 'UNAVAILABLE', 504: 'DEADLINE_EXCEEDED',
}; // prettier-ignore

/** Server-sent events. Calls come whole, and those without an id have none; lines end as Google ends them. */
export function geminiEvents(path: string, reply: MockReply): string[] {
  const modelVersion = `${/models\/([^:]+):/.exec(path)?.[1] ?? 'mock'}-2026`;
  const { input, output, cached, reasoning } = usageOf(reply);
  const seal = reply.seal ?? 'sealed';
  const signed = seal === '' || reply.reasoning === undefined ? {} : { thoughtSignature: seal };
  const event = (parts: object[] | undefined, more: object = {}, top: object = {}): string => {
    const candidate = { ...(parts && { content: { role: 'model', parts } }), index: 0, ...more };
    return data({ candidates: [candidate], modelVersion, responseId: 'resp_mock', ...top });
  };
  const calls = (reply.calls ?? []).map((call, index) => ({
    functionCall: { ...(call.id && { id: call.id }), name: call.name, args: argumentsIn(argumentsOf(call)) },
    ...(index === 0 && signed),
  }));
  const finish = { end: 'STOP', tool_calls: 'STOP', length: 'MAX_TOKENS', refused: 'SAFETY' }[stopOf(reply)];
  const said = [...pieces(textOf(reply), reply.chunks), ...pieces(reply.refusal ?? '', reply.chunks)];
  const usageMetadata = {
    promptTokenCount: input,
    cachedContentTokenCount: cached,
    candidatesTokenCount: output - reasoning,
    thoughtsTokenCount: reasoning,
    totalTokenCount: input + output,
  };
  return [
    ...pieces(reply.reasoning ?? '', reply.chunks).map((text) => event([{ text, thought: true }])),
    ...said.map((text) => event([{ text }])),
    ...calls.map((call) => event([call])),
    ...(reply.extraEvents ?? []).map(data),
    event(
      said.length > 0 && calls.length === 0 ? [{ text: '', ...signed }] : undefined,
      { finishReason: reply.finish ?? finish },
      reply.usage === null ? {} : { usageMetadata },
    ),
  ];
}

/** What is no object can't be said in this format. */
function argumentsIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function data(value: object): string {
  return `data: ${JSON.stringify(value)}\r\n\r\n`;
}
