/**
 * Puts a backup in the place of a workspace, in a new epoch: what was open when it was made can't act again. It is made
 * beside the workspace and then put in its place, so that at any kill the old or the new one stands.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RuntimeError } from '../../contract/errors.ts';
import type { BackupRecord, StoreRestored } from '../../contract/store-care.ts';
import { createAudit } from '../audit.ts';
import { copyDurably, ensureFolder, syncFolderNow, writeWhole } from '../files.ts';
import { storeError } from '../store-error.ts';
import { beginSwitch, endSwitch } from '../switch-folder.ts';
import { readWorkspace, workspacePathsIn, type WorkspacePaths } from '../workspace.ts';
import { readBackup } from './backup.ts';
import { carryOver, type CarryOptions } from './carry-over.ts';
import { lastEpoch } from './chained.ts';
import { killEvents } from './dead-events.ts';
import { inventory } from './inventory.ts';

export interface RestoreOptions extends CarryOptions {
  paths: WorkspacePaths;
  /** Replaces a workspace that is there; it is kept beside the new one. Its lock is the caller's. */
  force: boolean;
  by: string;
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

const WHY_DEAD = 'it waited when the backup was made that was restored; send it again';

/** @throws RuntimeError not_found | backup_unfit | store_too_new | workspace_exists | store_unavailable | disk_full */
export async function restore(options: RestoreOptions): Promise<StoreRestored> {
  const { paths, workspace, source, force, onProgress } = options;
  const backup = await readBackup(source, onProgress);
  if (backup.workspace !== workspace) {
    throw new RuntimeError('backup_unfit', `The backup is of workspace ${backup.workspace}, not of ${workspace}.`, {
      next: `Restore it with \`runtime store restore <folder> --workspace ${backup.workspace}\`.`,
    });
  }
  const replaces = holdsSomething(paths);
  if (replaces && !force) {
    throw new RuntimeError('workspace_exists', `There is a workspace ${workspace} already.`);
  }
  try {
    const epoch = 1 + Math.max(backup.epoch, await epochThere(paths, workspace));
    const making = beginSwitch(paths.folder);
    const copied = copyFiles(backup, source, making);
    const next = workspacePathsIn(making);
    writeWhole(next.record, `${JSON.stringify({ v: backup.format, id: workspace, epoch })}\n`, { sync: true });
    // What waited then may have been answered since. A person may send it again.
    const dead_events = await killEvents(next, workspace, { why: WHY_DEAD, now: options.clock.now() });
    const carried = replaces ? await carryOver(paths, next, options) : { still_revoked: [], paused_jobs: [] };
    const redacted = await redactionsIn(next, options);
    const unredacted = replaces ? [...(await redactionsIn(paths, options))].filter(([end]) => !redacted.has(end)) : [];
    await recordRestore(next, options, { backup_at: backup.at, epoch, dead_events: dead_events.length });
    const kept = freeName(paths.folder);
    endSwitch(paths.folder, kept);
    if (!replaces) rmSync(`${paths.folder}.${kept}`, { recursive: true, force: true });
    return {
      schemaVersion: 'runtime.store_restore.v1',
      workspace,
      folder: paths.folder,
      backup_at: backup.at,
      epoch,
      ...copied,
      dead_events,
      ...carried,
      unredacted: [...new Set(unredacted.map(([, session]) => session))],
      ...(replaces && { replaced: `${paths.folder}.${kept}` }),
    };
  } catch (error) {
    throw storeError(`Restoring ${source}`, error);
  }
}

/** More than what taking the lock of a workspace makes. */
function holdsSomething(paths: WorkspacePaths): boolean {
  return [...inventory(paths)].some(({ kind }) => kind !== 'runtime' && kind !== 'folder');
}

/** Of the workspace that is replaced, also where its record can't be read. */
async function epochThere(paths: WorkspacePaths, id: string): Promise<number> {
  try {
    const record = readWorkspace(paths);
    if (record !== undefined) return record.epoch;
  } catch {
    // Then its lines tell.
  }
  return lastEpoch(paths, id);
}

function copyFiles({ files }: BackupRecord, source: string, making: string): { files: number; bytes: number } {
  const folders = new Set([making]);
  let bytes = 0;
  let count = 0;
  for (const { path, sha256 } of files) {
    if (path === 'config.yaml') continue;
    const to = join(making, path.slice('workspace/'.length));
    ensureFolder(dirname(to));
    folders.add(dirname(to));
    const copied = copyDurably(join(source, path), to);
    if (copied.sha256 !== sha256) throw new RuntimeError('backup_unfit', `${source}: ${path} was changed meanwhile.`);
    bytes += copied.bytes;
    count++;
  }
  for (const folder of folders) syncFolderNow(folder);
  return { files: count, bytes };
}

/** Sessions out of which values were taken, by the end that each had then. A log that is damaged tells what can be read. */
async function redactionsIn(paths: WorkspacePaths, options: RestoreOptions): Promise<Map<string, string>> {
  const ends = new Map<string, string>();
  const { audit, close } = auditOf(paths, options);
  try {
    await audit.read(({ record }) => {
      if (record.type !== 'session.redacted') return;
      for (const { session, after } of record.data.sessions) ends.set(after.hash, session);
    });
  } catch {
    // It is replaced, or checked by whoever opens it.
  } finally {
    await close();
  }
  return ends;
}

async function recordRestore(
  paths: WorkspacePaths,
  options: RestoreOptions,
  data: { backup_at: number; epoch: number; dead_events: number },
): Promise<void> {
  const { audit, close } = auditOf(paths, options);
  try {
    await audit.append({ type: 'store.restored', data: { ...data, by: options.by } }, { sync: true });
  } finally {
    await close();
  }
}

function auditOf(paths: WorkspacePaths, { workspace, clock }: RestoreOptions): ReturnType<typeof createAudit> {
  return createAudit({
    path: paths.audit,
    tornFolder: paths.torn,
    workspace: () => workspace,
    clock,
    requireLock: () => {},
  });
}

function freeName(folder: string): string {
  const names = existsSync(dirname(folder)) ? readdirSync(dirname(folder)) : [];
  for (let n = 1; ; n++) {
    const name = `before-restore-${n}`;
    if (!names.includes(`${basename(folder)}.${name}`)) return name;
  }
}
