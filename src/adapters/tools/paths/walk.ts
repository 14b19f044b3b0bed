import { closeSync, type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ToolContext } from '../../../contract/ports.ts';
import { isSameFolder } from './other-names.ts';
import { nameIn, openFolder } from '../../../base/files/open-file.ts';

/** Folders that a walk names and does not enter: they are large and made by programs. */
const NOT_ENTERED = new Set(['.git', 'node_modules']);

/** Between two looks at the rest of the program a walk reads this many folders. */
const FOLDERS_AT_ONCE = 32;

export interface Walked {
  real: string;
  /** Path from the folder in which the walk began. */
  path: string;
  entry: Dirent;
}

/**
 * Visits what lies in a folder, upper levels first, each folder in code unit order. Follows no links; folders that
 * can't be read, what is `closed` and what may not be found are passed over. `visit` ends the walk by giving false. Gives whether
 * something may not be found.
 */
export async function walk(
  start: string,
  closed: readonly string[],
  { signal, mayFind }: Pick<ToolContext, 'signal' | 'mayFind'>,
  visit: (found: Walked) => boolean | Promise<boolean>,
): Promise<{ kept: boolean }> {
  let kept = false;
  const folders = [{ real: start, path: '' }];
  for (let read = 1; folders.length > 0 && !signal.aborted; read++) {
    const folder = folders.shift()!;
    for (const entry of entriesOf(folder.real)) {
      const real = join(folder.real, entry.name);
      if (closed.some((path) => real === path || (entry.isDirectory() && isSameFolder(path, real)))) continue;
      if (!mayFind(real)) {
        kept = true;
        continue;
      }
      const path = join(folder.path, entry.name);
      if (!(await visit({ real, path, entry }))) return { kept };
      if (entry.isDirectory() && !NOT_ENTERED.has(entry.name)) folders.push({ real, path });
    }
    if (read % FOLDERS_AT_ONCE === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  return { kept };
}

function entriesOf(real: string): Dirent[] {
  const folder = openFolder(real);
  if ('code' in folder) return [];
  try {
    const entries = readdirSync(nameIn({ fd: folder.fd, real }, '.'), { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  } finally {
    closeSync(folder.fd);
  }
}
