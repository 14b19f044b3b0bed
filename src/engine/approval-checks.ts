/** Who may grant what: the rule that is proposed, what a person has made of it, and whether they might ask for the call themselves. */
import { canonicalJson } from '../base/canonical-json.ts';
import type { JsonValue } from '../base/json.ts';
import type { ApprovalRecord } from '../contract/answers.ts';
import type { EntryData } from '../contract/entries.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Resolution } from '../contract/host.ts';
import type { PolicyRule, RuleText } from '../contract/policy-rule.ts';
import { proposedRule, refusedRule } from '../kernel/approval/grant-rule.ts';
import { deniedTo, type JudgedCall } from '../kernel/policy/judge.ts';
import { isUnconfined } from '../kernel/policy/unconfined.ts';
import { judgedCall } from '../kernel/turn/act.ts';
import type { State, Turn } from '../kernel/turn/state.ts';
import { isObject } from './config/tree.ts';
import { rulesOf, wrongRules } from './config/policy-rules.ts';
import type { LiveSession } from './owner.ts';
import type { Principal } from './principal.ts';
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
  const { command, path, host, secret, args: texts, sandboxed, decision } = rule;
  return {
    tool,
    ...(command && { command: single(command) }),
    ...(path && { path: single(path) }),
    ...(host && { host: single(host) }),
    ...(secret && { secret: single(secret) }),
    ...(texts && { args: texts }),
    ...(sandboxed !== undefined && { sandboxed }),
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
  if (!written && (decision !== 'grant' || scope === 'once')) return undefined;
  if (decision !== 'grant' || scope === 'once') {
    throw new RuntimeError('invalid_request', 'A rule goes with a grant for the session, or for always.');
  }
  const refuse = (why: string): RuntimeError =>
    new RuntimeError('rule_refused', `The rule is refused: ${why}.`, { id });
  const asking = askingCall(runner.state(), id);
  if (asking && isUnconfined(asking.judged)) {
    throw new RuntimeError('rule_refused', 'No sandbox would confine it, so it can be granted once only.', {
      id,
      next: `Grant it for once: runtime approve ${id}. What may always run so belongs into a rule of \`policy.yaml\`.`,
    });
  }
  if (!written) return undefined;
  const [wrong] = wrongRules([written], new Set(tools.tools().map(({ name }) => name)));
  if (wrong) throw refuse([...wrong.path.slice(1), wrong.message].join(': '));
  const [rule] = rulesOf([written], () => '');
  if (!asking) return rule; // it waits no more: that is what they are told
  const { turn, judged } = asking;
  const grant = { grant_id: '', tool: judged.tool, project_root: judged.project_root, rule: rule! };
  const why = refusedRule(turn.policies, grant, judged, isObject(args) ? args : {});
  if (why !== undefined) throw refuse(why);
  return rule;
}

/** Nobody lets run what they may not ask for themselves. @throws RuntimeError role_not_allowed */
export function requireOwnRight(
  { runner }: Pick<LiveSession, 'runner'>,
  { id }: ApprovalRecord,
  { actor }: Principal,
): void {
  const asking = askingCall(runner.state(), id);
  if (!asking) return;
  const reason = deniedTo(actor.role, asking.turn.policies, asking.judged);
  if (reason === undefined) return;
  const why = `${actor.id} is ${actor.role}, for whom this call is denied: ${reason}.`;
  throw new RuntimeError('role_not_allowed', why, { next: 'Have somebody answer it who may ask for such calls.' });
}

/** Of an approval that waits. */
function askingCall(state: State, id: string): { turn: Turn; judged: JudgedCall } | undefined {
  const { turn } = state;
  const call = turn?.calls.find(({ approval }) => approval?.approval_id === id && approval.status === 'pending');
  return turn && call?.inspected ? { turn, judged: judgedCall(state, turn, call, call.inspected) } : undefined;
}

/** Is an answer's rule the one that was granted? */
export function isSameRule(granted: PolicyRule | undefined, written: RuleText | undefined): boolean {
  if (!granted || !written) return granted === written;
  const [rule] = rulesOf([written], () => granted.id);
  return canonicalJson(rule) === canonicalJson(granted);
}
