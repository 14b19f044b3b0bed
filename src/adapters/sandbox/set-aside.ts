/** What a command left is renamed where it lies, so that nobody goes by it; nothing of it is lost. */
import { closeSync, renameSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { nameIn, openFolder } from '../../base/files/open-file.ts';
import { kindOf } from './git-names.ts';
import { CHANGE, LOOK, unlock } from './unlock.ts';

/**
 * Under a name that is free: nobody waits until all is removed that a command put under another. Through the folder, held open:
 * a command that still runs may put a link in the place of any. False: nothing is there, or its folder is none any more.
 */
export function setAside(path: string): boolean {
  const [real, name] = [dirname(path), basename(path)];
  return inFolder(real, path, (fd) => {
    const held = { fd, real };
    let aside = `${name}.set-aside`;
    for (let more = 2; kindOf(nameIn(held, aside)) !== undefined; more += 1) aside = `${name}.set-aside-${more}`;
    renameSync(nameIn(held, name), nameIn(held, aside));
    return true;
  });
}

/** False: nothing is there, or its folder is none any more. */
export function inFolder(real: string | Buffer, path: string | Buffer, act: (fd: number) => boolean): boolean {
  unlock(real, LOOK);
  if (kindOf(path) === undefined) return false;
  unlock(real, CHANGE);
  const folder = openFolder(real);
  if ('code' in folder) {
    if (folder.code === 'no_permission') throw new Error(folder.message);
    return false;
  }
  try {
    return act(folder.fd);
  } finally {
    closeSync(folder.fd);
  }
}
