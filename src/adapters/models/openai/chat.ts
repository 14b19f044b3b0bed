/** The Chat Completions wire format: OpenAI's, and that of most compatible servers. */
import type {
  ChatCompletionChunk,
  ChatCompletionContentPart,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';
import type { Message, MessagePart, ModelRequest } from '../../../contract/messages.ts';
import { argumentsText, callName } from '../reply/calls.ts';
import { textOf } from '../reply/estimate.ts';
import { isStrictSchema } from '../reply/schema.ts';
import { count, createText, type Draft, type Finished, type Reader, type Text, textIn } from '../reply/draft.ts';
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
  if (request.output_schema) {
    const { name, schema } = request.output_schema;
    body.response_format = endpoint.zai
      ? { type: 'json_object' }
      : { type: 'json_schema', json_schema: { name, schema, strict: isStrictSchema(schema) } };
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

/** The message before all others. Where no schema can be given for the reply, it is said there. */
export function chatInstructions({ instructions, output_schema }: ModelRequest, endpoint: Endpoint): object {
  const said =
    output_schema && endpoint.zai
      ? `\n\nAnswer with one JSON object that follows this JSON schema: ${JSON.stringify(output_schema.schema)}`
      : '';
  return { role: 'system', content: instructions + said };
}

/** None for an empty reply: services refuse it. */
export function chatMessages(message: Message): ChatCompletionMessageParam[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: userContent(message.parts) }];
    case 'note':
      return [{ role: 'system', content: message.text }];
    case 'tool':
      return [{ role: 'tool', tool_call_id: message.provider_id, content: message.output }];
    case 'assistant': {
      const content = textOf(message.parts) || null;
      if (message.tool_calls.length === 0) return content === null ? [] : [{ role: 'assistant', content }];
      const tool_calls = message.tool_calls.map(({ provider_id, name, arguments_raw }) => ({
        type: 'function' as const,
        id: provider_id,
        function: { name: callName(name), arguments: argumentsText(arguments_raw) },
      }));
      return [{ role: 'assistant', content, tool_calls }];
    }
  }
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
    call.name ||= textIn(delta.function?.name);
    const piece = textIn(delta.function?.arguments);
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
      draft.add('reasoning', textIn(delta.reasoning_content ?? delta.reasoning));
      draft.add('text', textIn(delta.content));
      if (delta.refusal) {
        refused = true;
        draft.add('text', textIn(delta.refusal));
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
