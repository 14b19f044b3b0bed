/**
 * What the HTTP API answers, beside the events of `stream.ts`. Types are inferred from these schemas, and the build makes
 * the OpenAPI document of them; import the types only. Times are ms UTC, durations ms, money micro-USD.
 */
import * as z from 'zod';
import { exactGrant, ruleGrant } from './manifest.ts';
import { policyRule, ruleText } from './policy-rule.ts';
import {
  digest,
  effectClass,
  facts,
  fileChange,
  int,
  lane,
  presentation,
  role,
  turnReason,
  usage,
  verdict,
} from './values.ts';

const seq = int.describe('Place of an entry in the journal, from 1; 0: before the first.');
const waitsOn = z.array(z.string()).describe('Ids of approvals for which it waits.');
const chainHash = z.string().regex(/^[0-9a-f]{64}$/);

/** Arguments of a call. */
export const json = z.json();

/** Who asked, or answered. */
const person = z.strictObject({ id: z.string(), role });

/** The process that owns the workspace. */
export const hostStatus = z.strictObject({
  pid: int,
  program: z.string(),
  version: z.string(),
  protocol: int.describe('Of the control socket.'),
  workspace: z.string(),
  started_at: int,
  url: z.string().exactOptional().describe('Where it serves the HTTP API: a daemon does.'),
  log: z.string().exactOptional().describe('The file of its log; absent: its standard error.'),
  failing: z
    .array(z.strictObject({ component: z.string(), code: z.string(), problem: z.string(), next: z.string() }))
    .exactOptional()
    .describe("What of it doesn't work, and what to do about it."),
});

export const eventState = z
  .enum(['queued', 'running', 'waiting_approval', 'done', 'dead'])
  .describe('waiting_approval: nothing is being done in its session before a person answers.');

/** The message is durable. */
export const accepted = z.strictObject({
  schemaVersion: z.literal('runtime.accepted.v1'),
  event_id: z.string(),
  session_id: z.string(),
  status: eventState,
  duplicate: z.boolean().describe('The key was known: these are the ids of the first time.'),
  position: int.describe('How many messages that wait go before it in its lane.'),
  waiting_on: waitsOn,
  notices: z.array(z.string()).exactOptional().describe('Lines for a person, as that no model is configured.'),
  status_url: z.string(),
  stream_url: z.string(),
});

/** What became of a message. */
export const eventStatus = z.strictObject({
  event_id: z.string(),
  session_id: z.string(),
  status: eventState,
  turn: int.exactOptional(),
  reason: turnReason.exactOptional().describe('Of a `done` one: how its turn ended.'),
  code: z.string().exactOptional(),
  why: z.string().exactOptional().describe('Of a `dead` one: why it could not be given to its session.'),
  text: z.string().exactOptional().describe('The reply.'),
  approvals: waitsOn,
  seq: seq.exactOptional().describe("Of the session's last entry when this was told."),
  usage: usage.exactOptional(),
  cost_micro_usd: int.exactOptional(),
  accepted_at: int.exactOptional(),
});

/** A message that isn't done. */
export const queueItem = z.strictObject({
  event_id: z.string(),
  session_id: z.string(),
  lane,
  priority: z.int(),
  actor: z.string().describe('Who sent it.'),
  source: z.string().describe('By what.'),
  state: z
    .enum(['waiting', 'delivered', 'running', 'waiting_approval', 'dead'])
    .describe(
      "waiting: its session hasn't got it; delivered: it has, and its turn comes; dead: it couldn't be given to its session, and waits for a person.",
    ),
  position: int.describe('How many that wait go before it in its lane.'),
  accepted_at: int,
  title: z.string().describe('What it begins with.'),
  metadata: z.record(z.string(), z.string()).exactOptional(),
  why: z.string().exactOptional().describe('Of a dead one.'),
  dead_at: int.exactOptional(),
});

const stepParent = z.strictObject({
  session_id: z.string(),
  step_id: z.string(),
  root: z.string().describe('Where its goal began, which goes on there.'),
});

