/** Changes of the configuration while the process works: by `policy set`, or read again. */
import { createSerial } from '../../base/serial.ts';
import type { Host, PolicyChange } from '../../contract/host.ts';
import type { Actor } from '../../contract/values.ts';
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
        const before = workspace.loaded.config;
        const reloaded = await reloadConfig(workspace);
        adoptConfig(before);
        await holdPolicy();
        return reloaded;
      }),
    turnStarted(session_id) {
      if (changed) void meetPolicy(session_id);
    },
  };
}
