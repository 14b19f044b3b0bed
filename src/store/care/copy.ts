/** Copies of the files of a workspace that nobody writes to. */
import { lstatSync, readlinkSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { copyDurably, ensureFolder, syncFolderNow } from '../files.ts';
import type { WorkspacePaths } from '../workspace.ts';
import { inventory, type FileKind } from './inventory.ts';

/** What a copy of a workspace doesn't have: what belongs to the process that holds it, and what is made anew. */
export const NOT_COPIED: ReadonlySet<FileKind> = new Set(['runtime', 'temporary', 'snapshot', 'foreign', 'folder']);

/** Copies all that counts into a folder, durably. */
export function copyWorkspace(paths: WorkspacePaths, target: string): void {
  const folders = new Set([target]);
  for (const { name, path, kind, plain } of inventory(paths)) {
    if (NOT_COPIED.has(kind) || !plain) continue;
    const to = join(target, name);
    ensureFolder(dirname(to));
    folders.add(dirname(to));
    if (kind === 'rules') copyRules(path, to);
    else copyDurably(path, to);
  }
  for (const folder of folders) syncFolderNow(folder);
}

/** A person's rules, for a folder beside theirs: a link stays one. */
export function copyRules(path: string, to: string): void {
  if (lstatSync(path).isSymbolicLink()) symlinkSync(readlinkSync(path), to);
  else copyDurably(path, to);
}
