/** What stands in the history for a part of it that was too long: one blob, canonical JSON, named by `context.compacted`. */
import * as z from 'zod';
import { int } from './values.ts';

const text = z.string();

/** A call that changed something or reached out, or was refused that, as the record has it. */
const doneAction = z.strictObject({
  call_id: text,
  tool: text,
  /** What it did, in a line. */
  what: text,
  /** The outcome, or why it was refused. */
  outcome: text,
  files: z.array(text).exactOptional(),
  /** So much it put out; absent: nothing. */
  output_bytes: int.exactOptional(),
});

export const summarySchema = z.strictObject({
  v: z.literal(1),
  /** What a model made of it. Absent: none could. */
  text: text.exactOptional(),
  /** Messages of the person, word for word, oldest first; `cut`: only their beginning and end. */
  said: z.array(z.strictObject({ seq: int, text, cut: z.literal(true).exactOptional() })),
  /** So many messages before them are not among them. */
  unsaid: int,
  /** The newest, oldest first. */
  done: z.array(doneAction),
  /** Of all other calls how many, by tool and outcome. */
  counts: z.array(z.strictObject({ tool: text, outcome: text, count: int })),
});

export type Summary = z.infer<typeof summarySchema>;
export type DoneAction = Summary['done'][number];
