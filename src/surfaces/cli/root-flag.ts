import { realpathSync, statSync } from 'node:fs';
import { RuntimeError } from '../../contract/errors.ts';

/** The folder that `--root` names, by its real path. @throws RuntimeError usage */
export function rootOf(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return realpathSync(path);
  throw new RuntimeError('usage', `--root ${path} is no folder`, { next: 'Name a folder that exists.' });
}
