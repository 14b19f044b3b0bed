/** The format of a script model (docs/script-model.md): a deterministic stand-in for a model, offline. */
import * as z from 'zod';
import { DURATION_PATTERN } from '../base/duration.ts';
import { modelFailureClass } from './values.ts';

const duration = z.string().regex(DURATION_PATTERN);
const count = z.int().min(0);

const match = z.strictObject({
  contains: z.string().exactOptional(),
  equals: z.string().exactOptional(),
  any: z.literal(true).exactOptional(),
  /** Matches when the last message is the result of this tool; `contains` and `equals` then look at its output. */
  tool_result: z.string().exactOptional(),
  /** Matches at the n-th model request of the turn. */
  request: z.int().min(1).exactOptional(),
  /** Matches when a history is to be summed up; without it a step matches never then. */
  purpose: z.enum(['compact', 'plan']).exactOptional(),
  /** Matches when the person's latest message holds one of these words, whole and in any case. */
  asked: z.array(z.string().min(1)).min(1).exactOptional(),
  /**
   * Matches when the last message has a line that one of these patterns fits, tried in order; the line is `{{line}}`.
   * In any case; `*` stands for anything but `/`, at the beginning not for a dot. Lines that fit a pattern after `!` are
   * left out.
   */
  line: z.array(z.string().min(1)).min(1).exactOptional(),
});

const reply = z.strictObject({
  text: z.string().exactOptional(),
  reasoning: z.string().exactOptional(),
  calls: z
    .array(
      z.strictObject({
        tool: z.string(),
        arguments: z.record(z.string(), z.json()).exactOptional(),
        /** Sent as it is, to rehearse malformed arguments. */
        arguments_raw: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
  usage: z
    .strictObject({ input: count, output: count, cached: count.exactOptional(), reasoning: count.exactOptional() })
    .exactOptional(),
  stop_reason: z.enum(['end', 'tool_calls', 'length', 'refused']).exactOptional(),
  /** In how many pieces the text is streamed, and how long before each. */
  chunks: z.int().min(1).exactOptional(),
  delay: duration.exactOptional(),
  /** The stream ends after so many pieces, as if the connection were cut. */
  cut_after: count.exactOptional(),
  /** Waits so long before the first piece. */
  stall: duration.exactOptional(),
});

const step = z.strictObject({
  match,
  reply: reply.exactOptional(),
  fail: z
    .strictObject({
      class: modelFailureClass,
      message: z.string().exactOptional(),
      retry_after: duration.exactOptional(),
    })
    .exactOptional(),
  stall: duration.exactOptional(),
  cut_after: count.exactOptional(),
});

export const scriptSchema = z.strictObject({ model: z.literal('script/v1'), turns: z.array(step) });

export type Script = z.infer<typeof scriptSchema>;
export type ScriptStep = Script['turns'][number];
