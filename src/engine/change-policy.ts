/**
 * `policy set`: the configuration is changed, holds from then on, and the change is on record. Also when it needn't be
 * changed: somebody may have edited the file, or an earlier change have been cut short.
 */
import { realOf } from '../base/files/resolve-real.ts';
import { NEVER } from '../base/never.ts';
import { isInside } from '../base/is-inside.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { PolicyChange } from '../contract/host.ts';
import type { Actor } from '../contract/values.ts';
import { policyNow } from './config/policy-now.ts';
import { setPolicy } from './config/set-policy.ts';
import type { Workspace } from './wire.ts';

/** Nobody ends the waiting. */

/** @throws RuntimeError unknown_tool | config_invalid | config_unreadable */
export async function changePolicy(
  workspace: Workspace,
  { tool, verdict, file }: PolicyChange,
  by: Actor,
): Promise<{ path: string; changed: boolean }> {
  const { home, store, tools, request, loaded, gates } = workspace;
  // By default the one that this process goes by.
  const named = file ?? request.file;
  const what = { home, tools: tools.tools(), tool, verdict, ...(named !== undefined && { file: named }) };
  const set = (): ReturnType<typeof setPolicy> => setPolicy(what);
  // Where it lies elsewhere commands don't see it, as long as nobody puts another in its place.
  const isAtHome = isInside(realOf(home), realOf(named ?? loaded.file.path));
  const change = await (isAtHome ? set() : gates.pass(undefined, 'alone', NEVER, set));
  if (change === 'canceled') throw new RuntimeError('shutting_down', 'The program is about to end.');
  workspace.policy = await policyNow(workspace);
  if (change.changed) {
    await store.audit.append({ type: 'policy.set', data: { tool, verdict, by: by.id } }, { sync: true });
  }
  return change;
}
