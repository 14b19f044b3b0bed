/**
 * The OpenAI-compatible paths, for the OpenAPI document: their answers as we give them, which is less than OpenAI's API
 * may give. Bodies are in `openai-api.ts`. Needed by the build and by tests only.
 */
import * as z from 'zod';
import { chatRequestSchema, responsesRequestSchema } from './openai-api.ts';
import type { Operation } from './operation.ts';
import { int } from './values.ts';

const created = int.describe('When the message was accepted, in seconds UTC.');

const error = z.strictObject({
  message: z.string(),
  type: z.string(),
  param: z.string().nullable().describe('The parameter that it is about.'),
  code: z.string().nullable().describe('docs/openai-compatible.md and docs/reference/errors.md list them.'),
});

/** What every one of these paths answers when it refuses, or fails. */
const openaiError = z.strictObject({ error });

const model = z.strictObject({
  id: z.string(),
  object: z.literal('model'),
  created: int,
  owned_by: z.literal('runtime'),
});

const completionUsage = z.strictObject({
  prompt_tokens: int,
  completion_tokens: int,
  total_tokens: int,
  prompt_tokens_details: z.strictObject({ cached_tokens: int }),
  completion_tokens_details: z.strictObject({ reasoning_tokens: int }),
});

const finishReason = z.enum(['stop', 'length', 'content_filter']);

const completion = z.strictObject({
  id: z.string(),
  object: z.literal('chat.completion'),
  created,
  model: z.string(),
  choices: z
    .array(
      z.strictObject({
        index: z.literal(0),
        message: z.strictObject({ role: z.literal('assistant'), content: z.string(), refusal: z.null() }),
        finish_reason: finishReason,
        logprobs: z.null(),
      }),
    )
    .length(1),
  usage: completionUsage.describe('Of all model calls of the turn.'),
});

const completionChunk = z.strictObject({
  id: z.string(),
  object: z.literal('chat.completion.chunk'),
  created,
  model: z.string(),
  choices: z
    .array(
      z.strictObject({
        index: z.literal(0),
        delta: z.strictObject({ role: z.literal('assistant').exactOptional(), content: z.string().exactOptional() }),
        finish_reason: finishReason.nullable(),
        logprobs: z.null(),
      }),
    )
    .max(1),
  usage: completionUsage
    .nullable()
    .exactOptional()
    .describe('With `stream_options.include_usage`; the last chunk has it.'),
});

const textPart = z.strictObject({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.never()),
  logprobs: z.array(z.never()),
});

const item = z.strictObject({
  id: z.string(),
  type: z.literal('message'),
  role: z.literal('assistant'),
  status: z.enum(['in_progress', 'completed', 'incomplete']),
  phase: z
    .enum(['commentary', 'final_answer'])
    .exactOptional()
    .describe('commentary: said between calls; absent while it is being said.'),
  content: z.array(textPart),
});

