/** Approvals: derived from the journals, never stored; and their resolution where no process owns the session. */
import { visible } from '../adapters/tools/visible.ts';
import { mapFew } from '../base/map-few.ts';
import { parseStrictJson } from '../base/strict-json.ts';
import { utcTime } from '../base/utc-time.ts';
import type { ApprovalRecord } from '../contract/answers.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { EntryData, ToolCall } from '../contract/entries.ts';
import type { Blobs, StoredEntry } from '../contract/ports.ts';
import type { Actor } from '../contract/values.ts';
import type { Resolution } from '../contract/host.ts';
import type { RuleText } from '../contract/policy-rule.ts';
import { grantedRule, isSameRule, proposal, requireOwnRight } from './approval-checks.ts';
import { isUnconfined } from '../kernel/policy/unconfined.ts';
import { mayApprove } from '../kernel/approval/approvers.ts';
import { isChildEvent } from './child-event.ts';
import { matchingId } from './matching-id.ts';
import { callsMade } from './session/calls-made.ts';
import { wholeText } from './session/messages.ts';
import type { LiveSession, Owner } from './owner.ts';
import { stepSessionsOf } from './past/step-sessions.ts';
import { LOCAL_ACTOR, type Principal } from './principal.ts';
import type { Workspace } from './wire.ts';

/** So many sessions are read at the same time. */
const AT_A_TIME = 16;

/** Every approval of a session, in order, as of `now` (ms UTC) in the workspace's `epoch`: a later one voids what is open. */
export async function approvalsOf(
  entries: readonly StoredEntry[],
  blobs: Pick<Blobs, 'get'>,
  now: number,
  epoch = 0,
): Promise<ApprovalRecord[]> {
  const records = new Map<string, ApprovalRecord>();
  const calls = new Map<string, ToolCall>();
  const inspections = new Map<string, EntryData<'call.inspected'>>();
  const decisions = new Map<string, EntryData<'policy.decided'>>();
  const actors = new Map<string, Actor>();
  let session: SessionFacts = { id: '', project_root: '', epoch: 0 };
  let turn: TurnFacts = { turn: 0, actor: LOCAL_ACTOR, isTry: false };
  const proposed = new Map<string, RuleText>();
  const close = (matches: (record: ApprovalRecord) => boolean): void => {
    for (const record of records.values()) {
      const open = record.status === 'pending' || (record.status === 'granted' && !record.used_by);
      if (open && matches(record)) record.status = 'void';
    }
  };

  for (const { entry } of entries) {
    switch (entry.type) {
      case 'session.created':
        session = factsOf(entry.data);
        break;
      case 'session.forked':
        session = { id: entry.data.session_id, project_root: session.project_root, epoch: session.epoch };
        close(() => true);
        break;
      case 'session.opened':
        if (entry.data.epoch > session.epoch) close(() => true);
        session = { ...session, epoch: entry.data.epoch };
        break;
      case 'input.received':
        actors.set(entry.data.event_id, entry.data.actor);
        break;
      case 'turn.started':
        turn = turnFacts(entry.data, session.id, actors);
        break;
      case 'model.replied':
      case 'check.requested':
        for (const call of callsMade(entry)) calls.set(call.call_id, call);
        break;
      case 'call.inspected':
        inspections.set(entry.data.call_id, entry.data);
        break;
      case 'policy.decided':
        decisions.set(entry.data.call_id, entry.data);
        for (const record of records.values()) narrow(record, entry.data);
        break;
      case 'approval.requested': {
        const { call_id, approval_id, digest, expires_at, approver_roles, may_repeat_of } = entry.data;
        const inspected = inspections.get(call_id)!;
        const decided = decisions.get(call_id)!;
        const raw = parseStrictJson(await wholeText(calls.get(call_id)!.arguments_raw, blobs));
        const rule = proposal(decided, inspected, session.project_root, raw.ok ? raw.value : {});
        if (rule) proposed.set(approval_id, rule);
        records.set(approval_id, {
          schemaVersion: 'runtime.approval.v1',
          id: approval_id,
          session_id: session.id,
          turn: turn.turn,
          call_id,
          tool: decided.tool,
          effect: decided.effect,
          args: raw.ok ? raw.value : {},
          facts: inspected.facts,
          rules: decided.rules,
          args_digest: inspected.args_digest,
          digest,
          project_root: session.project_root,
          ...(session.parent && turn.isTry && { parent: session.parent }),
          presentation: inspected.presentation,
          reason: decided.reason,
          taint: decided.taint,
          ...(may_repeat_of !== undefined && { may_repeat_of }),
          requester: { id: turn.actor.id, role: turn.actor.role },
          approver_roles,
          status: now < expires_at ? 'pending' : 'expired',
          created_at: entry.at,
          expires_at,
        });
        break;
      }
      case 'approval.resolved': {
        const record = records.get(entry.data.approval_id);
        if (record) resolveRecord(record, entry.at, entry.data);
        break;
      }
      case 'call.started': {
        const record = records.get(entry.data.approval_id ?? '');
        if (record && !record.used_by) record.used_by = { seq: entry.seq };
        break;
      }
      case 'call.refused':
      case 'call.abandoned':
        close((record) => record.call_id === entry.data.call_id);
        break;
      case 'turn.ended':
        close((record) => record.turn === entry.data.turn);
        break;
      default:
        break;
    }
  }
  if (epoch > session.epoch) close(() => true);
  return [...records.values()].map((record) => {
    if (record.status !== 'pending') return record;
    const rule = proposed.get(record.id);
    return { ...record, ...(isUnconfined(record) && { once_only: true }), ...(rule && { proposed_rule: rule }) };
  });
}

