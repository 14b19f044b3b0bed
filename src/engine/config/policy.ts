/** The policy value that a configuration means, and the names in it that no tool has. */
import { nearest } from '../../base/nearest.ts';
import type { Config } from '../../contract/config.ts';
import type { Policy, ToolSpec } from '../../contract/manifest.ts';
import type { Complaint } from './check.ts';

export const DEFAULT_ALLOW = ['time', 'read_file', 'list_files', 'search_files', 'read_output'];
export const DEFAULT_ASK = ['exec_command', 'write_stdin', 'apply_patch'];

/** The configuration's lists of tools, in the words of the policy. */
export const policyLists = { deny: 'deny', require_approval: 'require_approval', allow: 'auto_allow' } as const;

type Named = Pick<ToolSpec, 'name' | 'effect'>;

/** The lists as they apply: disjoint, the stricter list has the tool. A tool in none is judged by the kernel's defaults. */
export function policyOf({ governance, sandbox }: Config, tools: readonly Named[]): Policy {
  const { auto_allow = [], deny, approver_roles } = governance;
  const outward = tools.filter(({ effect }) => effect === 'network' || effect === 'send').map(({ name }) => name);
  const ask = governance.require_approval ?? [...DEFAULT_ASK, ...outward].filter((name) => !auto_allow.includes(name));
  const allow = governance.auto_allow ?? DEFAULT_ALLOW;
  return {
    v: 1,
    deny: sorted(deny),
    require_approval: sorted(ask.filter((name) => !deny.includes(name))),
    allow: sorted(allow.filter((name) => !deny.includes(name) && !ask.includes(name))),
    sandbox: sandbox.mode,
    approver_roles,
  };
}

/** A complaint for each name in the configured lists that is no tool: a misspelt `deny` would deny nothing. */
export function unknownTools({ governance }: Config, tools: readonly Named[]): Complaint[] {
  const names = new Set([...DEFAULT_ALLOW, ...DEFAULT_ASK, ...tools.map(({ name }) => name)]);
  return Object.values(policyLists).flatMap((list) =>
    (governance[list] ?? []).flatMap((name, index) => {
      if (names.has(name)) return [];
      const near = nearest(name, names);
      const message = `there is no tool "${name}"${near ? `; did you mean ${near}?` : ''}`;
      return [{ path: ['governance', list, index], message }];
    }),
  );
}

/** By code units: the same on every machine. */
function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
