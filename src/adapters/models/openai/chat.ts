/** The Chat Completions wire format: OpenAI's, and that of most compatible servers. */
import type {
  ChatCompletionChunk,
  ChatCompletionContentPart,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import { parseStrictJson } from '../../../base/strict-json.ts';
import type { Message, MessagePart, ModelRequest } from '../../../contract/messages.ts';
import { textOf } from '../reply/estimate.ts';
import { ModelFault } from '../reply/fault.ts';
import { count, createText, type Draft, type Finished, type Reader, type Text } from '../reply/draft.ts';
import type { Endpoint } from './endpoint.ts';

/** All but `messages`: the instructions, and one for each message. */
export function chatFields(
  request: ModelRequest,
  endpoint: Endpoint,
): Omit<ChatCompletionCreateParamsStreaming, 'messages'> {
  const body: Omit<ChatCompletionCreateParamsStreaming, 'messages'> = {
    model: request.model,
    stream: true,
    stream_options: { include_usage: true },
  };
  if (request.tools.length > 0) {
    body.tools = request.tools.map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name, description, parameters },
    }));
  }
  if (endpoint.official) {
    body.max_completion_tokens = request.max_output_tokens;
    body.prompt_cache_key = request.cache_key;
    body.store = false;
    if (request.tools.length > 0) body.parallel_tool_calls = true;
  } else {
    body.max_tokens = request.max_output_tokens;
  }
  return body;
}

export function chatMessage(message: Message): ChatCompletionMessageParam {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: userContent(message.parts) };
    case 'note':
      return { role: 'system', content: message.text };
    case 'tool':
      return { role: 'tool', tool_call_id: message.provider_id, content: message.output };
    case 'assistant': {
      const content = textOf(message.parts) || null;
      if (message.tool_calls.length === 0) return { role: 'assistant', content };
      const tool_calls = message.tool_calls.map(({ provider_id, name, arguments_raw }) => ({
        type: 'function' as const,
        id: provider_id,
        function: { name, arguments: parseable(arguments_raw) },
      }));
      return { role: 'assistant', content, tool_calls };
    }
  }
}

/**
 * Several servers parse the arguments of earlier calls, and answer 400 to broken ones; the model, told that its call was
 * refused as it wasn't JSON, could never mend it. They get it wrapped.
 */
function parseable(arguments_raw: string): string {
  const parsed = parseStrictJson(arguments_raw);
  const isObject =
    parsed.ok && typeof parsed.value === 'object' && parsed.value !== null && !Array.isArray(parsed.value);
  return isObject ? arguments_raw : JSON.stringify({ not_json: arguments_raw });
}

function userContent(parts: MessagePart[]): string | ChatCompletionContentPart[] {
  if (parts.every((part) => part.type === 'text')) return textOf(parts);
  return parts.flatMap((part): ChatCompletionContentPart[] => {
    switch (part.type) {
      case 'text':
        return [{ type: 'text', text: part.text }];
      case 'image':
        return [{ type: 'image_url', image_url: { url: `data:${part.media_type};base64,${part.base64}` } }];
      case 'file':
        return [
          {
            type: 'file',
            file: { filename: part.name ?? 'file', file_data: `data:${part.media_type};base64,${part.base64}` },
          },
        ];
      case 'reasoning':
        return [];
    }
  });
}

type Delta = ChatCompletionChunk['choices'][number]['delta'];
type CallDelta = NonNullable<Delta['tool_calls']>[number];

interface Call {
  id: string | undefined;
  name: string;
  arguments: Text;
}

export function readChat(draft: Draft): Reader<ChatCompletionChunk> {
  const calls: Call[] = [];
  const byIndex = new Map<number, Call>();
  let reason: string | undefined;
  let refused = false;
  let usage: ChatCompletionChunk['usage'];
  let model: string | undefined;

  const takeCall = (delta: CallDelta): void => {
    // Some servers number no call, or all of them 0: a new id is a new call.
    const known = byIndex.get(delta.index) ?? (delta.index === undefined && !delta.id ? calls.at(-1) : undefined);
    let call = known && delta.id && known.id && delta.id !== known.id ? undefined : known;
    if (!call) {
      call = { id: delta.id, name: '', arguments: createText() };
      calls.push(call);
      if (delta.index !== undefined) byIndex.set(delta.index, call);
      draft.checkCalls(calls.length);
    }
    call.id ??= delta.id;
    call.name ||= text(delta.function?.name);
    const piece = text(delta.function?.arguments);
    draft.add('arguments', piece);
    call.arguments.add(piece);
  };

  return {
    take(chunk) {
      model ??= chunk.model || undefined;
      usage = chunk.usage ?? usage;
      const choice = chunk.choices?.find(({ index }) => (index ?? 0) === 0);
      if (!choice) return;
      const delta: Delta & { reasoning_content?: unknown; reasoning?: unknown } = choice.delta ?? {};
      draft.add('reasoning', text(delta.reasoning_content ?? delta.reasoning));
      draft.add('text', text(delta.content));
      if (delta.refusal) {
        refused = true;
        draft.add('text', text(delta.refusal));
      }
      for (const call of delta.tool_calls ?? []) takeCall(call);
      reason = choice.finish_reason ?? reason;
    },
    ended: () => reason !== undefined,
    settled: () => reason !== undefined && usage != null,
    usage: () =>
      usage
        ? {
            input: count(usage.prompt_tokens),
            output: count(usage.completion_tokens),
            cached: count(usage.prompt_tokens_details?.cached_tokens),
            reasoning: count(usage.completion_tokens_details?.reasoning_tokens),
          }
        : undefined,
    finish: () => ({
      parts: (['reasoning', 'text'] as const)
        .map((type) => ({ type, text: draft.text(type) }))
        .filter((part) => part.text !== ''),
      calls: calls.map((call) => ({ id: call.id, name: call.name, arguments_raw: call.arguments.whole() })),
      stop_reason: stopReason(reason, refused, calls.length > 0),
      model,
    }),
  };
}

function stopReason(reason: string | undefined, refused: boolean, hasCalls: boolean): Finished['stop_reason'] {
  if (refused || reason === 'content_filter') return 'refused';
  if (reason === 'length') return 'length';
  return hasCalls ? 'tool_calls' : 'end';
}

/** Compatible servers send null, or leave out what the types promise. */
function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string')
    throw new ModelFault('malformed', 'bad_event', 'an event of the reply has no text where one must be');
  return value;
}
