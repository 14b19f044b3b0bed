import { createHash } from 'node:crypto';
import { accessSync, closeSync, constants, statSync } from 'node:fs';
import type { Digest } from '../../../base/digest.ts';
import { openFile, readAt } from '../../../base/files/open-file.ts';
import { resolveReal } from '../../../base/files/resolve-real.ts';

export interface Executable {
  /** Real path. */
  path: string;
  digest: Digest;
}

const CHUNK_BYTES = 256 * 1024;

/** Gives digests of executables. A file is read again only when its time, size or inode changed. */
export type DigestExecutable = (path: string) => Promise<Executable | undefined>;

export function executableDigests(): DigestExecutable {
  const known = new Map<string, { key: string; executable: Executable }>();
  return async (path) => {
    const found = resolveReal(path);
    if ('code' in found || found.kind !== 'file') return undefined;
    const stats = statSync(found.real);
    const key = `${stats.mtimeMs} ${stats.ctimeMs} ${stats.size} ${stats.ino} ${stats.dev}`;
    const cached = known.get(found.real);
    if (cached?.key === key) return cached.executable;
    const digest = await digestOfFile(found.real);
    if (digest === undefined) return undefined;
    const executable = { path: found.real, digest };
    known.set(found.real, { key, executable });
    return executable;
  };
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
