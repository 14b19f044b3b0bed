/** The policy value that a configuration means, and the names in it that no tool has. */
import { nearest } from '../../base/nearest.ts';
import type { Config } from '../../contract/config.ts';
import type { Policy, ToolSpec } from '../../contract/manifest.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import { matchesText } from '../../kernel/policy/patterns.ts';
import { stricterSandbox } from '../../kernel/policy/rights.ts';
import type { Complaint } from './check.ts';
import { asciiPlace, wrongPlace } from './policy-hosts.ts';
import { rulesOf, wrongRules } from './policy-rules.ts';
import { type Profile, PROFILES } from './profiles.ts';

export const DEFAULT_ALLOW = ['time', 'read_file', 'list_files', 'search_files', 'read_output'];
export const DEFAULT_ASK = ['exec_command', 'write_stdin', 'apply_patch'];

/** The configuration's lists of tools, in the words of the policy. */
export const policyLists = { deny: 'deny', require_approval: 'require_approval', allow: 'auto_allow' } as const;

type Named = Pick<ToolSpec, 'name' | 'effect'>;

/** `further`: rules that stand elsewhere. The lists as they apply: disjoint, the stricter list has the tool. A tool in none is judged by the kernel's defaults. */
export function policyOf(
  { governance, network, sandbox }: Config,
  tools: readonly Named[],
  further: readonly PolicyRule[] = [],
): Policy {
  const { auto_allow = [], deny, approver_roles } = governance;
  const profile: Profile = PROFILES[governance.profile];
  const outward = tools.filter(({ effect }) => effect === 'network' || effect === 'send').map(({ name }) => name);
  const rules = [...rulesOf(governance.rules, (index) => `governance.rules[${index}]`), ...further, ...profile.rules];
  const allowed = [...auto_allow, ...profile.allow];
  const isAllowed = (name: string): boolean => allowed.includes(name) || isNamed(name, rules);
  const ask = governance.require_approval ?? [...DEFAULT_ASK, ...outward].filter((name) => !isAllowed(name));
  const allow = [...(governance.auto_allow ?? DEFAULT_ALLOW), ...profile.allow];
  return {
    v: 1,
    deny: sorted(deny),
    require_approval: sorted(ask.filter((name) => !deny.includes(name))),
    allow: sorted(allow.filter((name) => !deny.includes(name) && !ask.includes(name))),
    ...(rules.length > 0 && { rules }),
    ...(network.allow_private.length > 0 && { allow_private: sorted(network.allow_private.map(asciiPlace)) }),
    sandbox: stricterSandbox(sandbox.mode, profile.sandbox),
    approver_roles,
  };
}

/** Is there a rule by which the tool may be allowed? Then it is that rule that says when it asks. */
function isNamed(name: string, rules: readonly PolicyRule[]): boolean {
  return rules.some(({ decision, tool }) => decision === 'allow' && tool.some((one) => matchesText(one, name)));
}

/** A complaint for each name in lists, rules and limits that is no tool, as a misspelt `deny` would deny nothing, and for each rule or place that can't be meant. */
export function wrongPolicy({ governance, network }: Config, tools: readonly Named[]): Complaint[] {
  const names = new Set([...DEFAULT_ALLOW, ...DEFAULT_ASK, ...tools.map(({ name }) => name)]);
  const inLists = Object.values(policyLists).flatMap((list) =>
    (governance[list] ?? []).flatMap((name, index) => {
      if (names.has(name)) return [];
      return [{ path: ['governance', list, index], message: noTool(name, names) }];
    }),
  );
  const limited = typeof governance.daily_tool_limit === 'number' ? [] : Object.keys(governance.daily_tool_limit);
  const inLimits = limited.flatMap((name) =>
    name === '*' || names.has(name)
      ? []
      : [{ path: ['governance', 'daily_tool_limit', name], message: noTool(name, names) }],
  );
  const inRules = wrongRules(governance.rules, names).map(({ path, message }) => ({
    path: ['governance', 'rules', ...path],
    message,
  }));
  const inPlaces = network.allow_private.flatMap((place, index) => {
    const message = wrongPlace(place);
    return message === undefined ? [] : [{ path: ['network', 'allow_private', index], message }];
  });
  return [...inLists, ...inLimits, ...inRules, ...inPlaces];
}

function noTool(name: string, names: ReadonlySet<string>): string {
  const near = nearest(name, names);
  return `there is no tool "${name}"${near ? `; did you mean ${near}?` : ''}`;
}

/** By code units: the same on every machine. */
function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
