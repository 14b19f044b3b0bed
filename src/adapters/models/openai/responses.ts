/** The Responses wire format. */
import type {
  EasyInputMessage,
  Response,
  ResponseCreateParamsStreaming,
  ResponseInputContent,
  ResponseInputItem,
  ResponseOutputItem,
  ResponseReasoningItem,
  ResponseStreamEvent,
} from 'openai/resources/responses/responses';
import type { Message, MessagePart, ModelRequest } from '../../../contract/messages.ts';
import { argumentsText, callName } from '../reply/calls.ts';
import { count, type Draft, type Finished, type Reader, textIn } from '../reply/draft.ts';
import { isStrictSchema } from '../reply/schema.ts';
import { type Endpoint, reasons } from './endpoint.ts';
import { streamedFault } from '../reply/faults.ts';

/** All but `input`, which are the items of the messages. */
export function responsesFields(
  request: ModelRequest,
  endpoint: Endpoint,
): Omit<ResponseCreateParamsStreaming, 'input'> {
  const body: Omit<ResponseCreateParamsStreaming, 'input'> = {
    model: request.model,
    instructions: request.instructions,
    ...(!endpoint.codex && { max_output_tokens: request.max_output_tokens }),
    store: false,
    stream: true,
  };
  if (request.tools.length > 0) {
    body.parallel_tool_calls = true;
    body.tools = request.tools.map(({ name, description, parameters }) => ({
      type: 'function',
      name,
      description,
      parameters,
      strict: false, // would demand every property; arguments are validated before anything runs
    }));
  }
  if (request.output_schema) {
    const { name, schema } = request.output_schema;
    body.text = { format: { type: 'json_schema', name, schema, strict: isStrictSchema(schema) } };
  }
  if (endpoint.official) {
    body.prompt_cache_key = request.cache_key;
    if (endpoint.codex || reasons(request.model)) body.include = ['reasoning.encrypted_content'];
  }
  return body;
}

export function responsesItems(message: Message, endpoint: Endpoint): ResponseInputItem[] {
  switch (message.role) {
    case 'user':
      return [{ role: 'user', content: userContent(message.parts) }];
    case 'note':
      return [{ role: 'developer', content: message.text }];
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.provider_id, output: message.output }];
    case 'assistant':
      return [
        ...message.parts.flatMap((part) => assistantItem(part, endpoint)),
        ...message.tool_calls.map(({ provider_id, name, arguments_raw }): ResponseInputItem => ({
          type: 'function_call',
          call_id: provider_id,
          name: callName(name),
          arguments: argumentsText(arguments_raw),
        })),
      ];
  }
}

function userContent(parts: MessagePart[]): EasyInputMessage['content'] {
  const [first] = parts;
  if (parts.length === 1 && first?.type === 'text') return first.text;
  return parts.flatMap((part): ResponseInputContent[] => {
    switch (part.type) {
      case 'text':
        return [{ type: 'input_text', text: part.text }];
      case 'image':
        return [{ type: 'input_image', detail: 'auto', image_url: `data:${part.media_type};base64,${part.base64}` }];
      case 'file':
        return [
          {
            type: 'input_file',
            filename: part.name ?? 'file',
            file_data: `data:${part.media_type};base64,${part.base64}`,
          },
        ];
      case 'reasoning':
        return [];
    }
  });
}

function assistantItem(part: MessagePart, { reasoner }: Endpoint): ResponseInputItem[] {
  if (part.type === 'text') return [{ role: 'assistant', content: part.text }];
  if (part.type !== 'reasoning' || part.opaque === undefined || part.provider !== reasoner) return [];
  const { id, encrypted_content } = JSON.parse(part.opaque) as { id: string; encrypted_content: string };
  return [
    { type: 'reasoning', id, encrypted_content, summary: part.text ? [{ type: 'summary_text', text: part.text }] : [] },
  ];
}

export function readResponses(draft: Draft, { reasoner }: Endpoint): Reader<ResponseStreamEvent> {
  const items = new Map<number, ResponseOutputItem>();
  let calls = 0;
  let last: Response | undefined;
  return {
    take(event) {
      switch (event.type) {
        case 'response.output_text.delta':
        case 'response.refusal.delta':
          return draft.add('text', event.delta);
        case 'response.reasoning_summary_text.delta':
        case 'response.reasoning_text.delta':
          return draft.add('reasoning', event.delta);
        case 'response.function_call_arguments.delta':
          return draft.add('arguments', event.delta);
        case 'response.output_item.added':
          if (event.item.type === 'function_call') draft.checkCalls(++calls);
          return;
        case 'response.output_item.done':
          items.set(event.output_index ?? items.size, event.item);
          if (event.item.type === 'reasoning') draft.hold(event.item.encrypted_content);
          return draft.checkCalls(items.size);
        case 'response.completed':
        case 'response.incomplete':
          last = event.response;
          return;
        case 'response.failed':
          throw streamedFault(event.response.error);
        case 'error':
          throw streamedFault(event);
        default:
      }
    },
    ended: () => last !== undefined,
    settled: () => last !== undefined,
    usage: () =>
      last?.usage && {
        input: count(last.usage.input_tokens),
        output: count(last.usage.output_tokens),
        cached: count(last.usage.input_tokens_details?.cached_tokens),
        reasoning: count(last.usage.output_tokens_details?.reasoning_tokens),
      },
    finish() {
      const indexes = [...items.keys()].sort((a, b) => a - b);
      // Some compatible servers leave the last event's output empty, some send nothing but that.
      const output = last?.output?.length ? last.output : indexes.map((index) => items.get(index)!);
      const finished = finish(output, reasoner, last);
      if (output.length === 0 && draft.text('text') !== '')
        finished.parts.push({ type: 'text', text: draft.text('text') });
      draft.checkCalls(finished.calls.length);
      return finished;
    },
  };
}

function finish(output: ResponseOutputItem[], reasoner: string, response: Response | undefined): Finished {
  const parts: MessagePart[] = [];
  const calls: Finished['calls'] = [];
  let refused = response?.incomplete_details?.reason === 'content_filter';
  for (const item of output) {
    if (item.type === 'reasoning') parts.push(reasoningPart(item, reasoner));
    else if (item.type === 'function_call') {
      calls.push({ id: item.call_id, name: textIn(item.name), arguments_raw: textIn(item.arguments) });
    } else if (item.type === 'message') {
      for (const content of item.content) {
        if (content.type === 'refusal') refused = true;
        const said = textIn(content.type === 'refusal' ? content.refusal : content.text);
        if (said !== '') parts.push({ type: 'text', text: said });
      }
    }
  }
  const incomplete = response?.status === 'incomplete' || response?.incomplete_details != null;
  const stop_reason = refused ? 'refused' : incomplete ? 'length' : calls.length > 0 ? 'tool_calls' : 'end';
  return { parts, calls, stop_reason, model: response?.model };
}

function reasoningPart(item: ResponseReasoningItem, reasoner: string): MessagePart {
  const said = [...(item.content ?? []), ...(item.summary ?? [])].map((one) => one.text).join('\n\n');
  return {
    type: 'reasoning',
    ...(said !== '' && { text: said }),
    ...(item.encrypted_content && {
      opaque: JSON.stringify({ id: item.id, encrypted_content: item.encrypted_content }),
      provider: reasoner,
    }),
  };
}
