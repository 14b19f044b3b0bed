/** Anthropic's Messages API on the loopback: its stream of events, and requests refused as it refuses them. */
import { argumentsOf, callId, type MockReply, pieces, stopOf, textOf, usageOf } from './mock-reply.ts';
import { refuseAnthropic } from './mock-anthropic-rules.ts';
import { type MockOptions, type MockService, startMockService } from './mock-service.ts';

export function startMockAnthropic(options: MockOptions = {}): Promise<MockService> {
  return startMockService(
    {
      base: '',
      idHeader: 'request-id',
      refuse: refuseAnthropic,
      events: ({ body }, reply) => anthropicEvents(body, reply),
      error: (status) => ({
        type: 'error',
        error: { type: ERRORS[status] ?? 'api_error', message: `mock ${status}` },
        request_id: 'req_mock',
      }),
    },
    options,
  );
}

/** https://platform.claude.com/docs/en/api/errors */
const ERRORS: Record<number, string> = {
  400: 'invalid_request_error', 401: 'authentication_error', 402: 'billing_error', 403: 'permission_error',
  404: 'not_found_error', 413: 'request_too_large', 429: 'rate_limit_error', 504: 'timeout_error', 529: 'overloaded_error',
}; // prettier-ignore

/** Server-sent events; ping is one of them. */
export function anthropicEvents(body: unknown, reply: MockReply): string[] {
  const events: string[] = [];
  const emit = (type: string, fields: object = {}): void => {
    events.push(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  };
  const { input, output, cached, reasoning } = usageOf(reply);
  const { model = 'mock' } = (typeof body === 'object' && body ? body : {}) as { model?: string };
  const read = { cache_creation_input_tokens: 0, cache_read_input_tokens: cached };
  emit('message_start', {
    message: {
      id: 'msg_mock', type: 'message', role: 'assistant', model: `${model}-2026`, content: [],
      stop_reason: null, stop_sequence: null,
      ...(reply.usage !== null && { usage: { input_tokens: input - cached, output_tokens: 1, ...read } }),
    },
  }); // prettier-ignore
  let index = 0;
  const block = (start: object, deltas: object[]): void => {
    emit('content_block_start', { index, content_block: start });
    if (index === 0) emit('ping');
    for (const delta of deltas) emit('content_block_delta', { index, delta });
    emit('content_block_stop', { index });
    index++;
  };
  const text = (said: string): void =>
    block({ type: 'text', text: '' }, pieces(said, reply.chunks).map((piece) => ({ type: 'text_delta', text: piece }))); // prettier-ignore
  if (reply.redacted !== undefined) block({ type: 'redacted_thinking', data: reply.redacted }, []);
  if (reply.reasoning !== undefined) {
    const signature = reply.seal ?? 'sealed';
    block({ type: 'thinking', thinking: '', signature: '' }, [
      ...pieces(reply.reasoning, reply.chunks).map((thinking) => ({ type: 'thinking_delta', thinking })),
      ...(signature === '' ? [] : [{ type: 'signature_delta', signature }]),
    ]);
  }
  if (textOf(reply) !== '') text(textOf(reply));
  if (reply.refusal !== undefined) text(reply.refusal);
  for (const [number, call] of (reply.calls ?? []).entries()) {
    const id = callId(call, number);
    const deltas = pieces(argumentsOf(call), reply.chunks).map((partial_json) => ({ type: 'input_json_delta', partial_json }));
    block({ type: 'tool_use', ...(id !== undefined && { id }), name: call.name, input: {} }, deltas);
  } // prettier-ignore
  for (const { type = 'extra', ...fields } of (reply.extraEvents ?? []) as { type?: string }[]) emit(type, fields);
  const stop = { end: 'end_turn', tool_calls: 'tool_use', length: 'max_tokens', refused: 'refusal' }[stopOf(reply)];
  emit('message_delta', {
    delta: { stop_reason: reply.finish ?? stop, stop_sequence: null },
    ...(reply.usage !== null && {
      usage: { output_tokens: output, output_tokens_details: { thinking_tokens: reasoning } },
    }),
  });
  emit('message_stop');
  return events;
}
