/** What a call finds that goes through a folder: it names the folder alone, and rules may ask or deny for what lies below. */
import type { Policy } from '../../contract/manifest.ts';
import { isAsked, liesIn, type RuledCall } from './rules.ts';

/**
 * Whether the call may find a file or folder, by its real path: those that a rule keeps from its tool it passes over, whatever lets the
 * call itself run. A rule that is about the folder that was named has been answered for with the call.
 */
export function foundBelow(policies: readonly Pick<Policy, 'rules'>[], call: RuledCall): (real: string) => boolean {
  const { facts, project_root } = call;
  const keeping = policies
    .flatMap(({ rules = [] }) => rules)
    .filter(({ decision, command, host }) => decision !== 'allow' && !command && !host)
    .filter((rule) => isAsked(rule, call) !== 'no')
    .flatMap(({ path = [] }) => (facts.paths.some((one) => liesIn(path, one, project_root)) ? [] : [path]));
  return (real) => !keeping.some((path) => liesIn(path, { path: real, real }, project_root));
}
