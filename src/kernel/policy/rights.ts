/** What a session may at most do: whoever goes on with it, or forks it, can only tighten that. */
import type { Policy } from '../../contract/manifest.ts';
import type { Rights } from '../../contract/values.ts';

const SANDBOXES: readonly Rights['sandbox'][] = ['required', 'auto', 'off'];
const ROLES: readonly Rights['role'][] = ['viewer', 'member', 'operator', 'admin', 'overlord'];

export function stricterSandbox(a: Rights['sandbox'], b: Rights['sandbox']): Rights['sandbox'] {
  return SANDBOXES.find((mode) => mode === a || mode === b)!;
}

/** Of several policies: what holds for a turn under them. */
export function strictestSandbox(policies: readonly Partial<Pick<Policy, 'sandbox'>>[]): Rights['sandbox'] {
  return SANDBOXES.find((mode) => policies.some(({ sandbox }) => sandbox === mode)) ?? 'off';
}

export function lowerRole(a: Rights['role'], b: Rights['role']): Rights['role'] {
  return ROLES.find((role) => role === a || role === b)!;
}

/** The later rights, as far as the earlier ones allow. The policy is that of the later: what it loosens is judged turn by turn. */
export function tightest(earlier: Rights, later: Rights): Rights {
  return {
    policy: later.policy,
    sandbox: stricterSandbox(earlier.sandbox, later.sandbox),
    role: lowerRole(earlier.role, later.role),
  };
}
