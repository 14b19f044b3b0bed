/** Changes of the configuration while the process works: by `policy set`, or read again. */
import { canonicalJson } from '../../base/canonical-json.ts';
import { createSerial } from '../../base/serial.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Host, PolicyChange } from '../../contract/host.ts';
import type { Policy } from '../../contract/manifest.ts';
import { RULES_FILE } from '../../store/workspace.ts';
import type { Reloaded } from '../config/reload.ts';
import { LOCAL_ACTOR, type Principal } from '../principal.ts';
import { openEffects } from '../../kernel/turn/open.ts';
import type { LiveSession } from '../owner.ts';
import type { OwnedWorkspace, Workspace } from '../wire.ts';
import type { LiveSessions } from './live-sessions.ts';

export interface ConfigChanges {
  setPolicy(change: PolicyChange, by: Principal): ReturnType<Host['setPolicy']>;
  /** @throws RuntimeError config_invalid | config_unreadable */
  reload(): Promise<Reloaded>;
}

/** Where the policy was changed. `keys`: those of the configuration that have another value. */
function policyChange(before: Policy, now: Policy, keys: readonly string[]): string[] {
  if (canonicalJson(before) === canonicalJson(now)) return [];
  const own = ({ rules = [] }: Policy): string => canonicalJson(rules.filter(({ id }) => id.startsWith(RULES_FILE)));
  return [...keys.filter((key) => /^(?:governance|sandbox)\./.test(key)), ...(own(before) === own(now) ? [] : [RULES_FILE])]; // prettier-ignore
}

/** Waits for a turn that is being frozen: it may be with the policy that held until now. */
async function frozen({ runner }: LiveSession): Promise<void> {
  const isUnderWay = (): boolean => openEffects(runner.state()).some(({ kind }) => kind === 'freeze');
  let stop = (): void => {};
  const begun = new Promise<void>((resolve) => {
    const look = (): void => (isUnderWay() ? undefined : resolve());
    stop = runner.subscribe(look);
    look();
  });
  await Promise.race([begun, runner.ended]);
  stop();
}

export function createConfigChanges(
  workspace: Workspace,
  { owner, adoptConfig }: Pick<OwnedWorkspace, 'owner' | 'adoptConfig'>,
  sessions: LiveSessions,
): ConfigChanges {
  const serial = createSerial();
  // One after the other: what the first one read must not come in force after what the second one wrote.
  const inOrder = <T>(work: () => Promise<T>): Promise<T> => serial('configuration', work);
  /**
   * A turn that can't record the policy, as the disk fails, must not go on by the one before: it stops where it is, and whoever
   * opens its session again records what holds then. A session that can't go on says so itself.
   */
  async function meetPolicy(session_id: string): Promise<void> {
    const live = sessions.get(session_id);
    if (live && sessions.isEntered(session_id)) await frozen(live);
    try {
      await sessions.use(session_id, (now) => owner.meetPolicy(now, LOCAL_ACTOR));
    } catch {
      if (sessions.get(session_id)?.runner.hasEnded()) return;
      const isEntered = sessions.isEntered(session_id);
      await sessions.withdraw(session_id, (close) => close()).catch(() => {});
      if (isEntered) await sessions.enter(session_id).catch(() => {});
    }
  }

  /** Turns that run, or are about to, meet the policy in force. */
  async function holdPolicy(): Promise<void> {
    await Promise.all(sessions.idsSoon().map(meetPolicy));
  }

  /** Files of the machine are a matter of whoever sits at it: any text that happens to be YAML could be written into. */
  function requireOwnFile({ file }: PolicyChange, { via }: Principal): void {
    const own = workspace.loaded.file.path;
    if (via !== 'http' || file === undefined || file === own) return;
    throw new RuntimeError('invalid_request', `Over HTTP no other file is changed than ${own}.`, {
      next: 'Leave `file` out.',
    });
  }

  return {
    setPolicy: (change, by) =>
      inOrder(async () => {
        requireOwnFile(change, by);
        const { changePolicy } = await import('../change-policy.ts'); // brings a YAML editor with it
        const done = await changePolicy(workspace, change, by.actor);
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
  };
}
