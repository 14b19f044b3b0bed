/**
 * Bodies of the HTTP API's requests, also spoken on the control socket. What it answers is in `answers.ts`.
 * Validators are generated from these schemas; import the types only. A field comes with the feature that honours it:
 * any other is refused.
 */
import * as z from 'zod';
import type { EntryEvent } from './stream.ts';
import { policy } from './manifest.ts';
import { ruleText } from './policy-rule.ts';
import { absolutePath, digest, int, lane, verdict } from './values.ts';

const id = z.string().min(1).max(128);
const name = z.string().min(1).max(256);
const text = z.string().max(16_384);

/**
 * Text, or a file by its bytes: what it is, is found from them. Only the store makes blobs. Nobody names one: it may not
 * be there, or be somebody else's. Nor does anybody name a path: not everyone who may say something may read files.
 */
const submittedPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({ type: z.literal('file'), base64: z.string(), name: name.exactOptional() }),
]);

/** `POST /v1/events`. Has either `content` or `parts`. */
export const submissionSchema = z.strictObject({
  content: z.string().min(1).exactOptional(),
  parts: z.array(submittedPart).min(1).exactOptional(),
  session_id: z.string().exactOptional(),
  mode: z.enum(['message', 'steer']).exactOptional(),
  model: name.exactOptional(),
  title: text.exactOptional(),
  root: absolutePath.exactOptional(),
  source: name.exactOptional(),
  lane: lane.exactOptional(),
  priority: z.int().min(-100).max(100).exactOptional(),
  metadata: z.record(z.string().min(1).max(64), z.string().max(512)).meta({ maxProperties: 32 }).exactOptional(),
  idempotency_key: name.exactOptional(),
  limits: z.strictObject({ wall_ms: int.exactOptional(), cost_micro_usd: int.exactOptional() }).exactOptional(),
  goal: z.literal(true).exactOptional(),
  check: z.string().min(1).max(1000).exactOptional(),
});

/** `POST /v1/sessions/{id}/steer`. */
export const steerSchema = submissionSchema.pick({
  content: true,
  parts: true,
  source: true,
  metadata: true,
  idempotency_key: true,
});

/** `POST /v1/approvals/{id}/resolve`. `digest`: of the approval as the approver saw it. */
export const resolutionSchema = z.strictObject({
  decision: z.enum(['grant', 'deny']),
  scope: z.enum(['once', 'session', 'always']).exactOptional(),
  /** What else is granted, of `session` and `always`; absent: exactly this call. The approver has seen it. */
  rule: ruleText.exactOptional(),
  reason: text.exactOptional(),
  digest: digest.exactOptional(),
});

/** `POST /v1/sessions/{id}/stop`. */
export const stopSchema = z.strictObject({ event_id: id });

/** `POST /v1/sessions/{id}/configure`. */
export const sessionChangeSchema = z.strictObject({
  model: name.exactOptional(),
  title: text.exactOptional(),
  /** Told to the model in this session; '' takes them back. */
  instructions: z.string().max(16_384).exactOptional(),
  /** A fact that the model is told for good, whatever is summed up. */
  pin: z.string().min(1).max(16_384).exactOptional(),
  /** The id of one that it isn't told any more. */
  unpin: id.exactOptional(),
  /** The conversation is summed up before the next message is answered. */
  compact: z.literal(true).exactOptional(),
  /** Sources of its taint that a person has looked at: they count no more. For operators. */
  trust: z.array(z.string().min(1).max(16_384)).min(1).max(10_000).exactOptional(),
  /** So have they at the files of its project that tainted calls wrote. For operators. */
  trust_files: z.literal(true).exactOptional(),
  /** Grants of the session that count no more, by their ids. For operators. */
  revoke: z.array(id).min(1).max(1000).exactOptional(),
});

/** `POST /v1/sessions/{id}/fork`. */
export const forkSchema = z.strictObject({
  at: z.int().min(1).exactOptional(),
  turn: z.int().min(1).exactOptional(),
  model: name.exactOptional(),
  policy: policy.exactOptional(),
});

/** `POST /v1/sessions/{id}/undo`. */
export const undoSchema = z.strictObject({ turn: z.int().min(1).exactOptional() });

/** `POST /v1/policy`. */
export const policyChangeSchema = z.strictObject({
  tool: name,
  verdict,
  file: absolutePath.exactOptional(),
});

/** `POST /v1/import`. */
export const importSchema = z.strictObject({
  file: absolutePath,
  as: z.string().exactOptional(),
});

/** `POST /v1/hello`, on a control socket only: who connects. */
export const helloSchema = z.strictObject({ pid: z.int().min(1), version: name, protocol: int });

/** `POST /v1/differing`, on a control socket only: keys of the configuration, with digests of their values. */
export const differingSchema = z.strictObject({ digests: z.record(name, digest) });

/** `POST /v1/prove`, on a control socket only. */
export const proofSchema = z.strictObject({ challenge: id });

export type SubmissionBody = z.infer<typeof submissionSchema>;
/** @public The type of the generated validator. */
export type SteerBody = z.infer<typeof steerSchema>;
/** @public The type of the generated validator. */
export type ResolutionBody = z.infer<typeof resolutionSchema>;
/** @public The type of the generated validator. */
export type StopBody = z.infer<typeof stopSchema>;
/** @public The type of the generated validator. */
export type SessionChangeBody = z.infer<typeof sessionChangeSchema>;
/** @public The type of the generated validator. */
export type ForkBody = z.infer<typeof forkSchema>;
/** @public The type of the generated validator. */
export type UndoBody = z.infer<typeof undoSchema>;
/** @public The type of the generated validator. */
export type PolicyChangeBody = z.infer<typeof policyChangeSchema>;
/** @public The type of the generated validator. */
export type ImportBody = z.infer<typeof importSchema>;
export type HelloBody = z.infer<typeof helloSchema>;
/** @public The type of the generated validator. */
export type DifferingBody = z.infer<typeof differingSchema>;
/** @public The type of the generated validator. */
export type ProofBody = z.infer<typeof proofSchema>;

/** Answer to `GET /v1/sessions/{id}/entries`. */
export interface EntriesAnswer {
  entries: EntryEvent[];
  /** What to give as `after` for those that follow. */
  next_after: number;
  has_more: boolean;
}

/**
 * Answer to `POST /v1/hello`. The client shows that it is the process it says: it takes `nonce` as its name, which only
 * the process itself can do, then sends `challenge`. No nonce: the server's system has no way to look.
 */
export interface HelloAnswer {
  challenge: string;
  nonce?: string;
}

/**
 * Events of the stream that answers `POST /v1/prove`. It stays open as long as the client is attached. The token in
 * `attached` goes with each of its requests, as a bearer's; `lost` says that the host leaves (a `Loss`).
 */
export type AttachEvent = 'attached' | 'lost';
