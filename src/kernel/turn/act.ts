/**
 * The next decision for the calls of a reply. What is refused without a look is refused first; then the active group is
 * decided as soon as all of it is inspected, so that the inspections of a group are one write.
 */
import type { Hash } from '../../base/digest.ts';
import type { Decision, EntryData } from '../../contract/entries.ts';
import type { Grant, Policy } from '../../contract/manifest.ts';
import { approvalDigest, approvalId } from '../approval/approval.ts';
import { approversOf, fewerApprovers } from '../approval/approvers.ts';
import { isChecking } from '../goal/check.ts';
import { judge, type JudgedCall } from '../policy/judge.ts';
import { askedBy } from '../policy/asked.ts';
import { isLoop, LOOP_MESSAGE } from './loops.ts';
import { activeGroup, type Call, type Inspected, type State, type Turn } from './state.ts';

export function act(hash: Hash, state: State, turn: Turn): Decision | undefined {
  const refused = turn.calls.find((call) => call.refusal && call.status !== 'settled');
  if (refused) return callRefused(refused, refused.refusal!.why, refused.refusal!.message);
  const group = activeGroup(turn);
  if (group.some((call) => call.status === 'new')) return undefined;
  for (const call of group) {
    const decision = nextFor(hash, state, turn, call);
    if (decision) return decision;
  }
  return undefined;
}

/** Of a turn that is being cut: whatever isn't running is refused or abandoned; what runs is cancelled and waited for. */
export function cutCalls(turn: Turn): Decision | undefined {
  const lost = turn.calls.find((call) => call.status === 'lost');
  if (lost) return abandoned(lost, 'stopped');
  const open = turn.calls.find((call) => call.status !== 'settled' && call.status !== 'running');
  if (!open) return undefined;
  if (open.attempt > 0) return abandoned(open, 'stopped');
  return callRefused(open, 'canceled', 'The turn was stopped before this call ran.');
}

function nextFor(hash: Hash, state: State, turn: Turn, call: Call): Decision | undefined {
  if (call.status === 'running') return undefined;
  if (call.status === 'lost') return abandoned(call, 'cut');
  const inspected = call.inspected!;
  if (inspected.invalid !== null) return callRefused(call, 'invalid_arguments', inspected.invalid);
  // A check is the runtime's own: how often the model made the same call is no reason not to look.
  if (call.status === 'inspected' && call.attempt === 0 && !isChecking(turn) && isLoop(turn, call)) {
    return callRefused(call, 'limit', LOOP_MESSAGE);
  }
  if (call.status === 'inspected' || (call.judged_by ?? 0) < turn.policies.length) {
    return policyDecided(state, turn, call, inspected);
  }
  if (call.verdict === 'deny') return notAllowed(call, 'denied', `Denied by policy: ${call.reason}.`);
  if (call.verdict === 'allow' && !call.approval) return started(state, call, inspected);
  return throughApproval(hash, state, turn, call, inspected);
}

/** Once a person was asked, only their answer lets the call run: what is judged anew may only tighten. */
function throughApproval(hash: Hash, state: State, turn: Turn, call: Call, inspected: Inspected): Decision | undefined {
  switch (call.approval?.status) {
    case undefined:
      return approvalRequested(hash, state, turn, call, inspected);
    case 'pending':
      return undefined;
    case 'granted':
      return started(state, call, inspected);
    case 'denied': {
      const why = call.approval?.reason;
      return notAllowed(call, 'approval_denied', `A person denied this call${why ? `: ${why}` : '.'}`);
    }
    case 'expired':
      return notAllowed(call, 'approval_expired', 'Nobody answered the approval in time, so the call was not run.');
    case 'void':
      return notAllowed(
        call,
        'void',
        'The approval became void when the store was restored or the session forked. Call again if it is still needed.',
      );
  }
}

/** What of a call is judged. */
export function judgedCall(state: State, turn: Turn, call: Call, inspected: Inspected): JudgedCall {
  const repeats = unknownLike(state, call, inspected);
  return {
    tool: call.name,
    effect: call.effect,
    args_digest: inspected.args_digest,
    facts: inspected.facts,
    facts_digest: inspected.facts_digest,
    project_root: state.session!.project_root,
    asked: askedBy(state, turn),
    ...(repeats && { may_repeat_of: repeats.call_id }),
    ...(!turn.manifest.grants_confined && { grants_unconfined: true }),
    ...(inspected.quota && { quota: inspected.quota }),
  };
}

