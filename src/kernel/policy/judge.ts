/**
 * Whether a call may run: a pure function of the policies in force, the recorded facts and the grants. Every rule that
 * applies is named in the verdict; the strictest wins: deny > require_approval > allow, whatever the order.
 */
import type { Digest } from '../../base/digest.ts';
import type { Grant, Policy, RuleVerdict } from '../../contract/manifest.ts';
import type { EffectClass, Facts, Verdict } from '../../contract/values.ts';

export interface JudgedCall {
  tool: string;
  effect: EffectClass | 'unknown';
  args_digest: Digest;
  facts: Facts;
  facts_digest: Digest;
  project_root: string;
  /** An earlier call with these arguments whose outcome nobody knows. */
  may_repeat_of?: string;
}

export interface Judgement {
  verdict: Verdict;
  rules: RuleVerdict[];
  reason: string;
  grant_id?: string;
}

interface Applied extends RuleVerdict {
  reason: string;
  /** Whether a grant for exactly these arguments may stand for the answer. */
  grantable: boolean;
}

const STRICTNESS: Record<Verdict, number> = { allow: 0, require_approval: 1, deny: 2 };

export function judge(policies: Policy[], grants: readonly Grant[], call: JudgedCall): Judgement {
  const applied = [...factRules(call), ...policies.flatMap((policy) => listRules(policy, call))];
  const worst = applied.reduce((a, b) => (STRICTNESS[b.verdict] > STRICTNESS[a.verdict] ? b : a));
  const rules = unique(applied);
  const judgement: Judgement = { verdict: worst.verdict, rules, reason: worst.reason };
  if (worst.verdict !== 'require_approval') return judgement;
  const grant = grants.find((one) => covers(one, call));
  const asking = applied.filter((rule) => rule.verdict === 'require_approval');
  if (!grant || !asking.every((rule) => rule.grantable)) return judgement;
  return { verdict: 'allow', rules, reason: `granted before for exactly these arguments`, grant_id: grant.grant_id };
}

/** The same call of the same program on the same things: what a name means elsewhere, or later, nobody has approved. */
function covers(grant: Grant, call: JudgedCall): boolean {
  return (
    grant.tool === call.tool &&
    grant.args_digest === call.args_digest &&
    grant.facts_digest === call.facts_digest &&
    grant.project_root === call.project_root
  );
}

/** Rules that follow from what the call would touch, whatever the lists say. */
function factRules(call: JudgedCall): Applied[] {
  const found: Applied[] = [];
  const ask = (id: string, reason: string, grantable = true): void => {
    found.push({ id, verdict: 'require_approval', reason, grantable });
  };
  const closed = call.facts.paths.find((path) => path.closed);
  if (closed) {
    const reason = `${closed.path} is inside the runtime's own home, which is closed to tools`;
    found.push({ id: 'fact:runtime_home', verdict: 'deny', reason, grantable: false });
  }
  const outside = call.facts.paths.find((path) => !path.inside_root);
  if (outside) ask('fact:outside_root', `${outside.path} is outside the project root`);
  const secret = call.facts.paths.find((path) => path.secret_shaped);
  if (secret) ask('fact:secret_shaped', `${secret.path} looks like a secret`);
  if (call.facts.commands.some((command) => command.names_runtime)) {
    ask('fact:names_runtime', 'the command names this program or its home', false);
  }
  if (call.may_repeat_of !== undefined) {
    ask('fact:may_repeat', `${call.may_repeat_of} was the same call, and nobody knows whether it took effect`, false);
  }
  return found;
}

/** What one policy's lists and defaults say. Always at least one rule. */
function listRules(policy: Policy, call: JudgedCall): Applied[] {
  const { tool, effect } = call;
  const found: Applied[] = [];
  if (effect === 'unknown') return [rule('default:unknown_tool', 'deny', `there is no tool ${tool}`)];
  if (policy.deny.includes(tool)) found.push(rule(`deny:${tool}`, 'deny', `${tool} is on the deny list`));
  if (policy.require_approval.includes(tool)) {
    found.push(rule(`ask:${tool}`, 'require_approval', `${tool} is on the list of tools that ask`));
  }
  if (policy.allow.includes(tool)) found.push(rule(`allow:${tool}`, 'allow', `${tool} is on the allow list`));
  if (found.length === 0) {
    found.push(
      effect === 'read'
        ? rule('default:read', 'allow', 'reading inside the project root is allowed')
        : rule('default:unlisted', 'require_approval', `${tool} is on no list`),
    );
  }
  if (effect === 'exec' && policy.sandbox === 'auto') {
    found.push(rule('sandbox:none', 'require_approval', 'no sandbox is available, so every command asks'));
  }
  if (effect === 'exec' && policy.sandbox === 'required') {
    found.push(rule('sandbox:required', 'deny', 'the policy requires a sandbox and none is available'));
  }
  return found;
}

function rule(id: string, verdict: Verdict, reason: string): Applied {
  return { id, verdict, reason, grantable: true };
}

function unique(applied: Applied[]): RuleVerdict[] {
  const seen = new Set<string>();
  return applied.filter(({ id }) => !seen.has(id) && seen.add(id)).map(({ id, verdict }) => ({ id, verdict }));
}
