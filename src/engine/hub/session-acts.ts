/** What is done to a session beside working on it. What that takes is loaded when somebody does it. */
import { RuntimeError } from '../../contract/errors.ts';
import type { Host } from '../../contract/host.ts';
import { isListed } from '../config/models.ts';
import { requireModelThere } from '../gone-model.ts';
import { revokeGrant } from '../grants.ts';
import type { LiveSession } from '../owner.ts';
import { ACTS, type Principal, requireRole, requireSessionsRole } from '../principal.ts';
import { stepSessionsOf } from '../past/step-sessions.ts';
import { refuseBusy, removeSession } from '../sessions.ts';
import type { OwnedWorkspace, Workspace } from '../wire.ts';
import type { LiveSessions } from './live-sessions.ts';
import { requireModel } from './wanted-model.ts';

export interface SessionActsPorts {
  workspace: Workspace;
  owned: Pick<OwnedWorkspace, 'owner' | 'choose' | 'fileTaint'>;
  sessions: Pick<LiveSessions, 'withdraw'>;
  /** The workspace isn't given up before it is done. */
  change: <T>(work: () => Promise<T>) => Promise<T>;
  changeSession: <T>(session_id: string, work: (live: LiveSession) => Promise<T>) => Promise<T>;
  onRemoved: (session_id: string) => Promise<void>;
}

/** The audit log first: what is trusted is never without its line. */
async function trustFiles(
  { workspace: { store }, owned: { fileTaint } }: SessionActsPorts,
  id: string,
  root: string,
  by: string,
): Promise<void> {
  if (!(await fileTaint.isAny())) return;
  await store.audit.append({ type: 'files.trusted', data: { root, session: id, by } }, { sync: true });
  await fileTaint.trust(root, by);
}

/** For somebody, as far as their role goes. */
export type SessionActs = (
  by: Principal,
) => Pick<Host, 'configure' | 'revokeGrant' | 'fork' | 'undo' | 'import' | 'remove'>;

export function createSessionActs(ports: SessionActsPorts): SessionActs {
  const { workspace, owned, sessions, change, changeSession, onRemoved } = ports;
  const { store, clock } = workspace;
  const { owner, choose } = owned;
  const now = (): number => clock.now();

  function checkModel(model: string | undefined, by: Principal): void {
    requireModel(workspace, model, by);
    if (model !== undefined) choose(model);
  }

  /** `whenClosed`: before it is gone, when nobody works on it any more. */
  async function removeOne(
    session_id: string,
    { force, by, whenClosed }: { force: boolean; by: Principal; whenClosed?: () => Promise<void> },
  ): Promise<void> {
    await sessions.withdraw(session_id, async (closeIt) => {
      const close = async (): Promise<void> => {
        await closeIt();
        await whenClosed?.();
      };
      await removeSession(workspace, session_id, { force, close, by: by.actor });
    });
    await onRemoved(session_id);
  }

  return (by) => ({
    async configure(session_id, changes) {
      const { trust_files, ...change } = changes;
      requireRole(by, changes.trust === undefined && !trust_files ? ACTS.configure : ACTS.trust);
      if (changes.revoke !== undefined) requireRole(by, ACTS.revokeGrant);
      checkModel(changes.model, by);
      await changeSession(session_id, async (live) => {
        const { session } = live.runner.state();
        if (!session) throw new RuntimeError('not_found', `There is no session ${session_id}.`, { id: session_id });
        requireSessionsRole(by, session);
        if (changes.model !== undefined) requireModelThere(session, workspace.loaded.config, changes.model);
        await owner.configure(live, change, by.actor);
        if (trust_files) await trustFiles(ports, session_id, session.project_root, by.actor.id);
      });
    },
    async revokeGrant(id) {
      const found = await change(async () => {
        requireRole(by, ACTS.revokeGrant);
        return revokeGrant(workspace, id, by.actor);
      });
      if (!('title' in found)) return found;
      const { grant_id, session_id, by: given_by, by_role, approval_id, added_at, scope } = found;
      return changeSession(session_id, async (live) => {
        const grant = live.runner.state().grants.find((one) => one.grant_id === grant_id);
        await owner.configure(live, { revoke: [grant_id] }, by.actor);
        return { ...grant!, by: given_by, by_role, session_id, approval_id, added_at, scope };
      });
    },
    fork: (session_id, options) =>
      change(async () => {
        requireRole(by, ACTS.fork);
        checkModel(options.model, by);
        const { forkSession } = await import('../past/fork.ts');
        const id = owner.newSessionId();
        const isKnown = (model: string): boolean => isListed(workspace.loaded.config, model);
        const sources = { ...store, policy: workspace.policy, by, isListed: isKnown, now };
        await forkSession(sources, session_id, id, options);
        return { session_id: id };
      }),
    undo: (session_id, { turn }) =>
      changeSession(session_id, async (live) => {
        requireRole(by, ACTS.undo);
        const { undoTurn } = await import('../past/undo.ts');
        return undoTurn(workspace, owner, live, turn, by.actor);
      }),
    import: (wanted) =>
      change(async () => {
        requireRole(by, ACTS.import);
        const { importSession } = await import('../proof/import.ts');
        const alone = (id: string, work: () => Promise<void>): Promise<void> =>
          sessions.withdraw(id, async (close) => {
            await close();
            await work();
          });
        const { epoch } = store.workspace();
        return importSession({ ...store, policy: workspace.policy, epoch, now, alone }, wanted, by.actor);
      }),
    remove: (session_id, { force }) =>
      change(async () => {
        requireRole(by, ACTS.remove);
        // What did its steps is part of it: nobody would look for that without it.
        await removeOne(session_id, {
          force,
          by,
          async whenClosed() {
            const steps = await stepSessionsOf(store.journal, session_id);
            if (!force) for (const step of steps) await refuseBusy(workspace, step);
            for (const step of steps.toReversed()) await removeOne(step, { force, by });
          },
        });
      }),
  });
}
