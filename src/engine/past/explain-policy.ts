/** `policy explain`: what each rule in force made of a recorded call, by the facts recorded for it. */
import type { RuleGrant } from '../../contract/manifest.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { ExplainedRule, PolicyExplanation } from '../../contract/policy-explained.ts';
import { explainRules } from '../../kernel/policy/explain.ts';
import { grantsOf, judgedCall } from '../../kernel/turn/act.ts';
import { type JudgedCall, unmetByGrant } from '../../kernel/policy/judge.ts';
import type { State, Turn } from '../../kernel/turn/state.ts';
import type { Workspace } from '../wire.ts';
import { findEvidence, type FindOptions } from './why/find.ts';
import { stateBefore } from './why/state-before.ts';

/** As it was judged last. @throws RuntimeError usage | not_found | ambiguous_id | invalid_id */
export async function explainCall(
  workspace: Workspace,
  given: string,
  options: Omit<FindOptions, 'command'>,
): Promise<PolicyExplanation> {
  const { kind, id, evidence } = await findEvidence(workspace, given, { ...options, command: 'policy explain' });
  if (!evidence || (kind !== 'call' && kind !== 'approval')) {
    throw new RuntimeError('usage', `${id} is no call`, {
      next: 'Give a call, as <session>/c1.1.1 (`runtime session show <session>` has them), or its approval (a-…).',
    });
  }
  const [asked] = evidence.all('approval.requested', (data) => data.approval_id === id);
  const call_id = asked?.data.call_id ?? id;
  const of = (data: { call_id: string }): boolean => data.call_id === call_id;
  const decided = evidence.all('policy.decided', of).findLast(({ seq }) => seq < (asked?.seq ?? Infinity));
  const { session_id } = evidence;
  if (!decided) throw notJudged(session_id, call_id, evidence.all('call.refused', of)[0]?.data);
  const { tool, verdict, reason, rules: applied, grant_id } = decided.data;
  const inspected = evidence.all('call.inspected', of).findLast(({ seq }) => seq < decided.seq);
  const state = await stateBefore(evidence, decided.seq);
  const policies = state && explainedIn(state, call_id);
  return {
    schemaVersion: 'runtime.policy-explain.v1',
    session_id,
    call_id,
    tool,
    title: inspected?.data.presentation.title ?? tool,
    verdict,
    reason,
    applied,
    ...(grant_id !== undefined && { grant_id }),
    ...(policies && { policies }),
  };
}

/** `state`: right before the call was judged. */
function explainedIn(state: State, call_id: string): PolicyExplanation['policies'] {
  const { turn } = state;
  const call = turn?.calls.find((one) => one.call_id === call_id);
  if (!turn || !call?.inspected) return undefined;
  const judged = judgedCall(state, turn, call, call.inspected);
  const own = turn.manifest.session_policies?.length ?? 0;
  const granted = grantsOf(state, turn).filter(
    (grant): grant is RuleGrant =>
      'rule' in grant && grant.tool === judged.tool && grant.project_root === judged.project_root,
  );
  return [
    ...turn.policies.map(({ rules = [] }, index) => ({
      which: index === 0 ? ('frozen' as const) : index <= own ? ('session' as const) : ('since' as const),
      ...explainRules(rules, judged),
    })),
    // Each stands for the answer by itself: what one leaves open no other covers.
    ...granted.map((grant) => ({
      which: 'granted' as const,
      rules: explainedGrant(grant, turn, judged),
      uncovered: [],
    })),
  ];
}

function explainedGrant(grant: RuleGrant, { policies }: Turn, judged: JudgedCall): ExplainedRule[] {
  const unmet = unmetByGrant(grant, policies, judged);
  const { rules } = explainRules([grant.rule], judged);
  return unmet ? rules.map((rule) => ({ ...rule, holds: 'no', unmet: [unmet, ...rule.unmet] })) : rules;
}

function notJudged(session_id: string, call_id: string, refused?: { why: string; message: string }): RuntimeError {
  const why = refused ? `it was refused before (${refused.why}): ${refused.message}` : 'it was not inspected yet';
  return new RuntimeError('not_found', `No policy has judged ${session_id}/${call_id}: ${why}`, {
    next: `See what became of it with \`runtime why ${session_id}/${call_id}\`.`,
  });
}
