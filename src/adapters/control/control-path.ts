/**
 * Where the control socket of a workspace is. Both ends work it out from the workspace's folder, so it depends on nothing
 * else: not on TMPDIR, which may be another in another terminal.
 */
import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256 } from '../../base/digest.ts';

/** Longer ones the system can't bind (104 bytes on some, one of them a NUL), and the server needs one for itself. */
const LONGEST_PATH_BYTES = 100;
const HASH_LENGTH = 32;

/** `folder`: the workspace's, an absolute real path. `shared`: where everybody may make folders. */
export function controlPath(folder: string, shared = '/tmp'): string {
  const path = join(folder, 'control.sock');
  if (Buffer.byteLength(path) <= LONGEST_PATH_BYTES) return path;
  const user = process.getuid?.() ?? 0;
  return join(shared, `runtime-${user}`, `${sha256(folder).slice(0, HASH_LENGTH)}.sock`);
}

/**
 * May a socket of this path be trusted? The workspace's folder is closed already; one beside those of other users must be
 * ours, closed to others, and no link.
 */
export function isPrivatePath(path: string): boolean {
  if (path.endsWith('/control.sock')) return true;
  const stat = lstatSync(dirname(path), { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
}
