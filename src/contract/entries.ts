/**
 * The journal's entries: for each type the schema of its `data`. Types are inferred: import them as types only, so that
 * no turn loads zod. Decisions are derived by the kernel, observations come from the world; docs/journal.md says when
 * each is written.
 */
import * as z from 'zod';
import { sharedScope } from './manifest.ts';
import { policyRule } from './policy-rule.ts';
import {
  actor, digest, effectClass, facts, fileChange, hex64, int, lane, limits, limitUse, longText, modelFailureClass, part,
  presentation, quota, rights, sessionId, stopReason, turnReason, usage, verdict,
} from './values.ts'; // prettier-ignore

const text = z.string();
/** `used` before this call, what others have reserved included; `reserved` for it. */
const reservedUse = limitUse.extend({ reserved: int });
const sessionHead = z.strictObject({ seq: int, hash: hex64 });

/** A step of a plan. `task`: what is to be done, for who does it; `check`: a command that must exit with 0 after it. */
const step = z.strictObject({
  id: text,
  title: text,
  task: text.exactOptional(),
  depends_on: z.array(text),
  check: text.exactOptional(),
});

const toolCall = z.strictObject({ call_id: text, provider_id: text, name: text, arguments_raw: longText });

const observations = {
  'session.created': z.strictObject({
    session_id: sessionId,
    workspace_id: text,
    kind: z.enum(['chat', 'task', 'cron', 'step']),
    title: text.exactOptional(),
    project_root: text,
    source: text,
    actor,
    rights,
    epoch: int,
    /** `seq`: of the intent; `root`: where its tree begins; `scopes`: the budgets that it shares with its parent. */
    parent: z
      .strictObject({
        session_id: sessionId,
        seq: int,
        step_id: text,
        root: sessionId,
        scopes: z.array(sharedScope),
      })
      .exactOptional(),
    own_policies: z.array(digest).min(1).exactOptional(),
    redacted_from: z.strictObject({ session_id: sessionId, hash: hex64 }).exactOptional(),
  }),
  'session.opened': z.strictObject({
    reason: z.enum(['recovery', 'upgrade', 'restore', 'repair']),
    epoch: int,
    kernel: int,
    build: text,
    policy: digest,
    cut_bytes: int.exactOptional(),
    cut_from: int.exactOptional(),
    torn_file: text.exactOptional(),
  }),
  'session.forked': z.strictObject({
    session_id: sessionId,
    from: z.strictObject({ session_id: sessionId, seq: int, hash: hex64 }),
    rights,
    actor,
    /** From where whoever forked came, where that isn't this machine. */
    source: text.exactOptional(),
    own_policies: z.array(digest).min(1).exactOptional(),
    /** Of the workspace that goes on with it, where it came from another one. A turn that is open ends by that. */
    epoch: int.exactOptional(),
  }),
  'policy.changed': z.strictObject({ policy: digest, by: text }),
  'session.configured': z.strictObject({
    model: text.exactOptional(),
    /** Of the model: it stands in the configuration. Where it doesn't any more, no other is asked in its place. */
    listed: z.literal(true).exactOptional(),
    title: text.exactOptional(),
    /** Told to the model in this session; '' takes them back. */
    instructions: text.exactOptional(),
    /** A fact that is told to the model for good; and the id of one that was taken back. */
    pin: text.exactOptional(),
    unpin: text.exactOptional(),
    /** The history is to be summed up before the next think. */
    compact: z.literal(true).exactOptional(),
    trust: z.array(text).exactOptional(),
    /** Grants of the session that count no more, by their ids. */
    revoke: z.array(text).min(1).exactOptional(),
    by: z.strictObject({ actor }),
  }),
  'input.received': z.strictObject({
    event_id: text,
    mode: z.enum(['message', 'steer', 'stop']),
    parts: z.array(part),
    actor,
    source: text,
    lane,
    taint: z.array(text),
    /** It is to be planned, and its steps done by sessions of their own. */
    goal: z.literal(true).exactOptional(),
    /** A command that must exit with 0 before its turn counts as done. */
    check: text.exactOptional(),
    /** Of its turn, where they are tighter than the configured ones. */
    limits: limits.exactOptional(),
    for: text.exactOptional(),
    reason: text.exactOptional(),
  }),
  'turn.started': z.strictObject({
    turn: int,
    event_ids: z.array(text),
    kernel: int,
    frozen: digest,
    limits,
    rights,
    time_zone: text,
  }),
  'budget.reserved': z.strictObject({
    for: text,
    scopes: z.array(reservedUse),
  }),
  'budget.refused': z.strictObject({
    for: text,
    scopes: z.array(reservedUse),
    refused_by: text.exactOptional(),
    message: text.exactOptional(),
  }),
  'model.replied': z.strictObject({
    call_id: text,
    attempt: int,
    /** Absent: a think, whose text and calls are the turn's. */
    purpose: z.enum(['compact', 'plan']).exactOptional(),
    parts: z.array(part),
    tool_calls: z.array(toolCall),
    stop_reason: stopReason,
    usage,
    cost_micro_usd: int.exactOptional(),
    model_served: text,
    provider_request_id: text.exactOptional(),
    wire_digest: digest,
    duration_ms: int,
    /** What this model, by its name, can't see and was not shown: said once, when it is new. Up to the message of this seq. */
    unseen: z.strictObject({ model: text, seq: int, parts: z.array(text).min(1) }).exactOptional(),
  }),
  'model.failed': z.strictObject({
    call_id: text,
    attempt: int,
    class: modelFailureClass,
    code: text,
    message: text,
    retry_after_ms: int.exactOptional(),
    /** `other_key`: there is a key that may do. `endpoint_down`: it is no use to ask there for now. */
    hint: z.enum(['other_key', 'endpoint_down']).exactOptional(),
    usage: usage.exactOptional(),
    cost_micro_usd: int.exactOptional(),
    partial: longText.exactOptional(),
  }),
  'call.inspected': z.strictObject({
    call_id: text,
    args_digest: digest,
    invalid: z.array(z.strictObject({ path: text, message: text })).exactOptional(),
    facts,
    facts_digest: digest,
    presentation,
    presentation_digest: digest,
    /** The day's calls of its tool are used up. Not a fact of the call: no digest has it. */
    quota: quota.exactOptional(),
  }),
  'approval.resolved': z.strictObject({
    approval_id: text,
    outcome: z.enum(['granted', 'denied', 'expired']),
    scope: z.enum(['once', 'session', 'always']).exactOptional(),
    grant_id: text.exactOptional(),
    /** What the grant covers; absent: exactly this call. */
    rule: policyRule.exactOptional(),
    by: z.strictObject({ actor, via: text }),
    reason: text.exactOptional(),
  }),
  'call.finished': z.strictObject({
    call_id: text,
    attempt: int,
    outcome: z.enum(['ok', 'error', 'timeout', 'canceled', 'void', 'unknown']),
    error: z.strictObject({ code: text, message: text }).exactOptional(),
    exit_code: z.int().exactOptional(),
    signal: text.exactOptional(),
    output: longText,
    output_truncated: z.boolean(),
    files: z.array(fileChange.extend({ action: z.enum(['add', 'update', 'delete', 'move']) })),
    taint: z.array(text),
    duration_ms: int,
  }),
  /** How a try of a step ended, and what it used. `head`: the last entry of its turn; seq 0: it never had one. */
  'child.finished': z.strictObject({
    session_id: sessionId,
    attempt: int,
    reason: turnReason,
    head: sessionHead,
    result: z.array(part),
    taint: z.array(text),
    usage,
    cost_micro_usd: int.exactOptional(),
    model_calls: int,
    tool_calls: int,
    active_ms: int,
  }),
  'timer.fired': z.strictObject({ timer_id: text }),
  /** From now on a summary stands in the history for its contents from `from_seq` to `to_seq`; the last `kept` stay. */
  'context.compacted': z.strictObject({
    call_id: text,
    from_seq: int,
    to_seq: int,
    kept: int,
    /** Of the summary's value (contract/summary.ts). */
    summary: digest,
    /** Seqs of the messages that stand in it word for word. */
    pinned: z.array(int),
    /** Estimates of what a request takes. */
    tokens_before: int,
    tokens_after: int,
  }),
  'reply.settled': z.strictObject({
    reply_id: text,
    destination: text,
    outcome: z.enum(['delivered', 'possible_duplicate', 'dead', 'void']),
    chunks: z.array(z.strictObject({ n: int, provider_id: text.exactOptional(), attempts: int })),
  }),
  'files.undone': z.strictObject({ turn: int, files: z.array(fileChange), by: z.strictObject({ actor }) }),
} as const;

