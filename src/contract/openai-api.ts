/**
 * Bodies of the OpenAI-compatible requests, as far as their fields are honoured. What else they may hold is for
 * `surfaces/http/openai/parameters.ts` to ignore or refuse, each with its own words. Validators are generated.
 */
import * as z from 'zod';

const content = z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]);
const name = z.string().min(1).max(256).nullable().exactOptional();
const flag = z.boolean().nullable().exactOptional();
const metadata = z.record(z.string(), z.string()).nullable().exactOptional();
/** A conversation holds so many at most, as the caller tells it. */
const MOST_MESSAGES = 10_000;

/** `POST /v1/chat/completions`. */
export const chatRequestSchema = z.looseObject({
  messages: z
    .array(z.looseObject({ role: z.string(), content: content.nullable().exactOptional() }))
    .min(1)
    .max(MOST_MESSAGES),
  model: name,
  stream: flag,
  stream_options: z.looseObject({ include_usage: flag }).nullable().exactOptional(),
  user: name,
  metadata,
});

/** `POST /v1/responses`. */
export const responsesRequestSchema = z.looseObject({
  input: z.union([
    z.string(),
    z
      .array(
        z.looseObject({
          type: z.string().exactOptional(),
          role: z.string().exactOptional(),
          content: content.exactOptional(),
        }),
      )
      .min(1)
      .max(MOST_MESSAGES),
  ]),
  model: name,
  instructions: z.string().nullable().exactOptional(),
  previous_response_id: name,
  conversation: z
    .union([z.string(), z.looseObject({ id: z.string() })])
    .nullable()
    .exactOptional(),
  background: flag,
  stream: flag,
  metadata,
});

export type ChatRequest = z.infer<typeof chatRequestSchema>;
export type ResponsesRequest = z.infer<typeof responsesRequestSchema>;
