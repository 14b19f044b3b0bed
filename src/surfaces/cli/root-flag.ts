import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { repositoryAround } from '../../base/files/repository-around.ts';
import { linkOutOf, type RealPath, resolveReal } from '../../base/files/resolve-real.ts';
import { RuntimeError } from '../../contract/errors.ts';

/**
 * The folder that `--root` names, by its real path. One to which a link of a project leads out of that isn't taken by that name: as
 * the agent may have made the link, it would choose what its next session may change. @throws RuntimeError usage
 */
export function rootOf(path: string): string {
  const found = resolveReal(resolve(path));
  if ('code' in found || found.kind !== 'dir') {
    throw new RuntimeError('usage', `--root ${path} is no folder`, { next: 'Name a folder that exists.' });
  }
  const link = linkOutOfProject(found);
  if (link === undefined) return found.real;
  throw new RuntimeError(
    'usage',
    `--root ${path} leads to ${found.real}, by the link ${link}, which a command may have made`,
    {
      next: `Name ${found.real} if that is what you mean.`,
    },
  );
}

/** A project is the repository in which the link lies, or the folder in which one is; a home is none. */
function linkOutOfProject(found: RealPath): string | undefined {
  const folders = [process.cwd(), ...found.links.map((link) => dirname(link))].map(repositoryAround);
  const isProject = (folder: string): boolean =>
    existsSync(join(folder, '.git')) || (folder === process.cwd() && folder !== homedir());
  return folders
    .filter(isProject)
    .map((folder) => linkOutOf(folder, found))
    .find((link) => link !== undefined);
}
