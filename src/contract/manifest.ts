/** The frozen inputs of a turn: one blob, canonical JSON, named by digest in `turn.started.frozen`. */
import * as z from 'zod';
import { policyRule } from './policy-rule.ts';
import {
  digest,
  effectClass,
  int,
  lane,
  leftOf,
  limits,
  role,
  sandboxMode,
  sharedLimits,
  type Verdict,
} from './values.ts';

/**
 * A tool as the model and the policy know it during a turn.
 * `recovery` says what happens to a call that was cut while it ran: `rerun` (it only reads, or is idempotent by our own
 * declaration), `roll_forward` (its intent names each file before and after), `unknown` (nobody can know).
 */
export const toolSpec = z.strictObject({
  name: z.string(),
  description: z.string(),
  parameters: z.record(z.string(), z.json()),
  schema_digest: digest,
  effect: effectClass,
  recovery: z.enum(['rerun', 'roll_forward', 'unknown']),
  secrets: z.array(z.string()),
});

/** Policy as a value. The lists are disjoint by `deny` > `require_approval` > `allow`; a tool in none falls to the defaults. */
export const policy = z.strictObject({
  v: z.literal(1),
  deny: z.array(z.string()),
  require_approval: z.array(z.string()),
  allow: z.array(z.string()),
  rules: z.array(policyRule).min(1).exactOptional(),
  /** Places that aren't public and may be connected to all the same: `host`, `host:port`, an address or a range of them. */
  allow_private: z.array(z.string()).min(1).exactOptional(),
  sandbox: sandboxMode,
  approver_roles: z.array(role),
});

/** `by_role`: of who gave it. Absent in turns from before that counted. */
const granted = z.strictObject({
  grant_id: z.string(),
  tool: z.string(),
  project_root: z.string(),
  by_role: role.exactOptional(),
});

/** A grant of this tool with exactly these arguments and facts, in this project root. */
export const exactGrant = granted.extend({ args_digest: digest, facts_digest: digest });

/** A grant of what a rule covers, which the approver saw: of this tool, in this project root. */
export const ruleGrant = granted.extend({ rule: policyRule });

/** A standing or session grant. */
export const grant = z.union([exactGrant, ruleGrant]);

/** Micro-USD a million tokens. */
export const price = z.strictObject({ input: int, output: int, cached: int });

/** What a model takes beside text. */
export const modelAbility = z.enum(['image', 'file']);

/** A model that may be asked during the turn. The first is the chosen one, the others are its fallbacks in order. */
export const modelChoice = z.strictObject({
  name: z.string(),
  provider: z.string(),
  model: z.string(),
  context: int.exactOptional(),
  max_output_tokens: int,
  price: price.exactOptional(),
  /** Absent: nobody has said. */
  sees: z.array(modelAbility).exactOptional(),
});

/**
 * A budget that sessions share: `day`, `month`, `sender:<actor id>` and `schedule:<job>` (both of a day), `tree:<session>`
 * (that session and all its children), `goal:<session>.<turn>` (that turn and all its steps). The date is that at which the ledger reserves.
 */
export const sharedScope = z.strictObject({ scope: z.string(), limits: sharedLimits, left_of: leftOf.exactOptional() });

export const manifestSchema = z.strictObject({
  v: z.literal(1),
  models: z.array(modelChoice).min(1),
  /** Asked for summaries, where it isn't one of `models` that does. */
  compactor: modelChoice.exactOptional(),
  /** Asked for plans, where it isn't one of `models` that makes them. */
  planner: modelChoice.exactOptional(),
  instructions: z.string(),
  /** What they are put together of, in order. */
  instruction_sources: z.array(z.strictObject({ origin: z.string(), bytes: int })).exactOptional(),
  catalog: z.array(toolSpec),
  skills: z.array(z.json()),
  memory: z.array(z.json()),
  policy,
  /** Where the turn's messages came from, and by how many minutes local time was ahead of UTC when the turn began. */
  asker: z.strictObject({ channels: z.array(z.string()).min(1), lane, utc_offset_min: z.int() }).exactOptional(),
  /** The session's own policies, in the order in which it got them. They hold beside `policy`; the strictest wins. */
  session_policies: z.array(policy).min(1).exactOptional(),
  grants: z.array(grant),
  /** A grant counts only where who gave it might answer the call. Absent in turns from before that rule. */
  grants_by_role: z.literal(true).exactOptional(),
  /** A command runs by a grant in a sandbox only. Absent in turns from before that rule. */
  grants_confined: z.literal(true).exactOptional(),
  /** Grants of the session from before a restore, or a repair that lost entries, count no more. Absent in turns from before that rule. */
  grants_of_epoch: z.literal(true).exactOptional(),
  rules: z.strictObject({
    calls_per_reply: int,
    model_attempts: int,
    retry_base_ms: int,
    retry_max_ms: int,
    retry_after_max_ms: int,
    approval_ttl_ms: int,
    session_tokens: int.exactOptional(),
    session_cost_micro_usd: int.exactOptional(),
    session_calls: int.exactOptional(),
    session_wall_ms: int.exactOptional(),
    shared_scopes: z.array(sharedScope),
    /** Of a goal: most steps of its plan, and of those that are done at the same time; tries; plans that are asked for. */
    goal: z
      .strictObject({
        most_steps: int,
        at_once: int,
        attempts: int,
        retry_base_ms: int,
        plans: int,
        step_limits: limits,
      })
      .exactOptional(),
  }),
  /** What could not be read when the turn was frozen, and why. */
  missing: z.array(z.strictObject({ what: z.string(), why: z.string() })),
});

export type ToolSpec = z.infer<typeof toolSpec>;
export type Policy = z.infer<typeof policy>;
export type ExactGrant = z.infer<typeof exactGrant>;
export type RuleGrant = z.infer<typeof ruleGrant>;
export type Grant = z.infer<typeof grant>;
export type Price = z.infer<typeof price>;
export type ModelAbility = z.infer<typeof modelAbility>;
export type ModelChoice = z.infer<typeof modelChoice>;
export type SharedScope = z.infer<typeof sharedScope>;
export type Manifest = z.infer<typeof manifestSchema>;
export type RuleVerdict = { id: string; verdict: Verdict };
