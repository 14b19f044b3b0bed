import type { Message, ModelDelta, ModelAnswer, ModelRequest } from '../../src/contract/messages.ts';
import type { ModelClient } from '../../src/contract/ports.ts';

/** A request with one message of the person, and what is to be different. */
export function modelRequest(different: Partial<ModelRequest> = {}): ModelRequest {
  return {
    name: 'm',
    provider: 'openai',
    model: 'mock',
    instructions: 'Be brief.',
    tools: [],
    messages: [said('hello')],
    max_output_tokens: 1000,
    purpose: 'think',
    request: 1,
    cache_key: 's-1',
    ...different,
  };
}

/** A message of the person. */
export function said(text: string): Message {
  return { role: 'user', parts: [{ type: 'text', text }] };
}

/** A call and its result, as two messages. */
export function called(name: string, args: object | string, output: string, id = 'call_1'): Message[] {
  const arguments_raw = typeof args === 'string' ? args : JSON.stringify(args);
  return [
    { role: 'assistant', parts: [], tool_calls: [{ call_id: 'c1.1.1', provider_id: id, name, arguments_raw }] },
    { role: 'tool', call_id: 'c1.1.1', provider_id: id, name, output },
  ];
}

/** Asks, and keeps what was streamed. */
export async function askModel(
  client: ModelClient,
  request: ModelRequest,
  signal: AbortSignal = new AbortController().signal,
): Promise<{ answer: ModelAnswer; deltas: ModelDelta[] }> {
  const deltas: ModelDelta[] = [];
  const answer = await client.ask(request, { signal, onDelta: (delta) => deltas.push(delta) });
  return { answer, deltas };
}
