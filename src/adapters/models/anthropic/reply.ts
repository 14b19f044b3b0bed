/** Replies of Anthropic's Messages API: blocks by their index, each begun, filled by deltas, and ended. */
import type { RawMessageStreamEvent, StopReason } from '@anthropic-ai/sdk/resources/messages';
import type { MessagePart } from '../../../contract/messages.ts';
import type { Usage } from '../../../contract/values.ts';
import { count, createText, type Draft, type Finished, type Reader, type Text, textIn } from '../reply/draft.ts';
import { seal } from './sealed.ts';

type Block =
  | { type: 'text'; text: Text }
  | { type: 'thinking'; text: Text; signature: string }
  | { type: 'redacted_thinking'; data: string }
  | { type: 'tool_use'; id: string; name: string; input: unknown; json: Text };

type Counts = Partial<Record<'input_tokens' | 'cache_creation_input_tokens' | 'cache_read_input_tokens' | 'output_tokens', unknown>> & {
  output_tokens_details?: { thinking_tokens?: unknown } | null;
}; // prettier-ignore

export function readMessages(draft: Draft, reasoner: string): Reader<RawMessageStreamEvent> {
  const blocks = new Map<number, Block>();
  let calls = 0;
  let counts: Counts | undefined;
  let model: string | undefined;
  let reason: StopReason | undefined;
  let stopped = false;

  const start = (index: number, block: Extract<RawMessageStreamEvent, { type: 'content_block_start' }>['content_block']) => {
    if (block.type === 'text') {
      blocks.set(index, { type: 'text', text: begun('text', block.text) });
    } else if (block.type === 'thinking') {
      const { thinking, signature } = block;
      blocks.set(index, { type: 'thinking', text: begun('reasoning', thinking), signature: draft.hold(signature) });
    } else if (block.type === 'redacted_thinking') {
      blocks.set(index, { type: 'redacted_thinking', data: draft.hold(block.data) });
    } else if (block.type === 'tool_use') {
      draft.checkCalls(++calls);
      const { id, name, input } = block;
      blocks.set(index, { type: 'tool_use', id, name, input, json: createText() });
    }
    draft.checkCalls(blocks.size);
  }; // prettier-ignore

  const begun = (kind: 'text' | 'reasoning', beginning: string | undefined): Text => {
    const text = createText();
    append(kind, text, beginning);
    return text;
  };
  const append = (kind: 'text' | 'reasoning' | 'arguments', to: Text, piece: string | undefined): void => {
    const text = textIn(piece);
    draft.add(kind, text);
    to.add(text);
  };

  const add = (index: number, delta: Extract<RawMessageStreamEvent, { type: 'content_block_delta' }>['delta']): void => {
    const block = blocks.get(index);
    if (delta.type === 'text_delta' && block?.type === 'text') append('text', block.text, delta.text);
    else if (delta.type === 'thinking_delta' && block?.type === 'thinking') append('reasoning', block.text, delta.thinking);
    else if (delta.type === 'signature_delta' && block?.type === 'thinking') block.signature += draft.hold(delta.signature);
    else if (delta.type === 'input_json_delta' && block?.type === 'tool_use') append('arguments', block.json, delta.partial_json);
  }; // prettier-ignore

  return {
    take(event) {
      switch (event.type) {
        case 'message_start':
          model = event.message.model;
          counts = event.message.usage;
          return;
        case 'content_block_start':
          return start(event.index, event.content_block);
        case 'content_block_delta':
          return add(event.index, event.delta);
        case 'message_delta':
          reason = event.delta.stop_reason ?? reason;
          counts = merged(counts, event.usage);
          return;
        case 'message_stop':
          stopped = true;
          return;
        default:
      }
    },
    ended: () => reason !== undefined || stopped,
    settled: () => stopped,
    usage: () => counts && usageOf(counts),
    finish() {
      const inOrder = [...blocks].sort(([a], [b]) => a - b).map(([, block]) => block);
      return {
        parts: inOrder.flatMap((block) => partOf(block, reasoner)),
        calls: inOrder.flatMap(callOf),
        stop_reason: stopReason(reason, calls > 0),
        model,
      };
    },
  };
}

/** Those of the last event are totals; it may leave out what the first one said. */
function merged(before: Counts | undefined, last: Counts | null | undefined): Counts | undefined {
  const said = Object.entries(last ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return before || said.length > 0 ? { ...before, ...Object.fromEntries(said) } : undefined;
}

/** `input_tokens` are those that no cache was involved in. */
function usageOf(counts: Counts): Usage {
  const cached = count(counts.cache_read_input_tokens);
  return {
    input: count(counts.input_tokens) + count(counts.cache_creation_input_tokens) + cached,
    output: count(counts.output_tokens),
    cached,
    reasoning: count(counts.output_tokens_details?.thinking_tokens),
  };
}

function partOf(block: Block, reasoner: string): MessagePart[] {
  if (block.type === 'redacted_thinking') return [seal('', { redacted: block.data }, reasoner)];
  if (block.type === 'tool_use') return [];
  const text = block.text.whole();
  if (block.type === 'text') return text === '' ? [] : [{ type: 'text', text }];
  const { signature } = block;
  return text === '' && signature === '' ? [] : [seal(text, signature === '' ? undefined : { signature }, reasoner)];
}

function callOf(block: Block): Finished['calls'] {
  if (block.type !== 'tool_use') return [];
  const json = block.json.whole();
  // A call without arguments has no delta.
  return [{ id: block.id, name: textIn(block.name), arguments_raw: json === '' ? JSON.stringify(block.input ?? {}) : json }];
} // prettier-ignore

function stopReason(reason: StopReason | undefined, hasCalls: boolean): Finished['stop_reason'] {
  switch (reason) {
    case 'refusal':
      return 'refused';
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    default: // also `pause_turn`, which only tools of the service itself lead to
      return hasCalls ? 'tool_calls' : 'end';
  }
}
