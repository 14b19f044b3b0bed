/** Chat Completions: what of a request is meant, and how a turn is told in its shapes. */
import type { ChatCompletion, ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { CompletionUsage } from 'openai/resources/completions';
import { sha256 } from '../../../base/digest.ts';
import type { EventStatus } from '../../../contract/host.ts';
import type { ChatRequest } from '../../../contract/openai-api.ts';
import { SESSION_ID } from '../../../contract/session-id.ts';
import type { Usage } from '../../../contract/values.ts';
import { turnFailure, unsettled } from './errors.ts';
import { replyEnd } from './outcome.ts';
import { createdAt, type MessageId, ulidOf } from './response-id.ts';
import type { TurnFormat } from './turn-format.ts';

type FinishReason = ChatCompletion.Choice['finish_reason'];

/** The session of a request that names one by its user only. */
export function sessionOfUser({ user }: ChatRequest): string | undefined {
  if (user === undefined || user === null) return undefined;
  const session_id = `user:${user}`;
  return SESSION_ID.test(session_id) ? session_id : `user:sha256:${sha256(user)}`;
}

/** `notice`: what is said of a turn that waits. */
export function completionOf(
  message: MessageId,
  model: string,
  status: EventStatus,
  notice: string | undefined,
): ChatCompletion | undefined {
  const finish_reason = finishOf(status);
  if (finish_reason === undefined) return undefined;
  return {
    ...head(message, model),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: notice ?? status.text ?? '', refusal: null },
        finish_reason,
        logprobs: null,
      },
    ],
    usage: usageOf(status.usage),
  };
}

/** A turn in chunks. `includeUsage`: one more before the end. */
export function chatFormat(message: MessageId, model: string, includeUsage: boolean): TurnFormat {
  const frame = (choices: ChatCompletionChunk.Choice[], usage: CompletionUsage | null = null): string => {
    const chunk: ChatCompletionChunk = {
      ...head(message, model),
      object: 'chat.completion.chunk',
      choices,
      ...(includeUsage && { usage }),
    };
    return data(chunk);
  };
  const choice = (delta: ChatCompletionChunk.Choice.Delta, finish_reason: FinishReason | null = null): string =>
    frame([{ index: 0, delta, finish_reason, logprobs: null }]);
  const fail = (failure: { error: object }): string => data({ error: failure.error });
  /** Is a piece over, and is another one to be set apart from it? */
  let apart = false;
  const text = (words: string): string => {
    const content = apart ? `\n\n${words}` : words;
    apart = false;
    return choice({ content });
  };
  return {
    begin: () => choice({ role: 'assistant', content: '' }),
    text,
    endPiece() {
      apart = true;
      return '';
    },
    end(status, notice) {
      if (status === undefined) return fail(unsettled(message.event_id));
      const finish = finishOf(status);
      if (finish === undefined) return fail(turnFailure(status));
      return [
        notice === undefined ? '' : text(notice),
        choice({}, finish),
        includeUsage ? frame([], usageOf(status.usage)) : '',
        'data: [DONE]\n\n',
      ].join('');
    },
    fail,
  };
}

/** Undefined: it failed. */
function finishOf(status: EventStatus): FinishReason | undefined {
  return status.status === 'waiting_approval' ? 'stop' : replyEnd(status);
}

function head(message: MessageId, model: string): { id: string; created: number; model: string } {
  return { id: `chatcmpl-${ulidOf(message.event_id)}`, created: createdAt(message.event_id), model };
}

function usageOf(usage: Usage = { input: 0, output: 0, cached: 0, reasoning: 0 }): CompletionUsage {
  const { input, output, cached, reasoning } = usage;
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

function data(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
