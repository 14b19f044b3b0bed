import { createHash } from 'node:crypto';
import { accessSync, closeSync, constants, statSync } from 'node:fs';
import type { Digest } from '../../../base/digest.ts';
import { openFile, readAt } from '../../../base/files/open-file.ts';
import { isInside } from '../../../base/is-inside.ts';
import { resolveReal } from '../../../base/files/resolve-real.ts';

export interface Executable {
  /** Real path. */
  path: string;
  digest: Digest;
}

const CHUNK_BYTES = 256 * 1024;

/** Undefined where there is no such file, or nobody may read it. */
export type DigestFile = (path: string) => Promise<Executable | undefined>;

/** Programs of the system: commands can't change them, whoever runs them, if the project isn't there. */
const PROGRAMS = ['/bin', '/sbin', '/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'];

/**
 * Gives digests of files. As long as times, size and inode of one stay, it is read once. For commands that no sandbox confines, of the
 * project `root`, that goes for files alone that no command of ours can write: of others the bytes may change and no time tells it (by a
 * mapping of them, mmap(2); on tmpfs at any time).
 */
export function fileDigests(): (root?: string) => DigestFile {
  const known = new Map<string, { key: string; executable: Executable }>();
  return (root) => async (path) => {
    const found = resolveReal(path);
    if ('code' in found || found.kind !== 'file') return undefined;
    const stats = statSync(found.real);
    const key = `${stats.mtimeMs} ${stats.ctimeMs} ${stats.size} ${stats.ino} ${stats.dev}`;
    const isFixed = root === undefined || !mayChange(found.real, stats.uid, root);
    const cached = known.get(found.real);
    if (isFixed && cached?.key === key) return cached.executable;
    const digest = await digestOfFile(found.real);
    if (digest === undefined) return undefined;
    const executable = { path: found.real, digest };
    if (isFixed) known.set(found.real, { key, executable });
    return executable;
  };
}

function mayChange(real: string, uid: number, root: string): boolean {
  if (isInside(root, real)) return true;
  if (PROGRAMS.some((folder) => isInside(folder, real))) return false;
  if (process.geteuid?.() === uid) return true;
  try {
    accessSync(real, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The first file of that name in the folders of `searchPath` that may be executed; undefined when there is none. */
export function findExecutable(name: string, searchPath: string, folder: string): string | undefined {
  const candidates = name.includes('/')
    ? [name.startsWith('/') ? name : `${folder}/${name}`]
    : searchPath.split(':').map((place) => `${place === '' ? '.' : place}/${name}`);
  return candidates.find((path) => path.startsWith('/') && isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Undefined when the file may be run but not read. */
async function digestOfFile(real: string): Promise<Digest | undefined> {
  const file = openFile(real);
  if ('code' in file) return undefined;
  try {
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let position = 0; ;) {
      const count = await readAt(file.fd, chunk, position);
      if (count === 0) return `sha256:${hash.digest('hex')}`;
      hash.update(chunk.subarray(0, count));
      position += count;
    }
  } finally {
    closeSync(file.fd);
  }
}
