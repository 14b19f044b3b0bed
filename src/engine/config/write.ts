import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';

/** More links than this on one way are a circle (as Linux counts). */
const MOST_LINKS = 40;

/**
 * Replaces a configuration file at once and durably: whole or not at all, readable by its owner only. A link stays a
 * link; what it leads to is replaced. Gives false, with nothing written, when the file no longer holds `expected`.
 * @throws an error of the file system
 */
export function replaceFile(path: string, text: string, expected: string): boolean {
  const target = followLinks(resolve(path));
  const folder = dirname(target);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fresh = `${target}.${process.pid}.tmp`;
  rmSync(fresh, { force: true }); // of a process of this number that was killed here
  try {
    const file = openSync(fresh, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (readOrEmpty(target) !== expected) return false;
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { force: true });
  }
  const directory = openSync(folder, 'r');
  fsyncSync(directory);
  closeSync(directory);
  return true;
}

/** Unlike realpath it also follows a link to a file that isn't there yet. */
function followLinks(path: string): string {
  for (let links = 0; links < MOST_LINKS; links++) {
    try {
      path = resolve(dirname(path), readlinkSync(path));
    } catch {
      return path; // no link
    }
  }
  return path;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
