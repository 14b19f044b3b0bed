import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { linkOutOfProject } from '../../base/files/link-out-of-project.ts';
import { resolveReal } from '../../base/files/resolve-real.ts';
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
  const here = process.cwd();
  const link = linkOutOfProject(found, here === homedir() ? [] : [here]);
  if (link === undefined) return found.real;
  throw new RuntimeError(
    'usage',
    `--root ${path} leads to ${found.real}, by the link ${link}, which a command may have made`,
    {
      next: `Name ${found.real} if that is what you mean.`,
    },
  );
}