/** Fewer may answer, by a policy that came since. */
function narrow(record: ApprovalRecord, { call_id, approver_roles }: EntryData<'policy.decided'>): void {
  if (record.call_id === call_id && approver_roles) record.approver_roles = approver_roles;
}

interface SessionFacts extends Pick<ApprovalRecord, 'project_root' | 'parent'> {
  id: string;
  epoch: number;
}

function factsOf({ session_id, project_root, epoch, title = '', parent }: EntryData<'session.created'>): SessionFacts {
  if (!parent) return { id: session_id, project_root, epoch };
  const { step_id, root } = parent;
  return { id: session_id, project_root, epoch, parent: { session_id: parent.session_id, step_id, root, title } };
}

/** `isTry`: its message is the step itself, not what somebody said to that session since. */
interface TurnFacts {
  turn: number;
  actor: Actor;
  isTry: boolean;
}

function turnFacts(
  { turn, event_ids: [event_id = ''] }: EntryData<'turn.started'>,
  session_id: string,
  actors: ReadonlyMap<string, Actor>,
): TurnFacts {
  return { turn, actor: actors.get(event_id) ?? LOCAL_ACTOR, isTry: isChildEvent(session_id, event_id) };
}

function resolveRecord(record: ApprovalRecord, at: number, data: EntryData<'approval.resolved'>): void {
  const { outcome, scope, by, reason, grant_id, rule } = data;
  record.status = outcome;
  record.resolved = {
    at,
    outcome,
    ...(scope !== undefined && { scope }),
    by: { id: by.actor.id, role: by.actor.role },
    via: by.via,
    ...(reason !== undefined && { reason }),
    ...(grant_id !== undefined && { grant_id }),
    ...(rule && { rule }),
  };
}

/**
 * The approvals that wait for an answer, oldest first: only sessions with unfinished events can have any, and those that do
 * steps for them.
 */
export async function pendingApprovals(workspace: Workspace): Promise<ApprovalRecord[]> {
  const { journal, ingress } = workspace.store;
  const open = [...new Set((await ingress.pending()).map((event) => event.session_id))];
  const steps = await mapFew(open, AT_A_TIME, (session) => stepSessionsOf(journal, session));
  const found = await mapFew([...open, ...steps.flat()], AT_A_TIME, (session) => recordsOf(workspace, session));
  return found
    .flat()
    .filter((record) => record.status === 'pending')
    .sort((a, b) => a.created_at - b.created_at);
}

/** The whole of an id, or so much of its beginning that it may name one. */
const SOME_APPROVAL = /^a-[0-9a-f]{4,64}$/;
const WHOLE_APPROVAL = /^a-[0-9a-f]{16,}$/;

/**
 * The approval with this id, or the only one of all, answered and void ones too, whose id begins so: a beginning that was read of one
 * must never mean another. By a whole id, sessions with unfinished work are looked at first.
 * @throws RuntimeError not_found | ambiguous_id
 */
export async function findApproval(workspace: Workspace, id: string): Promise<ApprovalRecord> {
  const open = new Set((await workspace.store.ingress.pending()).map((event) => event.session_id));
  const looks = WHOLE_APPROVAL.test(id) ? [open, undefined] : SOME_APPROVAL.test(id) ? [undefined] : [];
  for (const among of looks) {
    const sessions = await workspace.index.ofApproval(id, among);
    const records = (await mapFew(sessions, AT_A_TIME, (session) => recordsOf(workspace, session))).flat();
    const found = matchingId(records, id, (record) => record.id);
    if (found) return found;
  }
  throw new RuntimeError('not_found', `There is no approval ${id}.`, {
    next: 'See `runtime approvals ls`; the id, or 6 or more characters from its beginning.',
  });
}

/** Every approval of a session; none where there is no session. */
export async function recordsOf({ store, clock }: Workspace, session: string): Promise<ApprovalRecord[]> {
  const entries: StoredEntry[] = [];
  await store.journal.read(session, (stored) => void entries.push(stored));
  return approvalsOf(entries, store.blobs, clock.now(), store.workspace().epoch);
}

