/** The rule that an approval may be granted with: what is proposed, and what a person has made of it. */
import { canonicalJson } from '../base/canonical-json.ts';
import type { JsonValue } from '../base/json.ts';
import type { ApprovalRecord } from '../contract/answers.ts';
import type { EntryData } from '../contract/entries.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Resolution } from '../contract/host.ts';
import type { PolicyRule, RuleText } from '../contract/policy-rule.ts';
import { proposedRule, refusedRule } from '../kernel/approval/grant-rule.ts';
import { judgedCall } from '../kernel/turn/act.ts';
import { isObject } from './config/tree.ts';
import { rulesOf, wrongRules } from './config/policy-rules.ts';
import type { LiveSession } from './owner.ts';
import type { Workspace } from './wire.ts';

/** The narrowest rule that covers a call, as people write it; undefined: there is none. */
export function proposal(
  { tool, effect }: EntryData<'policy.decided'>,
  { facts }: EntryData<'call.inspected'>,
  project_root: string,
  args: JsonValue,
): RuleText | undefined {
  const rule = proposedRule({ tool, effect, facts, project_root }, isObject(args) ? args : {});
  if (!rule) return undefined;
  const { command, path, host, args: texts, decision } = rule;
  return {
    tool,
    ...(command && { command: single(command) }),
    ...(path && { path: single(path) }),
    ...(host && { host: single(host) }),
    ...(texts && { args: texts }),
    decision,
  };
}

function single<T>(list: T[]): T | T[] {
  return list.length === 1 ? list[0]! : list;
}

/**
 * The rule of an answer as it will be judged, made sure that it covers the call and is no wider than an answer to it may be.
 * Undefined: the answer has none. @throws RuntimeError invalid_request | rule_refused
 */
export function grantedRule(
  { tools }: Pick<Workspace, 'tools'>,
  { runner }: Pick<LiveSession, 'runner'>,
  { id, args }: ApprovalRecord,
  { decision, scope = 'once', rule: written }: Resolution,
): PolicyRule | undefined {
  if (!written) return undefined;
  if (decision !== 'grant' || scope === 'once') {
    throw new RuntimeError('invalid_request', 'A rule goes with a grant for the session, or for always.');
  }
  const refuse = (why: string): RuntimeError =>
    new RuntimeError('rule_refused', `The rule is refused: ${why}.`, { id });
  const [wrong] = wrongRules([written], new Set(tools.tools().map(({ name }) => name)));
  if (wrong) throw refuse([...wrong.path.slice(1), wrong.message].join(': '));
  const [rule] = rulesOf([written], () => '');
  const state = runner.state();
  const { turn, session } = state;
  const call = turn?.calls.find(({ approval }) => approval?.approval_id === id);
  if (!turn || !session || !call?.inspected) return rule; // it waits no more: that is what they are told
  const grant = { grant_id: '', tool: call.name, project_root: session.project_root, rule: rule! };
  const why = refusedRule(
    turn.policies,
    grant,
    judgedCall(state, turn, call, call.inspected),
    isObject(args) ? args : {},
  );
  if (why !== undefined) throw refuse(why);
  return rule;
}

/** Is an answer's rule the one that was granted? */
export function isSameRule(granted: PolicyRule | undefined, written: RuleText | undefined): boolean {
  if (!granted || !written) return granted === written;
  const [rule] = rulesOf([written], () => granted.id);
  return canonicalJson(rule) === canonicalJson(granted);
}
