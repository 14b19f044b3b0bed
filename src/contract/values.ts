/** Schemas of the small values that entries, records and files share. Types are inferred from them: import those as types. */
import * as z from 'zod';
import { SCOPES } from '../base/ip-address.ts';
import { UNCLEAR } from './command-words.ts';
import { SESSION_ID } from './session-id.ts';

export const int = z.int().min(0);
export const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
export const digest = z.templateLiteral(['sha256:', hex64]);

/** A session id as people and callers may choose it. Never a path: see `sessionFileName` in the store. */
export const sessionId = z.string().regex(SESSION_ID);

/** Text, or, when it was longer than 16 KiB, a blob with the text's head and tail. `bytes` is the whole length in UTF-8. */
export const longText = z.union([
  z.string(),
  z.strictObject({ blob: digest, bytes: int, head: z.string(), tail: z.string() }),
]);

// eslint-disable-next-line no-control-regex -- that is what the system takes in no path
const ABSOLUTE = /^\/[^\u0000]*$/;
export const absolutePath = z.string().regex(ABSOLUTE).max(4096);

export const part = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: longText }),
  z.strictObject({
    type: z.enum(['image', 'file']),
    blob: digest,
    media_type: z.string(),
    name: z.string().exactOptional(),
    bytes: int,
    /** Of a PDF document, where they could be counted. */
    pages: int.exactOptional(),
  }),
  z.strictObject({
    type: z.literal('reasoning'),
    text: longText.exactOptional(),
    /** What only its provider can read, sent back to it as it came. */
    opaque: longText.exactOptional(),
    provider: z.string().exactOptional(),
  }),
]);

export const role = z.enum(['overlord', 'admin', 'operator', 'member', 'viewer']);
/** Who may ever be asked: a member or viewer decides nothing. */
export const approverRole = role.exclude(['member', 'viewer']);
export const actor = z.strictObject({ id: z.string(), role, display: z.string().exactOptional() });

/** What a session may at most do. Resume and fork may only tighten it. `policy` is the digest of a policy value. */
export const sandboxMode = z.enum(['auto', 'required', 'off']);
/** What confines a command. */
export const sandboxLevel = z.enum(['bubblewrap', 'landlock', 'seatbelt']);
export const rights = z.strictObject({ policy: digest, sandbox: sandboxMode, role });

export const lane = z.enum(['interactive', 'background']);

/** Tokens of one model call, or a sum of several. `cached` is part of `input`, `reasoning` part of `output`. */
export const usage = z.strictObject({ input: int, output: int, cached: int, reasoning: int });

/** Limits that are no more than what was left of another budget: that one is to be raised. */
export const leftOf = z.strictObject({
  calls: z.enum(['goal', 'session']).exactOptional(),
  tokens: z.enum(['goal', 'session']).exactOptional(),
  cost: z.enum(['goal', 'session']).exactOptional(),
  wall: z.enum(['goal', 'session']).exactOptional(),
});

/** Limits of one turn. A key that is absent means: no limit. */
export const limits = z.strictObject({
  max_turns: int,
  max_calls: int,
  wall_ms: int,
  tokens: int.exactOptional(),
  cost_micro_usd: int.exactOptional(),
  /** Attempts of model calls; `max_calls` are those of tools. */
  model_calls: int.exactOptional(),
  left_of: leftOf.exactOptional(),
});

/** What may be used of a budget that sessions share. What is absent is not limited. */
export const sharedLimits = z.strictObject({
  calls: int.exactOptional(),
  tokens: int.exactOptional(),
  cost_micro_usd: int.exactOptional(),
  wall_ms: int.exactOptional(),
});

/** A limit and what is used of it: calls, tokens, micro-USD or ms, by the end of its name (`turn_cost`, `day_wall`). */
export const limitUse = z.strictObject({ scope: z.string(), limit: int, used: int });

/** What a tool's effect on the world is. `unknown` is what a call of an unknown tool has. */
export const effectClass = z.enum(['read', 'write', 'exec', 'network', 'send']);
export const verdict = z.enum(['allow', 'require_approval', 'deny']);

export const turnReason = z.enum([
  'success', 'failed', 'timeout', 'canceled', 'interrupted', 'denied', 'budget_exceeded', 'validation_failed',
  'execution_failed', 'unavailable', 'auth_missing', 'task_graph_invalid',
]); // prettier-ignore

export const modelFailureClass = z.enum([
  'auth', 'rate_limit', 'overload', 'timeout', 'network', 'context_too_long', 'refused', 'malformed',
  'invalid_request', 'aborted',
]); // prettier-ignore

export const stopReason = z.enum(['end', 'tool_calls', 'length', 'refused']);

/**
 * A file before and after a change: digests of its bytes, absent where there is no file. `mode`: the permission bits of a
 * file that the change takes away, so that it can come back as it was.
 */
export const fileChange = z.strictObject({
  path: z.string(),
  before: digest.exactOptional(),
  after: digest.exactOptional(),
  mode: int.exactOptional(),
});