/**
 * Records a person's answer. The same answer by the same actor again changes nothing.
 * @throws RuntimeError not_found | digest_mismatch | approval_already_resolved | approval_expired | approval_void | role_not_allowed | caller_is_tool | rule_refused
 */
export async function resolveApproval(
  workspace: Workspace,
  owner: Owner,
  open: (session: string) => Promise<LiveSession>,
  id: string,
  resolution: Resolution,
  by: Principal,
): Promise<ApprovalRecord> {
  by.refuseTools?.(); // whatever roles may approve
  const record = await findApproval(workspace, id);
  requireApprover(record, by);
  requireShown(record, resolution);
  if (isRepeated(record, resolution, by)) {
    await open(record.session_id);
    await requireKept(workspace, record);
    return record;
  }
  requirePending(record);
  const live = await open(record.session_id);
  if (resolution.decision === 'grant') requireOwnRight(live, record, by);
  const rule = grantedRule(workspace, live, record, resolution);
  const written = await owner.resolve(live, record, withCleanReason(resolution), by, rule);
  // Whose answer came before needn't be on the disk yet, or can't be written at all.
  if (!written) await workspace.store.journal.sync(record.session_id);
  const now = await findApproval(workspace, record.id);
  if (!written && isRepeated(now, resolution, by)) await requireKept(workspace, now);
  else if (!written) {
    requirePending(now);
    requireApprover(now, by); // a policy that names fewer may have come with it
    const what = `${record.id} could not be answered: its session takes nothing more just now.`;
    throw new RuntimeError('store_unavailable', what, { next: 'Repeat the answer.' });
  }
  return now;
}

function requireApprover({ id, approver_roles }: ApprovalRecord, { actor }: Principal): void {
  if (mayApprove(actor.role, approver_roles)) return;
  const who = `${actor.id} is ${actor.role}; only ${approver_roles.join(', ')} may answer ${id}.`;
  throw new RuntimeError('role_not_allowed', who, {
    next: `Have one of those answer it: \`runtime approvals show ${id}\`.`,
  });
}

/** An approval's digest never changes: looking before is as good as comparing in the act. */
function requireShown({ id, digest }: ApprovalRecord, { digest: shown = digest }: Resolution): void {
  if (shown !== digest)
    throw new RuntimeError('digest_mismatch', `Approval ${id} is not for what you were shown.`, { id });
}

/** The model reads it, and whoever looks at the record. */
const LONGEST_REASON = 2000;

function withCleanReason({ reason, ...resolution }: Resolution): Resolution {
  if (reason === undefined) return resolution;
  const clean = visible(reason, { lines: true });
  const cut = clean.length > LONGEST_REASON ? `${clean.slice(0, LONGEST_REASON - 1).toWellFormed()}…` : clean;
  return { ...resolution, reason: cut };
}

/** A wider scope than before, or another rule, is another answer: nothing would come of it. */
function isRepeated(
  { resolved }: ApprovalRecord,
  { decision, scope = 'once', rule }: Resolution,
  { actor }: Principal,
): boolean {
  const outcome = decision === 'grant' ? 'granted' : 'denied';
  if (resolved?.outcome !== outcome || resolved.by.id !== actor.id) return false;
  return outcome === 'denied' || ((resolved.scope ?? 'once') === scope && isSameRule(resolved.rule, rule));
}

/**
 * That an answer is written says little: its sync may be under way, or have failed. One for always is acknowledged only where
 * its grant stands: a stop or a full disk may have come before it. Its session is open.
 */
async function requireKept({ store }: Workspace, { id, session_id, resolved }: ApprovalRecord): Promise<void> {
  await store.journal.sync(session_id);
  if (resolved?.scope !== 'always' || resolved.grant_id === undefined) return;
  if (await store.grants.holds(resolved.grant_id)) return;
  throw new RuntimeError('approval_already_resolved', `${id} was granted, but its standing grant is not there.`, {
    id,
    next: 'The call may run this once; the next one asks again.',
  });
}

function requirePending({ id, status, resolved }: ApprovalRecord): void {
  if (status === 'pending') return;
  if (status === 'expired') throw new RuntimeError('approval_expired', `${id} has expired.`);
  if (resolved && resolved.outcome !== 'expired') {
    const { outcome, by, via, at, reason } = resolved;
    const who = `${outcome} by ${by.id} via ${via} at ${utcTime(at)}${reason === undefined ? '' : ` (${reason})`}`;
    throw new RuntimeError('approval_already_resolved', `${id} was ${who}.`, { id });
  }
  throw new RuntimeError(
    'approval_void',
    `${id} is void: its call was refused, its turn has ended, or the store was restored since.`,
  );
}
