/** What the policy says of tools and calls, before anything runs. */
import { digestOf } from '../base/digest.ts';
import { utcOffset } from '../base/local-date.ts';
import { nearest } from '../base/nearest.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Policy } from '../contract/manifest.ts';
import type { ExplainedPolicy } from '../contract/policy-explained.ts';
import type { ToolHost } from '../contract/ports.ts';
import type { EffectClass, Facts, Verdict } from '../contract/values.ts';
import { judge, type JudgedCall, type Judgement } from '../kernel/policy/judge.ts';
import { explainRules, ruleInWords } from '../kernel/policy/explain.ts';
import { localMinute } from '../kernel/policy/local-time.ts';
import { type Asked, isAbout } from '../kernel/policy/rules.ts';
import { lookedAt } from './looked-at.ts';
import { LOCAL_ACTOR } from './principal.ts';
import type { Workspace } from './wire.ts';

/** A person at this machine who waits for the answer, with all money left; at a time that isn't known. */
export const PERSON: Asked = {
  role: LOCAL_ACTOR.role,
  channels: ['cli'],
  lane: 'interactive',
  tainted: false,
  left_micro_usd: Infinity,
};

function personNow({ clock }: Pick<Workspace, 'clock'>): Asked {
  const now = clock.now();
  return { ...PERSON, local_minute: localMinute(now, utcOffset(now)) };
}

export interface PolicyRow {
  tool: string;
  effect: EffectClass;
  verdict: Verdict;
  reason: string;
  /** Ids of the rules that look at its calls. */
  rules: string[];
}

/** A rule in words. */
export interface RuleRow {
  id: string;
  decision: Verdict;
  tools: string;
  when: string;
  /** Who alone may answer. */
  approvers?: string[];
  reason?: string;
}

export function describeRules({ policy }: Pick<Workspace, 'policy'>): RuleRow[] {
  return (policy.rules ?? []).map((rule) => ({
    id: rule.id,
    decision: rule.decision,
    tools: rule.tool.join(', '),
    when: ruleInWords(rule) || 'always',
    ...(rule.approvers && { approvers: rule.approvers }),
    ...(rule.reason !== undefined && { reason: rule.reason }),
  }));
}

/** What holds for each tool by the lists alone, of commands in a sandbox: what a call touches may make it stricter. */
export function describePolicy(workspace: Pick<Workspace, 'tools' | 'policy' | 'clock'>): PolicyRow[] {
  const { tools, policy } = workspace;
  const facts: Facts = { paths: [], hosts: [], commands: [], sandbox: 'bubblewrap', preimages: [] };
  return tools.tools().map(({ name: tool, effect }) => {
    const { verdict, reason } = judge([policy], [], {
      tool,
      effect,
      args_digest: digestOf(''),
      facts,
      facts_digest: digestOf(''),
      project_root: '',
      asked: personNow(workspace),
    });
    const rules = (policy.rules ?? []).filter((rule) => isAbout(rule, tool)).map(({ id }) => id);
    return { tool, effect, verdict, reason, rules };
  });
}

/** A call that nobody makes. */
export interface TriedCall {
  tool: string;
  arguments_raw: string;
  project_root: string;
}

/**
 * Judges a call as a turn in this project root would, standing grants included, and runs nothing.
 * @throws RuntimeError usage, when the arguments are not what the tool takes
 */
export async function checkCall(
  workspace: Workspace,
  { asked, ...tried }: TriedCall & { asked?: Partial<Asked> },
): Promise<Judgement & { explained: ExplainedPolicy }> {
  const { tools, policy, store } = workspace;
  const grants = await store.grants.list();
  const granted = grants.flatMap((grant) => ('rule' in grant ? [grant.rule] : []));
  const judging = [policy, { rules: granted }];
  const call = await inspectTried(tools, judging, tried, { ...personNow(workspace), ...asked });
  if (call === undefined) return denyUnknown(tried.tool, tools.tools().map(({ name }) => name)); // prettier-ignore
  return { ...judge([policy], grants, call), explained: explainRules(policy.rules ?? [], call) };
}

/**
 * As a turn would look at it. Undefined: there is no such tool.
 * @throws RuntimeError usage, when the arguments are not what the tool takes
 */
export async function inspectTried(
  tools: ToolHost,
  policies: readonly Pick<Policy, 'rules'>[],
  { tool, arguments_raw, project_root }: TriedCall,
  asked: Asked,
): Promise<JudgedCall | undefined> {
  const spec = tools.tools().find(({ name }) => name === tool);
  if (spec === undefined) return undefined;
  const { invalid, args_digest, facts, facts_digest } = await tools.inspect({
    call_id: 'c0',
    spec,
    arguments_raw,
    project_root,
    ...lookedAt(policies, tool),
  });
  if (invalid) {
    const what = invalid.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
    throw new RuntimeError('usage', `${tool} would refuse these arguments: ${what}`, {
      next: `Give them as JSON, as the tool takes them: ${Object.keys(spec.parameters['properties'] ?? {}).join(', ')}.`,
    });
  }
  return { tool, effect: spec.effect, args_digest, facts, facts_digest, project_root, asked };
}

function denyUnknown(tool: string, names: string[]): Judgement & { explained: ExplainedPolicy } {
  const near = nearest(tool, names);
  const reason = `there is no tool ${tool}${near ? `; did you mean ${near}?` : ''}`;
  const rules = [{ id: 'default:unknown_tool', verdict: 'deny' as const }];
  return { verdict: 'deny', rules, reason, explained: { rules: [], uncovered: [] } };
}
