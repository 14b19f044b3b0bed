/** Who may answer an approval. */
import type { Policy } from '../../contract/manifest.ts';
import type { Role } from '../../contract/values.ts';
import { lowerRole } from '../policy/rights.ts';
import { type RuledCall, strictRules } from '../policy/rules.ts';

/** Those that every policy in force names, and every rule that asks and names some. Where that is nobody: the overlord. */
export function approversOf(policies: readonly Policy[], call: RuledCall): Role[] {
  const named = policies.flatMap(({ approver_roles, rules = [] }): (readonly Role[])[] => [
    approver_roles,
    ...strictRules(rules, call).flatMap(({ rule }) => (rule.approvers ? [rule.approvers] : [])),
  ]);
  return named.length === 0 ? [] : inAll(named);
}

/** Of those who were asked: whom the policies that came since leave. Undefined: all. */
export function fewerApprovers(
  asked: readonly string[],
  policies: readonly Policy[],
  call: RuledCall,
): string[] | undefined {
  const left = inAll([asked, approversOf(policies, call)]);
  return asked.every((role) => left.includes(role)) ? undefined : left;
}

function inAll<T extends string>([first = [], ...others]: readonly (readonly T[])[]): (T | 'overlord')[] {
  const roles = first.filter((role) => others.every((list) => list.includes(role)));
  return roles.length > 0 ? roles : ['overlord'];
}

/** `approvers`: of the approval. A member or viewer never may, the overlord always. */
export function mayApprove(role: Role, approvers: readonly string[]): boolean {
  return role === 'overlord' || (lowerRole(role, 'operator') === 'operator' && approvers.includes(role));
}
