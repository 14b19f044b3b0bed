/** What something runs, or goes by, sooner or later, though nobody calls it. Read for what is to be guarded. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Around, gitToldBy, ON_DISK, type Told } from './git-told-by.ts';
import { isInside } from './is-inside.ts';
import { startUpFiles } from './start-up-files.ts';

/** By git, and of the person's homes. Where links lead, too. */
export function runsLaterOf(around: Around): Told[] {
  return [...gitToldBy(ON_DISK, around), ...startUpFiles(around.folder, around.homes)];
}

/** Whether all of a folder is: it is a repository's own, or hooks of one around it lie there. */
export function isForGit(around: Around): boolean {
  const { folder } = around;
  const isThere = (name: string): boolean => existsSync(join(folder, name));
  if (folder.split('/').includes('.git') || ['HEAD', 'objects', 'refs'].every(isThere)) return true;
  if (isThere('.git')) return false;
  return gitToldBy(ON_DISK, around).some(({ path, as }) => as === 'hooks' && isInside(path, folder));
}
