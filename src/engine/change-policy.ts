/**
 * `policy set`: the configuration is changed, holds from then on, and the change is on record. Also when it needn't be
 * changed: somebody may have edited the file, or an earlier change have been cut short.
 */
import type { PolicyChange } from '../contract/host.ts';
import type { Actor } from '../contract/values.ts';
import { policyNow } from './config/policy-now.ts';
import { setPolicy } from './config/set-policy.ts';
import type { Workspace } from './wire.ts';

/** @throws RuntimeError unknown_tool | config_invalid | config_unreadable */
export async function changePolicy(
  workspace: Workspace,
  { tool, verdict, file }: PolicyChange,
  by: Actor,
): Promise<{ path: string; changed: boolean }> {
  const { home, store, tools } = workspace;
  const change = await setPolicy({ home, tools: tools.tools(), tool, verdict, ...(file !== undefined && { file }) });
  workspace.policy = await policyNow(workspace);
  if (change.changed) {
    await store.audit.append({ type: 'policy.set', data: { tool, verdict, by: by.id } }, { sync: true });
  }
  return change;
}
