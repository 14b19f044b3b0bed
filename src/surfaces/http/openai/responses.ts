/** Responses: what of a request is meant, and how a turn is told in its shapes. */
import type {
  Response as OpenaiResponse,
  ResponseOutputMessage,
  ResponseOutputText,
  ResponseStreamEvent,
  ResponseUsage,
} from 'openai/resources/responses/responses';
import type { EventStatus } from '../../../contract/host.ts';
import type { ResponsesRequest } from '../../../contract/openai-api.ts';
import type { Usage } from '../../../contract/values.ts';
import { turnFailure, unsettled } from './errors.ts';
import { replyEnd } from './outcome.ts';
import { createdAt, type MessageId, responseId, ulidOf } from './response-id.ts';
import type { TurnFormat } from './turn-format.ts';

/** What of a request is told in its response. */
export type Echo = Pick<ResponsesRequest, 'instructions' | 'metadata' | 'previous_response_id' | 'background'>;

/** As the SDK has it, but for what it makes itself, what isn't here, and a reason of ours. */
interface ResponseBody extends Omit<OpenaiResponse, 'output_text' | 'access_programs' | 'incomplete_details'> {
  incomplete_details: {
    reason: 'max_output_tokens' | 'content_filter' | 'waiting_approval';
    approvals?: string[];
  } | null;
}

/** The list of items that a request's input stands for. */
export function itemsOf({ input, instructions }: ResponsesRequest): Exclude<ResponsesRequest['input'], string> {
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  // Last, so that places in the input keep their numbers.
  return instructions ? [...items, { role: 'developer', content: instructions }] : items;
}

/** `output`: what it said, when that isn't only the reply. `notice`: what is said of a turn that waits. */
export function responseOf(
  message: MessageId,
  model: string,
  echo: Echo,
  status: EventStatus,
  { output, notice }: { output?: ResponseOutputMessage[]; notice?: string | undefined },
): ResponseBody {
  const told = standingOf(status);
  const text = notice ?? (replyEnd(status) && status.text);
  const items = output ?? (text ? [messageItem(message, 0, text, 'final_answer')] : []);
  return {
    id: responseId(message),
    object: 'response',
    created_at: createdAt(message.event_id),
    ...told,
    background: echo.background ?? false,
    conversation: { id: message.session_id },
    instructions: echo.instructions ?? null,
    metadata: echo.metadata ?? {},
    model,
    output: items,
    parallel_tool_calls: false,
    previous_response_id: echo.previous_response_id ?? null,
    max_output_tokens: null,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    ...(status.usage && { usage: usageOf(status.usage) }),
  };
}

type Unnumbered<T> = T extends unknown ? Omit<T, 'sequence_number'> : never;

/** A turn in events. */
export function responsesFormat(message: MessageId, model: string, echo: Echo): TurnFormat {
  const output: ResponseOutputMessage[] = [];
  let sequence = 0;
  /** Is the item of the piece there that is being said? */
  let begun = false;
  const frame = (event: Unnumbered<ResponseStreamEvent>): string =>
    `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: sequence++ })}\n\n`;
  const whole = (status: EventStatus): OpenaiResponse =>
    // The SDK adds what it makes itself.
    responseOf(message, model, echo, status, { output: [...output] }) as unknown as OpenaiResponse;
  const place = (): { item_id: string; output_index: number; content_index: number } => ({
    item_id: itemId(message, output.length),
    output_index: output.length,
    content_index: 0,
  });

  const beginPiece = (): string => {
    begun = true;
    const item: ResponseOutputMessage = {
      id: itemId(message, output.length),
      type: 'message',
      role: 'assistant',
      status: 'in_progress',
      content: [],
    };
    return [
      frame({ type: 'response.output_item.added', output_index: output.length, item }),
      frame({ type: 'response.content_part.added', ...place(), part: textPart('') }),
    ].join('');
  };
  const text = (delta: string): string =>
    (begun ? '' : beginPiece()) + frame({ type: 'response.output_text.delta', ...place(), delta, logprobs: [] });
  const endPiece: TurnFormat['endPiece'] = (words, end) => {
    const item = messageItem(message, output.length, words, end === 'answer' ? 'final_answer' : 'commentary');
    if (end === 'broken') item.status = 'incomplete';
    begun = false;
    const frames = [
      frame({ type: 'response.output_text.done', ...place(), text: words, logprobs: [] }),
      frame({ type: 'response.content_part.done', ...place(), part: textPart(words) }),
      frame({ type: 'response.output_item.done', output_index: output.length, item }),
    ];
    output.push(item);
    return frames.join('');
  };

  const fail: TurnFormat['fail'] = ({ error: { code, message: words, param } }) =>
    frame({ type: 'error', code, message: words, param });
  const running: EventStatus = { ...message, status: 'running', approvals: [] };
  return {
    begin: () =>
      frame({ type: 'response.created', response: whole(running) }) +
      frame({ type: 'response.in_progress', response: whole(running) }),
    text,
    endPiece,
    end(status, notice) {
      if (status === undefined) return fail(unsettled(message.event_id));
      const said = notice === undefined ? '' : text(notice) + endPiece(notice, 'answer');
      const response = whole(status);
      if (response.status === 'completed') return said + frame({ type: 'response.completed', response });
      if (response.status === 'incomplete') return said + frame({ type: 'response.incomplete', response });
      return said + frame({ type: 'response.failed', response });
    },
    fail,
  };
}

/** How the turn stands, in their words. */
function standingOf(status: EventStatus): Pick<ResponseBody, 'status' | 'error' | 'incomplete_details'> {
  const fine = { error: null, incomplete_details: null };
  const { reason, approvals } = status;
  if (status.status === 'queued') return { ...fine, status: 'queued' };
  if (status.status === 'running') return { ...fine, status: 'in_progress' };
  if (status.status === 'waiting_approval') {
    return { ...fine, status: 'incomplete', incomplete_details: { reason: 'waiting_approval', approvals } };
  }
  if (reason === 'canceled' || reason === 'interrupted') return { ...fine, status: 'cancelled' };
  const end = replyEnd(status);
  if (end === 'stop') return { ...fine, status: 'completed' };
  if (end !== undefined) {
    const cut = end === 'length' ? 'max_output_tokens' : end;
    return { ...fine, status: 'incomplete', incomplete_details: { reason: cut } };
  }
  const limited = reason === 'budget_exceeded' || reason === 'unavailable';
  const { message } = turnFailure(status).error;
  return { ...fine, status: 'failed', error: { code: limited ? 'rate_limit_exceeded' : 'server_error', message } };
}

function messageItem(
  message: MessageId,
  index: number,
  text: string,
  phase: 'commentary' | 'final_answer',
): ResponseOutputMessage {
  return {
    id: itemId(message, index),
    type: 'message',
    role: 'assistant',
    status: 'completed',
    phase,
    content: [textPart(text)],
  };
}

function textPart(text: string): ResponseOutputText {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function itemId(message: MessageId, index: number): string {
  return `msg_${ulidOf(message.event_id)}_${index}`;
}

function usageOf({ input, output, cached, reasoning }: Usage): ResponseUsage {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}