const response = z.strictObject({
  id: z.string().describe('Holds the ids of message and session.'),
  object: z.literal('response'),
  created_at: created,
  status: z.enum(['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
  error: z.strictObject({ code: z.enum(['rate_limit_exceeded', 'server_error']), message: z.string() }).nullable(),
  incomplete_details: z
    .strictObject({
      reason: z.enum(['max_output_tokens', 'content_filter', 'waiting_approval']),
      approvals: z.array(z.string()).exactOptional().describe('Ids of those for which the turn waits.'),
    })
    .nullable(),
  background: z.boolean(),
  conversation: z.strictObject({ id: z.string().describe('Of the session.') }),
  instructions: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
  model: z.string(),
  output: z.array(item),
  parallel_tool_calls: z.literal(false),
  previous_response_id: z.string().nullable(),
  max_output_tokens: z.null(),
  temperature: z.null(),
  text: z.strictObject({ format: z.strictObject({ type: z.literal('text') }) }),
  tool_choice: z.literal('auto'),
  tools: z.array(z.never()),
  top_p: z.null(),
  truncation: z.literal('disabled'),
  usage: z
    .strictObject({
      input_tokens: int,
      input_tokens_details: z.strictObject({ cached_tokens: int, cache_write_tokens: int }),
      output_tokens: int,
      output_tokens_details: z.strictObject({ reasoning_tokens: int }),
      total_tokens: int,
    })
    .exactOptional(),
});

const place = { item_id: z.string(), output_index: int, content_index: int, sequence_number: int };
const logprobs = z.array(z.never());

const whole = (type: string) => z.strictObject({ type: z.literal(type), response, sequence_number: int });
const ofItem = (type: string) =>
  z.strictObject({ type: z.literal(type), output_index: int, item, sequence_number: int });
const ofPart = (type: string) => z.strictObject({ type: z.literal(type), ...place, part: textPart });

const responseEvent = z.discriminatedUnion('type', [
  whole('response.created'),
  whole('response.in_progress'),
  ofItem('response.output_item.added'),
  ofPart('response.content_part.added'),
  z.strictObject({ type: z.literal('response.output_text.delta'), ...place, delta: z.string(), logprobs }),
  z.strictObject({ type: z.literal('response.output_text.done'), ...place, text: z.string(), logprobs }),
  ofPart('response.content_part.done'),
  ofItem('response.output_item.done'),
  whole('response.completed'),
  whole('response.incomplete'),
  whole('response.failed'),
  z.strictObject({ type: z.literal('error'), ...error.omit({ type: true }).shape, sequence_number: int }),
]);

/** Schemas that have a name in the document. */
export const OPENAI_NAMED: Record<string, z.ZodType> = {
  OpenaiChatChunk: completionChunk,
  OpenaiChatCompletion: completion,
  OpenaiChatRequest: chatRequestSchema,
  OpenaiError: openaiError,
  OpenaiModel: model,
  OpenaiResponse: response,
  OpenaiResponseEvent: responseEvent,
  OpenaiResponsesRequest: responsesRequestSchema,
};

const MESSAGE_HEADERS = {
  'x-session-id': z.string().describe('The session that the message goes to.'),
  'Idempotency-Key': z.string().describe('The message is sent once, however often the request is.'),
  'x-stop-on-disconnect': z.literal('true').describe('Who closes the connection stops the turn.'),
};
const WHICH =
  'The answer names session and message in the headers `x-session-id` and `x-event-id`, and in `x-ignored-parameters` what was not honoured. Other parameters than those of the body are ignored or refused, as docs/openai-compatible.md says.';

/** By path, then by method; beside those of `operations.ts`. */
export const OPENAI_OPERATIONS: Record<string, Record<string, Operation>> = {
  '/v1/models': {
    GET: {
      summary: 'The configured models, as OpenAI lists them',
      role: 'viewer',
      answers: { 200: z.strictObject({ object: z.literal('list'), data: z.array(model) }) },
      refusals: openaiError,
    },
  },
  '/v1/models/:id': {
    GET: { summary: 'One of them', role: 'viewer', answers: { 200: model }, refusals: openaiError },
  },
  '/v1/chat/completions': {
    POST: {
      summary: "Send a message in the shapes of OpenAI's Chat Completions",
      description: `${WHICH} With \`stream\` its chunks come as events, the last one is \`[DONE]\`, or an error.`,
      role: 'member',
      headers: MESSAGE_HEADERS,
      body: chatRequestSchema,
      answers: { 200: completion },
      events: completionChunk,
      refusals: openaiError,
    },
  },
  '/v1/responses': {
    POST: {
      summary: "Send a message in the shapes of OpenAI's Responses",
      description: WHICH,
      role: 'member',
      headers: MESSAGE_HEADERS,
      body: responsesRequestSchema,
      answers: { 200: response },
      events: responseEvent,
      refusals: openaiError,
    },
  },
  '/v1/responses/:id': {
    GET: { summary: 'How that message stands now', role: 'viewer', answers: { 200: response }, refusals: openaiError },
  },
  '/v1/responses/:id/cancel': {
    POST: {
      summary: 'Stop its turn, and say how it stands',
      role: 'member',
      answers: { 200: response },
      refusals: openaiError,
    },
  },
};
