/** What something runs, or goes by, sooner or later, though nobody calls it. Read for what is to be guarded. */
import { type Around, gitToldBy, ON_DISK, type Told } from './git-told-by.ts';
import { startUpFiles } from './start-up-files.ts';

/** By git, and of the person's homes. Where links lead, too. */
export function runsLaterOf(around: Around): Told[] {
  const started = startUpFiles(around.folder, around.homes).map((path): Told => ({ path, as: 'settings' }));
  return [...gitToldBy(ON_DISK, around), ...started];
}
