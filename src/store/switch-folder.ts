/**
 * Putting another folder in the place of a workspace's, so that at any kill the old or the new one stands. The new one is
 * made as `<folder>.next.tmp`, complete and durable when it is called `<folder>.next`; then two renames switch. Between
 * them there is no folder: whoever opens the workspace then carries on with the second.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { RuntimeError } from '../contract/errors.ts';
import { ensureFolder, syncFolderNow } from './files.ts';
import { isFileError } from './store-error.ts';

/** What the name of a folder that is being made ends with. */
export const NEXT = 'next';

/** An empty folder in which the new workspace is made. What an earlier try left is removed. */
export function beginSwitch(folder: string): string {
  const making = `${folder}.${NEXT}.tmp`;
  for (const left of [making, `${folder}.${NEXT}`]) rmSync(left, { recursive: true, force: true });
  ensureFolder(making);
  return making;
}

/** Switches to what was made, whose files are durable. The old folder, if any, is then called `<folder>.<kept>`. */
export function endSwitch(folder: string, kept: string): void {
  const parent = dirname(folder);
  renameSync(`${folder}.${NEXT}.tmp`, `${folder}.${NEXT}`);
  syncFolderNow(parent);
  if (existsSync(folder)) renameSync(folder, `${folder}.${kept}`);
  finishSwitch(folder);
  syncFolderNow(parent);
  if (!existsSync(`${folder}.${NEXT}`)) return;
  throw new RuntimeError('store_unavailable', `Someone made a new workspace in ${folder} at the same moment.`, {
    next: `Move it away, and rename ${folder}.${NEXT} to it.`,
  });
}

/** Carries on with a switch that was cut short where no folder stands. To be called where a workspace isn't found. */
export function finishSwitch(folder: string): boolean {
  try {
    renameSync(`${folder}.${NEXT}`, folder);
    return true;
  } catch (error) {
    // There was none; or someone else was quicker.
    if (isFileError(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) return existsSync(folder);
    throw error;
  }
}