/** What `inspect` found out about a call, for policy to judge. Only recorded facts are judged, never the world. */
export const facts = z.strictObject({
  /** Paths that the arguments name. `real` has links resolved as far as they exist; `closed`: inside the runtime's home. */
  paths: z.array(
    z.strictObject({
      arg: z.string(),
      path: z.string(),
      real: z.string(),
      inside_root: z.boolean(),
      kind: z.enum(['file', 'dir', 'missing', 'other']),
      secret_shaped: z.boolean(),
      closed: z.literal(true).exactOptional(),
      /** Something runs it, or goes by it, though nobody calls it: hooks and settings of git, start-up files of a home. */
      runs_later: z.literal(true).exactOptional(),
      /** A command line writes it by a redirect, or by an option of a program that else reads. */
      writes: z.literal(true).exactOptional(),
    }),
  ),
  /** Where URLs of the arguments lead. `url` and `host` are in normal form; `addresses`: those that the URL itself says. */
  hosts: z.array(
    z.strictObject({
      arg: z.string(),
      url: z.string(),
      host: z.string(),
      port: int,
      addresses: z.array(z.string()),
      /** What kind of place that is, where it isn't a public one. Of a name it is known only when it is connected to. */
      scope: z.enum(SCOPES).exactOptional(),
      /** Why no tool of ours connects there, whatever is allowed. */
      refused: z.enum(['scheme', 'userinfo']).exactOptional(),
      /** Of a command line: the shell makes the host as it runs. */
      dynamic: z.literal(true).exactOptional(),
    }),
  ),
  /**
   * Every simple command that could run. `parser`: 'bash' for a shell line, 'argv' for a program with its arguments, 'text'
   * where nothing was parsed: `words` holds the whole text as one word.
   */
  commands: z.array(
    z.strictObject({
      words: z.array(z.string()),
      /** Places in `words` of those that the shell makes as it runs: they stand as in the text. */
      dynamic: z.array(int).exactOptional(),
      assignments: z.array(z.string()),
      redirects: z.array(z.string()),
      parser: z.string(),
      /** What runs it, where the line doesn't: of VIAS, joined by VIA_JOINT. */
      via: z.string().exactOptional(),
      unclear: z.enum(UNCLEAR).exactOptional(),
      names_runtime: z.literal(true).exactOptional(),
    }),
  ),
  executable: z.strictObject({ path: z.string(), digest }).exactOptional(),
  /**
   * Files that a command line runs, goes by or sends, as far as its words and the names of its programs tell: by real path, in order.
   * Before them, words of which only the shell will know what they name, as they stand: without `digest`. Behind these, without a
   * sandbox, what links of the project lead elsewhere: `notes/a.txt, which leads to /home/me/x`, with a digest of where.
   * `digest`: of the bytes; of one that looks like a secret, of these with its inode and time of change. Without: one of more than 256 MiB.
   * Empty, in journals from before: its programs look for files of their folder to go by, and there was none yet.
   */
  runs: z.array(z.strictObject({ path: z.string(), digest: digest.exactOptional() })).exactOptional(),
  /**
   * Without a sandbox: folders of which the command may run, read or send whatever lies there by then, as no digest is of that. Real
   * paths of the project and around it, in order; absent: none, or recorded before this was told.
   */
  unbound: z.array(z.string()).min(1).exactOptional(),
  /**
   * Of a command that runs without a sandbox where others have one: links that lie anywhere in the project, which its words don't name,
   * and lead where a confined command couldn't go (`data/x, which leads to /home/me/x`), with a digest of where; what are more than a
   * few, as one. Absent: nobody looked, also in journals from before.
   */
  links: z.array(z.strictObject({ path: z.string(), digest })).exactOptional(),
  /** What confines the command as it runs; absent: nothing does. */
  sandbox: sandboxLevel.exactOptional(),
  /** Secrets of the vault that a command gets, by their names there, and under which variable. Never what they are. */
  secrets: z
    .array(z.strictObject({ variable: z.string(), name: z.string() }))
    .min(1)
    .exactOptional(),
  preimages: z.array(fileChange),
  taint: z.array(z.string()).exactOptional(),
  /** Arguments of which a rule of the policy speaks, as texts; null: not given. */
  args: z.record(z.string(), z.string().nullable()).exactOptional(),
});

/** What an approver is shown. Made by the tool's adapter from validated arguments, never by the model. */
export const presentation = z.strictObject({
  title: z.string(),
  body: longText.exactOptional(),
  diff: longText.exactOptional(),
});

export type LongText = z.infer<typeof longText>;
export type Part = z.infer<typeof part>;
export type Role = z.infer<typeof role>;
export type Actor = z.infer<typeof actor>;
export type Rights = z.infer<typeof rights>;
export type Lane = z.infer<typeof lane>;
export type Usage = z.infer<typeof usage>;
export type Limits = z.infer<typeof limits>;

/** How many calls of a tool may run on a day, and how many did. */
export const quota = z.strictObject({ limit: z.int().min(0), used: z.int().min(0) });
export type Quota = z.infer<typeof quota>;
export type SharedLimits = z.infer<typeof sharedLimits>;
export type LimitUse = z.infer<typeof limitUse>;
export type SandboxLevel = z.infer<typeof sandboxLevel>;
export type EffectClass = z.infer<typeof effectClass>;
export type Verdict = z.infer<typeof verdict>;
export type TurnReason = z.infer<typeof turnReason>;
export type ModelFailureClass = z.infer<typeof modelFailureClass>;
export type StopReason = z.infer<typeof stopReason>;
export type FileChange = z.infer<typeof fileChange>;
export type Facts = z.infer<typeof facts>;
export type CommandFact = Facts['commands'][number];
export type HostFact = Facts['hosts'][number];
/** Where a connection would lead. */
export type ConnectTarget = Pick<HostFact, 'host' | 'port' | 'addresses' | 'scope'>;
export type Presentation = z.infer<typeof presentation>;