/** What a session is doing. */
export const sessionStatus = z.strictObject({
  session_id: z.string(),
  status: z
    .enum(['absent', 'idle', 'queued', 'running', 'waiting_approval', 'open'])
    .describe("queued: its messages wait in their lanes; open: a turn hasn't ended, and nobody works on it."),
  project_root: z.string(),
  parent: stepParent.exactOptional().describe("Of a session that does a goal's step: whose."),
  model: z.string().exactOptional().describe('Chosen for the session; absent: the configured default.'),
  pins: z
    .array(z.strictObject({ id: z.string(), text: z.string() }))
    .exactOptional()
    .describe('Facts that the model is told for good.'),
  taint: z
    .array(z.string())
    .exactOptional()
    .describe('Where content from outside came from that is in its conversation.'),
  turns: int,
  seq: seq.describe('Of the last entry.'),
  turn: z
    .strictObject({
      turn: int,
      event_ids: z.array(z.string()),
      phase: z.string(),
      started_at: int.exactOptional(),
    })
    .exactOptional()
    .describe('The open turn, and its messages.'),
  queued: z.array(z.string()).describe('Messages that wait for their turn, or whose end nobody was told of.'),
  approvals: waitsOn,
  usage: usage.describe('Of all turns.'),
  cost_micro_usd: int,
  watchers: int.describe('How many terminals and streams look at it.'),
});

const { project_root, turns, seq: lastSeq, usage: allUsage, cost_micro_usd } = sessionStatus.shape;

/** The same in a list. What the journal alone knows is left out where the session isn't open: it is `queued`. */
export const sessionRow = sessionStatus.extend({
  project_root: project_root.exactOptional(),
  turns: turns.exactOptional(),
  seq: lastSeq.exactOptional(),
  usage: allUsage.exactOptional(),
  cost_micro_usd: cost_micro_usd.exactOptional(),
});

export const forked = z.strictObject({ session_id: z.string() });

/** A session that was imported, where it comes from, and how many of its entries are from there. */
export const imported = z.strictObject({
  session_id: z.string(),
  from: z.strictObject({ session_id: z.string(), seq, hash: chainHash }),
  entries: int,
  project_root: z.string().describe('As it was there; it may not be here.'),
});

export const approvalStatus = z.enum(['pending', 'granted', 'denied', 'expired', 'void']);

/** A call that waits for a person's answer, or has one. */
export const approvalRecord = z.strictObject({
  schemaVersion: z.literal('runtime.approval.v1'),
  id: z.string(),
  session_id: z.string(),
  turn: int,
  call_id: z.string(),
  tool: z.string(),
  effect: z.enum([...effectClass.options, 'unknown']),
  args: json,
  facts: facts.describe('What was found out about the call: policy judged these, and the digest is of these.'),
  rules: z.array(z.strictObject({ id: z.string(), verdict })).describe('All that applied.'),
  args_digest: digest,
  digest: digest.describe('Of exactly what would run. Send it with the answer.'),
  project_root: z.string(),
  parent: stepParent
    .extend({ title: z.string().describe('Of the step.') })
    .exactOptional()
    .describe("Of a call that a goal's step makes: whose step it is."),
  presentation,
  reason: z.string(),
  taint: z.array(z.string()),
  may_repeat_of: z.string().exactOptional(),
  once_only: z
    .literal(true)
    .exactOptional()
    .describe(
      'Of one that waits: no sandbox would confine the command, so it can be granted for nothing but this once.',
    ),
  proposed_rule: ruleText
    .exactOptional()
    .describe(
      'Of one that waits: the narrowest rule that covers the call. Show it, and send it or an edited one as `rule`. Absent: none can.',
    ),
  requester: person,
  approver_roles: z.array(z.string()),
  status: approvalStatus,
  created_at: int,
  expires_at: int,
  resolved: z
    .strictObject({
      at: int,
      outcome: z.enum(['granted', 'denied', 'expired']),
      scope: z.enum(['once', 'session', 'always']).exactOptional(),
      by: person,
      via: z.string(),
      reason: z.string().exactOptional(),
      grant_id: z.string().exactOptional(),
      rule: policyRule.exactOptional().describe('What the grant covers; absent: exactly this call.'),
    })
    .exactOptional(),
  used_by: z.strictObject({ seq }).exactOptional(),
});