const decisions = {
  'plan.made': z.strictObject({
    turn: int,
    by: z.enum(['rule', 'model']),
    model: text,
    steps: z.array(step),
  }),
  'model.requested': z.strictObject({
    call_id: text,
    attempt: int,
    purpose: z.enum(['think', 'plan', 'reflect', 'compact']),
    /** Of a compaction: so many of the last contents are not part of it. */
    keep: int.exactOptional(),
    provider: text,
    model: text,
    request_digest: digest,
    message_count: int,
    max_output_tokens: int,
    reserve: z.strictObject({ tokens: int, cost_micro_usd: int }),
    /** Limits of the turn and the session of which most is used. */
    near: z.array(limitUse).min(1).exactOptional(),
  }),
  'policy.decided': z.strictObject({
    call_id: text,
    tool: text,
    effect: z.enum([...effectClass.options, 'unknown']),
    verdict,
    rules: z.array(z.strictObject({ id: text, verdict })),
    reason: text,
    taint: z.array(text),
    grant_id: text.exactOptional(),
    /** Of a call that waits for an answer, where fewer may give it by a policy that came since. */
    approver_roles: z.array(text).min(1).exactOptional(),
  }),
  'approval.requested': z.strictObject({
    approval_id: text,
    call_id: text,
    digest,
    expires_at: int,
    approver_roles: z.array(text),
    may_repeat_of: text.exactOptional(),
  }),
  'call.started': z.strictObject({
    call_id: text,
    attempt: int,
    tool: text,
    args_digest: digest,
    facts_digest: digest,
    approval_id: text.exactOptional(),
    grant_id: text.exactOptional(),
    idempotency_key: text,
    files: z.array(fileChange).exactOptional(),
  }),
  'call.refused': z.strictObject({
    call_id: text,
    why: z.enum([
      'invalid_arguments', 'unknown_tool', 'denied', 'approval_denied', 'approval_expired', 'void', 'limit', 'canceled',
    ]), // prettier-ignore
    message: text,
  }),
  'call.abandoned': z.strictObject({ call_id: text, attempt: int, outcome: z.literal('unknown'), message: text }),
  'child.started': z.strictObject({
    session_id: sessionId,
    step_id: text,
    attempt: int,
    /** Of what it is told: objective, step, and the results that the step stands on. */
    input_digest: digest,
    rights,
    budget: limits,
  }),
  /** A call of the runtime's own, to see whether the work is done: this command has to exit with 0. */
  'check.requested': z.strictObject({ call_id: text, tool: text, arguments_raw: text }),
  'turn.reflected': z.strictObject({
    turn: int,
    think: int,
    signal: z.enum(['continue', 'retry', 'replan', 'stop']),
    reason: text,
    evidence: z.array(text),
  }),
  'reply.made': z.strictObject({
    reply_id: text,
    turn: int,
    to: z.array(z.strictObject({ channel: text, address: text })),
    call_id: text.exactOptional(),
    parts: z.array(part).exactOptional(),
    final: z.boolean(),
  }),
  'turn.ended': z.strictObject({
    turn: int,
    event_ids: z.array(text),
    reason: turnReason,
    code: text.exactOptional(),
    message: text.exactOptional(),
    usage,
    cost_micro_usd: int.exactOptional(),
    model_calls: int,
    tool_calls: int,
    /** Models that were asked in vain before the one that answered, each with why. */
    given_up: z.array(text).min(1).exactOptional(),
  }),
} as const;

