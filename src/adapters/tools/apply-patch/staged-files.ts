/**
 * Files written beside their targets before any target changes. From the moment when all are durable a patch can always
 * be finished: each rename needs neither space nor the other files' old contents.
 */
import {
  closeSync, constants, fchmodSync, fchownSync, fsync, lstatSync, mkdirSync, openSync, readdirSync, renameSync, rmdirSync,
  statSync, unlinkSync, writeSync,
} from 'node:fs'; // prettier-ignore
import { basename, dirname } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import { sha256 } from '../../../base/digest.ts';
import { nameIn, openFolder } from '../../../base/files/open-file.ts';
import { STAGED_FILE } from '../../../base/secret-shaped.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const DAY_MS = 24 * 60 * 60 * 1000;

/** An open folder: what happens in it by name happens there, whatever its path leads to meanwhile. */
export interface Folder {
  fd: number;
  real: string;
}

/** The name of a target's staged file; the same in every attempt of a call. */
export function stagedName(key: string, path: string): string {
  return `.runtime-patch-${sha256(`${key}\n${path}`).slice(0, 16)}.tmp`;
}

/** @throws Error of the system, or one that says that a link came in between. */
export function openChecked(real: string): Folder {
  const folder = openFolder(real);
  if ('code' in folder) throw Object.assign(new Error(folder.message), { code: folder.code });
  return { fd: folder.fd, real };
}

/** Makes the folders that are missing on the way to `real`; gives them, outer ones first. */
export function makeFolders(real: string): string[] {
  if (existsAsFolder(real)) return [];
  const made = makeFolders(dirname(real));
  const parent = openChecked(dirname(real));
  try {
    mkdirSync(nameIn(parent, basename(real)));
  } finally {
    closeSync(parent.fd);
  }
  return [...made, real];
}

function existsAsFolder(real: string): boolean {
  try {
    return statSync(real).isDirectory();
  } catch {
    return false;
  }
}

/** Removes folders that were made in vain; one that someone uses by now stays. */
export function removeFolders(folders: readonly string[]): void {
  for (const folder of folders.toReversed()) quietly(() => rmdirSync(folder));
}

/** Writes a file under its temporary name, durable. `like` is the file whose owner it gets, where that may be given. */
export async function writeStaged(
  folder: Folder,
  name: string,
  bytes: Buffer,
  mode: number | undefined,
  like: string,
): Promise<void> {
  const path = nameIn(folder, name);
  quietly(() => unlinkSync(path));
  const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666);
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
    quietly(() => {
      const { uid, gid } = lstatSync(nameIn(folder, like));
      fchownSync(fd, uid, gid);
    });
    if (mode !== undefined) fchmodSync(fd, mode);
    await synced(fd);
  } finally {
    closeSync(fd);
  }
}

export function putInPlace(folder: Folder, staged: string, name: string): void {
  renameSync(nameIn(folder, staged), nameIn(folder, name));
}

export function removeFrom(folder: Folder, name: string): void {
  unlinkSync(nameIn(folder, name));
}

/** Removes what patches that were never finished left here more than a day ago. */
export function removeStale(folder: Folder, clock: Clock): void {
  quietly(() => {
    for (const name of readdirSync(nameIn(folder, '.'))) {
      if (!STAGED_FILE.test(name)) continue;
      if (clock.now() - lstatSync(nameIn(folder, name)).mtimeMs > DAY_MS) unlinkSync(nameIn(folder, name));
    }
  });
}

export function synced(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fsync(fd, (error) => (error ? reject(error) : resolve())));
}

/** For clearing up: what it fails at is no failure of the patch. */
export function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // left as it is
  }
}
