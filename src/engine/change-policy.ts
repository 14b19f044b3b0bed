/** `policy set`: the configuration is changed, and the change is on record. */
import type { Verdict } from '../contract/values.ts';
import { setPolicy } from './config/set-policy.ts';
import { LOCAL_ACTOR, whileLocked, type Workspace } from './wire.ts';

/** @throws RuntimeError unknown_tool | config_invalid | config_unreadable | locked */
export function changePolicy(
  workspace: Workspace,
  { tool, verdict }: { tool: string; verdict: Verdict },
): Promise<{ path: string; changed: boolean }> {
  const { home, store, tools, request } = workspace;
  return whileLocked(workspace, async () => {
    const { file } = request;
    const change = await setPolicy({ home, tools: tools.tools(), tool, verdict, ...(file !== undefined && { file }) });
    if (change.changed) {
      await store.audit.append({ type: 'policy.set', data: { tool, verdict, by: LOCAL_ACTOR.id } }, { sync: true });
    }
    return change;
  });
}