/** The schema of each entry type's data. */
export const entryData = { ...observations, ...decisions };

const envelope = { v: z.literal(1), seq: z.int().min(1), at: int };
type DataSchemas = typeof entryData;

function entryOf<T extends keyof DataSchemas>(type: T) {
  return z.strictObject({ ...envelope, type: z.literal(type), data: entryData[type] });
}

/** One entry: the journal line without its chain (`durable`, `prev`, `hash`). */
export const entrySchema = z.discriminatedUnion(
  'type',
  (Object.keys(entryData) as (keyof DataSchemas)[]).map(entryOf) as [ReturnType<typeof entryOf>],
);

export type ObservationType = keyof typeof observations;
export type DecisionType = keyof typeof decisions;
export type EntryType = ObservationType | DecisionType;

/** The data of an entry type. */
export type EntryData<T extends EntryType> = z.infer<DataSchemas[T]>;

/** An entry before it has a place in the journal. */
export type NewEntry = { [T in EntryType]: { type: T; data: EntryData<T> } }[EntryType];
export type Decision = { [T in DecisionType]: { type: T; data: EntryData<T> } }[DecisionType];
export type Observation = { [T in ObservationType]: { type: T; data: EntryData<T> } }[ObservationType];

export type Seq = number;

/** An entry with its place. `at` is ms UTC and never goes back within a journal. */
export type Entry = { [T in EntryType]: { v: 1; seq: Seq; at: number; type: T; data: EntryData<T> } }[EntryType];

export type EntryOf<T extends EntryType> = Extract<Entry, { type: T }>;
export type ToolCall = EntryData<'model.replied'>['tool_calls'][number];
export type CallFinished = EntryData<'call.finished'>;
export type CallInspected = EntryData<'call.inspected'>;