/** Those that hold in the turn: standing ones, and those of the session. Where roles don't count yet, without them. */
export function grantsOf(
  { grants, old_grants }: Pick<State, 'grants' | 'old_grants'>,
  { manifest, grants: since }: Turn,
): Grant[] {
  const own = manifest.grants_of_epoch ? grants.filter(({ grant_id }) => !old_grants.includes(grant_id)) : grants;
  const all = [...manifest.grants, ...since, ...own];
  return manifest.grants_by_role ? all : all.map(({ by_role: _, ...grant }) => grant);
}

/** All rules that a call is judged by: those of the policies, and those that were granted. */
export function judgingOf(state: State, turn: Turn): (Policy | Pick<Policy, 'rules'>)[] {
  const granted = grantsOf(state, turn).flatMap((grant) => ('rule' in grant ? [grant.rule] : []));
  return [...turn.policies, { rules: granted }];
}

function policyDecided(state: State, turn: Turn, call: Call, inspected: Inspected): Decision {
  const judged = judgedCall(state, turn, call, inspected);
  const judgement = judge(turn.policies, grantsOf(state, turn), judged);
  const isAsked = call.approval?.status === 'pending' && judgement.verdict !== 'deny';
  const fewer = isAsked ? fewerApprovers(call.approval!.approver_roles, turn.policies, judged) : undefined;
  return {
    type: 'policy.decided',
    data: {
      call_id: call.call_id,
      tool: call.name,
      effect: call.effect,
      verdict: judgement.verdict,
      rules: judgement.rules,
      reason: judgement.reason,
      taint: state.taint,
      ...(judgement.grant_id !== undefined && { grant_id: judgement.grant_id }),
      ...(fewer && { approver_roles: fewer }),
    },
  };
}

function approvalRequested(hash: Hash, state: State, turn: Turn, call: Call, inspected: Inspected): Decision {
  const session = state.session!;
  const spec = turn.manifest.catalog.find((tool) => tool.name === call.name)!;
  const repeats = unknownLike(state, call, inspected);
  const digest = approvalDigest(hash, {
    session_id: session.id,
    call_id: call.call_id,
    project_root: session.project_root,
    spec,
    inspected,
    policy: turn.manifest.policy,
  });
  return {
    type: 'approval.requested',
    data: {
      approval_id: approvalId(hash, state.seq + 1, digest),
      call_id: call.call_id,
      digest,
      expires_at: state.at + turn.manifest.rules.approval_ttl_ms,
      approver_roles: approversOf(turn.policies, judgedCall(state, turn, call, inspected)),
      ...(repeats && { may_repeat_of: repeats.call_id }),
    },
  };
}

/** An earlier call of this tool with these arguments whose outcome nobody knows. */
function unknownLike(state: State, call: Call, inspected: Inspected): State['unknowns'][number] | undefined {
  return state.unknowns.find((one) => one.tool === call.name && one.args_digest === inspected.args_digest);
}

function started(state: State, call: Call, inspected: Inspected): Decision {
  const data: EntryData<'call.started'> = {
    call_id: call.call_id,
    attempt: call.attempt + 1,
    tool: call.name,
    args_digest: inspected.args_digest,
    facts_digest: inspected.facts_digest,
    idempotency_key: `${state.session!.id}:${call.call_id}`,
  };
  if (call.approval) data.approval_id = call.approval.approval_id;
  if (call.grant_id !== undefined) data.grant_id = call.grant_id;
  if (call.recovery === 'roll_forward') data.files = inspected.facts.preimages;
  return { type: 'call.started', data };
}

/** A call that ran before and may not run again is not simply refused: nobody knows what its first run did. */
function notAllowed(call: Call, why: EntryData<'call.refused'>['why'], message: string): Decision {
  return call.attempt > 0 ? abandoned(call, 'not_allowed') : callRefused(call, why, message);
}

function callRefused(call: Call, why: EntryData<'call.refused'>['why'], message: string): Decision {
  return { type: 'call.refused', data: { call_id: call.call_id, why, message } };
}

function abandoned(call: Call, why: 'cut' | 'stopped' | 'not_allowed'): Decision {
  const repeatable = call.recovery === 'rerun';
  const asks = call.inspected === undefined ? '' : '; the same call will ask a person first';
  const then = {
    cut: repeatable ? 'Call it again if it is still needed.' : `Check its effect before you call it again${asks}.`,
    stopped: 'The turn was stopped.',
    not_allowed: 'It may not run again.',
  }[why];
  const what =
    call.attempt > 0
      ? 'The program stopped while this call ran, and it is unknown whether it took effect.'
      : 'What followed this call was lost with a damaged record, and it is unknown whether it ran.';
  const message = `${what} ${then}`;
  return {
    type: 'call.abandoned',
    data: { call_id: call.call_id, attempt: call.attempt, outcome: 'unknown', message },
  };
}
