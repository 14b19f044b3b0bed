/**
 * The store of one workspace: `RUNTIME_HOME/workspaces/<id>/`. Opening reads one small file and creates nothing; files
 * are opened by their first use. Writing needs the lock, reading doesn't.
 */
import type { Clock } from '../base/clock.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Audit, Blobs, Grants, Ingress, Journal, ScheduleLog, Snapshots, UsageLog } from '../contract/ports.ts';
import type { WorkspaceRecord } from '../contract/records.ts';
import type { TaintedFiles } from '../contract/tainted-files.ts';
import { createAudit } from './audit.ts';
import { dropBallast, ensureBallast } from './ballast.ts';
import { createBlobs } from './blobs.ts';
import { ensureFolder, syncFolders, syncPath } from './files.ts';
import { createGrants } from './grants.ts';
import { createIngress } from './ingress.ts';
import { createJournal } from './journal.ts';
import { takeLock, type LockResult } from './lock.ts';
import { migrateWorkspace, MIGRATIONS, type Migration } from './migrations.ts';
import { settleRedaction } from './redaction.ts';
import { createScheduleLog } from './schedules.ts';
import { createSnapshots } from './snapshots.ts';
import { storeError } from './store-error.ts';
import { createTaintedFiles } from './tainted-files.ts';
import { createUsageLog } from './usage.ts';
import { createWorkspace, readWorkspace, workspacePaths } from './workspace.ts';

export interface StoreOptions {
  /** `RUNTIME_HOME`, and the workspace's id. */
  home: string;
  workspace: string;
  clock: Clock;
  /** Who takes the lock, for the messages of others. */
  owner: { pid: number; program: string; version: string };
  /** How long an idempotency key is remembered. */
  idempotencyTtlMs: number;
  /** How long a dead letter is kept. */
  deadLetterTtlMs: number;
  /** Only tests have others. */
  migrations?: readonly Migration[];
}

/** `fence` tells one holding of the lock from an earlier one: appends name it. */
export type TakenLock = Extract<LockResult, { ok: false }> | (Extract<LockResult, { ok: true }> & { fence: number });

export interface Store {
  journal: Journal;
  blobs: Blobs;
  ingress: Ingress;
  audit: Audit;
  grants: Grants;
  taintedFiles: TaintedFiles;
  schedules: ScheduleLog;
  usage: UsageLog;
  snapshots: Snapshots;
  /** Id and epoch; of a workspace that doesn't exist yet, those it will have. */
  workspace: () => WorkspaceRecord;
  /** The folder of this workspace, closed to tools, and in it the one for what may be deleted at any time. */
  folder: string;
  cacheFolder: string;
  /** Becomes the one process that may write. Creates the workspace where there is none. */
  takeLock: () => TakenLock;
  /** Closes all files, syncing nothing, and releases the lock. */
  close: () => Promise<void>;
}

/** @throws RuntimeError invalid_id | store_too_new | store_damaged | no_permission | store_unavailable */
export function openStore(options: StoreOptions): Store {
  const { home, workspace: id, clock, owner, idempotencyTtlMs, deadLetterTtlMs, migrations = MIGRATIONS } = options;
  const format = 1 + migrations.length;
  const paths = workspacePaths(home, id);
  let record = readWorkspace(paths, format);
  let held: Extract<TakenLock, { ok: true }> | undefined;
  let holdings = 0;

  const workspace = (): WorkspaceRecord => record ?? { v: format, id, epoch: 1 };
  const requireLock = (fence?: number): void => {
    if (held !== undefined && (fence === undefined || fence === held.fence)) return;
    throw new RuntimeError('internal', 'The workspace is written to without its lock.');
  };
  const shared = { tornFolder: paths.torn, workspace: () => workspace().id, clock, requireLock: () => requireLock() };

  const { audit, close: closeAudit } = createAudit({ path: paths.audit, ...shared });
  const { grants, close: closeGrants } = createGrants({ path: paths.grants, ...shared });
  const { taintedFiles, close: closeTainted } = createTaintedFiles({ path: paths.taintedFiles, ...shared });
  const { schedules, close: closeSchedules } = createScheduleLog({ path: paths.schedules, ...shared });
  const { usage, closeAll: closeUsage } = createUsageLog({ folder: paths.usage, ...shared });
  const { ingress, close: closeIngress } = createIngress({
    folder: paths.ingress,
    idempotencyTtlMs,
    deadLetterTtlMs,
    holdsLock: () => held !== undefined,
    ...shared,
  });
  const { blobs, close: closeBlobs } = createBlobs({ folder: paths.blobs, requireLock: shared.requireLock });
  const { journal, closeAll } = createJournal({
    sessionsFolder: paths.sessions,
    tornFolder: paths.torn,
    head: (session) => audit.head(session),
    requireLock,
    freeSpace: () => dropBallast(paths.ballast),
  });

  return {
    journal,
    blobs,
    ingress,
    audit,
    grants,
    taintedFiles,
    schedules,
    usage,
    snapshots: createSnapshots({ folder: paths.cache, requireLock: shared.requireLock }),
    workspace,
    folder: paths.folder,
    cacheFolder: paths.cache,
    takeLock() {
      try {
        ensureFolder(paths.folder);
        const holder = { ...owner, started_at: clock.now() };
        let result = takeLock(paths.folder, holder);
        if (!result.ok) return result;
        try {
          record = readWorkspace(paths, format); // it may have come, or been restored, since it was read first
          // Names that a killed process made needn't be durable, and what we promise will lie under them.
          if (result.left_by !== undefined) syncFolders(paths.folder);
          if (record !== undefined && record.v < format) {
            ({ record, lock: result } = migrateWorkspace({ paths, record, lock: result, holder, migrations }));
          }
          if (record === undefined) {
            syncPath(paths.folder);
            createWorkspace(paths, (record = workspace()));
          }
          settleRedaction(paths);
          ensureBallast(paths.ballast);
        } catch (error) {
          result.drop(); // what a killed one left is still to be seen to
          throw error;
        }
        const release = (): void => {
          held = undefined;
          result.release();
        };
        holdings++;
        held = { ...result, fence: holdings, release };
        return held;
      } catch (error) {
        throw storeError(`Opening workspace ${id}`, error);
      }
    },
    async close() {
      await Promise.all([
        closeAll(),
        closeIngress(),
        closeAudit(),
        closeGrants(),
        closeTainted(),
        closeSchedules(),
        closeUsage(),
      ]);
      await closeBlobs(); // who comes next takes each name that is there for durable
      held?.release();
    },
  };
}
