/**
 * What asks once something from outside is in the conversation. Whoever wrote that may be the one who chooses the calls: so
 * whatever lets data out, shows a secret or reaches beyond the project asks, though lists and rules allow it.
 */
import type { Policy } from '../../contract/manifest.ts';
import { allowedBy, type RuledCall, runsItself } from './rules.ts';
import { secretsText } from './secrets.ts';

/** Why a tainted call asks under one of these policies. Undefined: it doesn't. */
export function askedForTaint(policies: readonly Policy[], call: RuledCall): string | undefined {
  const { tainted, taint = [] } = call.asked;
  const reach = tainted ? reachOf(call) : undefined;
  if (reach === undefined || policies.every((policy) => knowsOfTaint(policy, call))) return undefined;
  return `${sourcesText(taint)} is in the conversation, and ${reach}`;
}

/** Somebody wrote down that this may be done all the same. */
function knowsOfTaint({ rules = [] }: Policy, call: RuledCall): boolean {
  const meant = rules.filter(({ tainted }) => tainted === true);
  const allowed = allowedBy(meant, call);
  return allowed !== undefined && (call.facts.secrets === undefined || allowed.secrets);
}

/** What the call could do beyond reading and changing the project. */
function reachOf({ effect, facts: { paths, hosts, commands, sandbox, secrets } }: RuledCall): string | undefined {
  if (secrets) return `it gets ${secretsText(secrets)} of the vault`;
  const [host] = hosts;
  if (effect === 'network') return `${host?.host ?? 'another place'} would learn what it is asked for`;
  if (effect === 'send') return 'it sends something';
  if (host) return `the command names ${host.host}`;
  if (effect === 'exec' && sandbox === undefined) return 'it would run without a sandbox';
  const outside = paths.find(({ inside_root }) => !inside_root);
  if (outside) return `${outside.path} is outside the project root`;
  const secret = paths.find(({ secret_shaped }) => secret_shaped);
  if (secret) return `${secret.path} looks like a secret`;
  const later = paths.find((path) => (effect === 'write' || path.writes === true) && runsItself(path));
  if (later)
    return `${later.path} is ${later.runs_later ? 'what something else runs or goes by' : 'what git runs or is told by'}`;
  // It can only grant, so that nothing within the project is kept from it.
  if (commands.length > 0 && sandbox === 'landlock') return 'its sandbox leaves open what git runs or is told by';
  return undefined;
}

const MOST_NAMED = 3;

/** Where it came from, in words. Nobody may have said: then something has. */
export function sourcesText(taint: readonly string[]): string {
  if (taint.length === 0) return 'something from outside';
  const rest = taint.length - MOST_NAMED;
  return `content from ${taint.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
