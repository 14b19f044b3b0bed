/** Changes of the configuration while the process works: by `policy set`, or read again. */
import { canonicalJson } from '../../base/canonical-json.ts';
import { createSerial } from '../../base/serial.ts';
import type { Host, PolicyChange } from '../../contract/host.ts';
import type { Policy } from '../../contract/manifest.ts';
import type { Actor } from '../../contract/values.ts';
import { RULES_FILE } from '../config/policy-in.ts';
import type { Reloaded } from '../config/reload.ts';
import { LOCAL_ACTOR } from '../principal.ts';
import type { OwnedWorkspace, Workspace } from '../wire.ts';
import type { LiveSessions } from './live-sessions.ts';

export interface ConfigChanges {
  setPolicy(change: PolicyChange, by: Actor): ReturnType<Host['setPolicy']>;
  /** @throws RuntimeError config_invalid | config_unreadable */
  reload(): Promise<Reloaded>;
  /** To be told of each turn that starts: it may have been frozen right before a change. */
  turnStarted(session_id: string): void;
}

/** Where the policy was changed. `keys`: those of the configuration that have another value. */
function policyChange(before: Policy, now: Policy, keys: readonly string[]): string[] {
  if (canonicalJson(before) === canonicalJson(now)) return [];
  const own = ({ rules = [] }: Policy): string => canonicalJson(rules.filter(({ id }) => id.startsWith(RULES_FILE)));
  return [...keys.filter((key) => /^(?:governance|sandbox)\./.test(key)), ...(own(before) === own(now) ? [] : [RULES_FILE])]; // prettier-ignore
}

export function createConfigChanges(
  workspace: Workspace,
  { owner, adoptConfig }: Pick<OwnedWorkspace, 'owner' | 'adoptConfig'>,
  sessions: LiveSessions,
): ConfigChanges {
  const serial = createSerial();
  // One after the other: what the first one read must not come in force after what the second one wrote.
  const inOrder = <T>(work: () => Promise<T>): Promise<T> => serial('configuration', work);
  /** May the policy be another one since this process took the workspace? */
  let changed = false;

  /** A session that failed says so itself. */
  async function meetPolicy(session_id: string): Promise<void> {
    await sessions.use(session_id, (live) => owner.meetPolicy(live, LOCAL_ACTOR)).catch(() => {});
  }

  /** Turns that run meet the policy in force. */
  async function holdPolicy(): Promise<void> {
    changed = true;
    await Promise.all(sessions.ids().map(meetPolicy));
  }

  return {
    setPolicy: (change, by) =>
      inOrder(async () => {
        const { changePolicy } = await import('../change-policy.ts'); // brings a YAML editor with it
        const done = await changePolicy(workspace, change, by);
        await holdPolicy();
        return done;
      }),
    reload: () =>
      inOrder(async () => {
        const { reloadConfig } = await import('../config/reload.ts');
        const { loaded, policy } = workspace;
        const reloaded = await reloadConfig(workspace);
        adoptConfig(loaded.config);
        const changed = policyChange(policy, workspace.policy, reloaded.changed);
        if (changed.length > 0) {
          await holdPolicy();
          await workspace.store.audit.append({ type: 'config.reloaded', data: { changed, by: LOCAL_ACTOR.id } }, { sync: true }); // prettier-ignore
        }
        return { ...reloaded, changed: [...new Set([...reloaded.changed, ...changed])] };
      }),
    turnStarted(session_id) {
      if (changed) void meetPolicy(session_id);
    },
  };
}
