/**
 * From one format of the files to the next. The holder of the lock makes a copy, changes that, and puts it in the place of
 * the workspace; the old one is kept beside it. Killed at any point, the one or the other stands.
 */
import { join } from 'node:path';
import type { OwnerRecord, WorkspaceRecord } from '../contract/records.ts';
import { copyWorkspace } from './care/copy.ts';
import { writeWhole } from './files.ts';
import { takeLock, type LockResult } from './lock.ts';
import { ownerPath } from './owner-record.ts';
import { beginSwitch, endSwitch } from './switch-folder.ts';
import type { WorkspacePaths } from './workspace.ts';

/** Changes the files of a workspace, in the folder that it is given, from one format to the next. All writes are synced. */
export type Migration = (folder: string) => void;

/** The first makes format 2 of format 1. */
export const MIGRATIONS: readonly Migration[] = [];

type Held = Extract<LockResult, { ok: true }>;

/** Gives the new record, and the lock of the new folder; that of the old one is released. */
export function migrateWorkspace(options: {
  paths: WorkspacePaths;
  record: WorkspaceRecord;
  lock: Held;
  holder: OwnerRecord;
  migrations: readonly Migration[];
}): { record: WorkspaceRecord; lock: Held } {
  const { paths, record: old, lock, holder, migrations } = options;
  const making = beginSwitch(paths.folder);
  copyWorkspace(paths, making);
  for (const migrate of migrations.slice(old.v - 1)) migrate(making);
  const record = { ...old, v: 1 + migrations.length };
  writeWhole(join(making, 'workspace.json'), `${JSON.stringify(record)}\n`, { sync: true });
  const next = takeLock(making, holder, paths.folder);
  if (!next.ok) throw new Error('a folder that nobody knows is locked');
  endSwitch(paths.folder, `before-format-${record.v}`);
  lock.release(); // with it goes what says who holds the workspace
  writeWhole(ownerPath(paths.folder), `${JSON.stringify(holder)}\n`, { sync: false });
  return { record, lock: { ...next, ...(lock.left_by && { left_by: lock.left_by }) } };
}
