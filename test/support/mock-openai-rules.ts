/** What OpenAI's API refuses in a history: https://platform.openai.com/docs/api-reference. */
import type { MockRefusal, MockRequest } from './mock-service.ts';

interface ChatMessage {
  role: string;
  content?: unknown;
  tool_call_id?: string;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
}

interface Item {
  type?: string;
  role?: string;
  content?: unknown;
  call_id?: string;
  name?: string;
}

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

export function refuseOpenai({ path, body }: MockRequest): MockRefusal | undefined {
  const { messages, input } = (typeof body === 'object' && body ? body : {}) as { messages?: ChatMessage[]; input?: Item[] | string };
  const why = path.endsWith('/responses') ? wrongItems(Array.isArray(input) ? input : []) : wrongMessages(messages ?? []);
  return why === undefined
    ? undefined
    : { status: 400, body: { error: { message: why, type: 'invalid_request_error', param: 'messages', code: 'mock_refused' } } };
} // prettier-ignore

function wrongMessages(messages: ChatMessage[]): string | undefined {
  let open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    const { role, content, tool_call_id, tool_calls } = message;
    if (role === 'tool') {
      if (!open.delete(tool_call_id ?? '')) return `messages[${index}]: a tool result that no call asked for`;
      continue;
    }
    if (open.size > 0) return `messages[${index}]: an assistant message with tool_calls must be followed by its results`;
    if (role !== 'assistant') continue;
    if (content === null && !tool_calls?.length) return `messages[${index}].content: expected a string, got null`;
    for (const { function: called } of tool_calls ?? []) {
      if (!NAME.test(called.name)) return `messages[${index}]: invalid function name '${called.name}'`;
    }
    open = new Set((tool_calls ?? []).map(({ id }) => id));
  }
  return open.size > 0 ? 'the last calls have no results' : undefined;
} // prettier-ignore

function wrongItems(items: Item[]): string | undefined {
  const open = new Set<string>();
  for (const [index, { type, call_id = '', name = '' }] of items.entries()) {
    if (type === 'function_call') {
      if (!NAME.test(name)) return `input[${index}].name: invalid value '${name}'`;
      open.add(call_id);
    }
    if (type === 'function_call_output' && !open.delete(call_id)) return `No tool call found for ${call_id}`;
  }
  return open.size > 0 ? `No tool output found for function call ${[...open].join(', ')}` : undefined;
}