/** A grant for all sessions, or one, and where it came from. */
const given = {
  by: z.string(),
  by_role: role.describe('It counts only for calls that this role may answer.'),
  session_id: z.string(),
  approval_id: z.string(),
  added_at: int,
  expires_at: int.exactOptional(),
  scope: z.literal('session').exactOptional().describe('It holds in its session alone; absent: in all.'),
};
export const standingGrant = z.union([exactGrant.extend(given), ruleGrant.extend(given)]);

export const policyChanged = z.strictObject({
  path: z.string().describe('The file that says so.'),
  changed: z.boolean().describe('Did it say otherwise before?'),
});

const undoFile = fileChange.extend({
  state: z
    .enum(['ready', 'back', 'changed', 'lost', 'refused'])
    .describe(
      'ready: it is as the turn left it; back: as it was before the turn; changed: somebody changed it since; lost: what it held is not kept any more; refused: it can not be looked at.',
    ),
  why: z.string().exactOptional().describe('Of those that keep the turn from being undone.'),
  changed_by_turn: int.exactOptional().describe('The later turn of the session that changed it.'),
  mixed: z
    .literal(true)
    .exactOptional()
    .describe('While the turn ran something else changed it, too: that goes with it.'),
  diff: z.string().describe('From what it holds now to what it is to hold, as `diff -u`.'),
});

export const undoPlan = z.strictObject({
  schemaVersion: z.literal('runtime.undo.v1'),
  session_id: z.string(),
  turn: int,
  status: z.enum(['ready', 'refused', 'already_undone', 'undone']),
  files: z.array(undoFile).describe('`before`: what the turn left; `after`: what is to be there again.'),
  untracked: z.array(z.string()).describe('Tools that ran in the turn and of whose changes nothing is recorded.'),
  undone_at: seq.exactOptional().describe('Of the entry that says it was undone.'),
});

const componentState = z.enum(['ok', 'failed']);

/** Is the daemon well? `failing`: the component that isn't `ok` is down. */
export const health = z.strictObject({
  status: z.enum(['ok', 'failing']),
  version: z.string(),
  components: z.strictObject({
    store: componentState,
    disk: z.enum([...componentState.options, 'full']),
    queue: componentState,
    schedules: componentState,
  }),
});

/** Does it take requests? */
export const ready = z.strictObject({
  status: z.enum(['ready', 'failing', 'stopping']),
  failing: z
    .array(z.string())
    .exactOptional()
    .describe("The components that aren't `ok`, by their names in `/health`."),
});

/** `application/problem+json`: what went wrong, and what to do about it. */
export const problem = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: int,
  code: z.string().describe('Stable: docs/reference/errors.md lists them.'),
  detail: z.string(),
  next: z.string().describe('What to do about it.'),
  request_id: z.string(),
  approval: approvalRecord.exactOptional().describe('As it stands, when an answer to it was refused.'),
});

export type HostStatus = z.infer<typeof hostStatus>;
export type EventState = z.infer<typeof eventState>;
export type AcceptedAnswer = z.infer<typeof accepted>;
export type EventStatus = z.infer<typeof eventStatus>;
export type QueueItem = z.infer<typeof queueItem>;
export type SessionStatus = z.infer<typeof sessionStatus>;
export type SessionRow = z.infer<typeof sessionRow>;
export type Imported = z.infer<typeof imported>;
export type ApprovalRecord = z.infer<typeof approvalRecord>;
export type StandingGrant = z.infer<typeof standingGrant>;
export type UndoFile = z.infer<typeof undoFile>;
export type UndoPlan = z.infer<typeof undoPlan>;
export type HealthAnswer = z.infer<typeof health>;
export type ReadyAnswer = z.infer<typeof ready>;
export type Problem = z.infer<typeof problem>;
