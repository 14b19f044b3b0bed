/**
 * How the store touches the file system. Small writes are synchronous, syncs are not: they take milliseconds and run on
 * Node's pool. Whatever the umask, files get 0600 and folders 0700.
 */
import {
  chmodSync, close, closeSync, constants, fchmodSync, fdatasync, fstatSync, fsync, fsyncSync, ftruncateSync, futimesSync, lstatSync,
  mkdirSync, open, openSync, readdirSync, readSync, renameSync, rmdirSync, unlinkSync, writeSync,
} from 'node:fs'; // prettier-ignore
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { RuntimeError } from '../contract/errors.ts';
import { isFileError, storeError } from './store-error.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_WRONLY, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Creates a folder and what is missing above it, durably. Folders that are there stay as they are. */
export function ensureFolder(path: string, { hasParent = false } = {}): void {
  try {
    mkdirSync(path, FOLDER_MODE);
  } catch (error) {
    if (isFileError(error, 'EEXIST')) return;
    // Some file systems (/proc) say so also of what may not be made in a folder that is there.
    if (hasParent || !isFileError(error, 'ENOENT')) throw error;
    ensureFolder(dirname(path));
    return ensureFolder(path, { hasParent: true });
  }
  try {
    chmodSync(path, FOLDER_MODE);
    syncFolderNow(dirname(path));
  } catch (error) {
    rmdirSync(path); // who finds it takes its name for durable
    throw error;
  }
}

/** Returns when the names in the folder are durable. */
export function syncFolderNow(path: string): void {
  const folder = openSync(path, O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Makes the names in this folder, and in all below it, durable. */
export function syncFolders(path: string): void {
  syncFolderNow(path);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) syncFolders(join(path, entry.name));
  }
}

/** Makes the name of this folder durable, and those of the folders above it as far as they may be read. */
export function syncPath(path: string): void {
  try {
    for (let above = dirname(path); ; above = dirname(above)) {
      syncFolderNow(above);
      if (above === dirname(above)) return;
    }
  } catch (error) {
    if (!isFileError(error, 'EACCES', 'EPERM', 'EINVAL', 'EROFS')) throw error;
  }
}

/** Creates a file for appending that must not be there yet. Durable with the next `syncFolder`. */
export function createFile(path: string): number {
  return openPrivate(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW);
}

/** Opens a file to be written from its beginning, whatever stood there. */
export function openAnew(path: string): number {
  return openPrivate(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
}

function openPrivate(path: string, flags: number): number {
  let fd: number;
  try {
    fd = openSync(path, flags, FILE_MODE);
  } catch (error) {
    if (!isFileError(error, 'ENOENT')) throw error;
    ensureFolder(dirname(path));
    fd = openSync(path, flags, FILE_MODE);
  }
  fchmodSync(fd, FILE_MODE);
  return fd;
}

/**
 * Opens a file that is there; undefined when there is none. Links are not followed, and what isn't a plain file (a
 * folder, a pipe that would block) is refused.
 * @throws RuntimeError store_damaged
 */
export function openExisting(path: string, access: 'read' | 'append'): number | undefined {
  let fd: number;
  try {
    // In vain it takes far longer to open than to look, and many sessions have no file yet.
    if (!lstatSync(path, { throwIfNoEntry: false })) return undefined;
    fd = openSync(path, (access === 'read' ? O_RDONLY : O_RDWR | O_APPEND) | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return undefined;
    if (isFileError(error, 'ELOOP', 'EISDIR')) throw notPlain(path, error);
    throw error;
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw notPlain(path);
}

function notPlain(path: string, cause?: unknown): RuntimeError {
  return new RuntimeError('store_damaged', `${path} is not a plain file.`, { cause, next: 'Move it away.' });
}

/** Changes with the file: another one of its name, or one that was written to, has another. Undefined: there is none. */
export function fileStamp(path: string): string | undefined {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats && `${stats.ino} ${stats.mtimeNs} ${stats.size}`;
}

/** Writes all bytes. A short write is followed by another, which tells why the first was short. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
}

/** Resolves when the file's bytes and length are durable. */
export function syncFile(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(fd, (error) => (error ? reject(error) : resolve())));
}

/** Resolves when the names in the folder are durable. */
export function syncFolder(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    open(path, O_RDONLY, (openError, fd) => {
      if (openError) return reject(openError);
      fsync(fd, (syncError) => close(fd, () => (syncError ? reject(syncError) : resolve())));
    });
  });
}

/** Where `writeWhole` writes first; a process that was killed may leave it. */
export function temporaryOf(path: string): string {
  return `${path}.tmp`;
}

/** Replaces a file as a whole: afterwards either the old or the new content stands there, durably. */
export function writeWhole(path: string, content: string | Uint8Array, options: { sync: boolean }): void {
  const temporary = temporaryOf(path);
  const fd = openAnew(temporary);
  try {
    writeAll(fd, typeof content === 'string' ? Buffer.from(content) : content);
    if (options.sync) fsyncSync(fd);
    renameSync(temporary, path);
  } catch (error) {
    removeFile(temporary); // on a full disk it would keep what room there is
    throw error;
  } finally {
    closeSync(fd);
  }
  if (options.sync) syncFolderNow(dirname(path));
}

/** So much text is written at a time. */
const PIECES_LENGTH = 256 * 1024;

/** The same of a file of any size, durably: its text comes in pieces. When `fill` fails, what stood there still does. */
export async function writePieces(path: string, fill: (write: (text: string) => void) => Promise<void>): Promise<void> {
  const temporary = temporaryOf(path);
  const fd = openAnew(temporary);
  let held = '';
  const flush = (): void => {
    writeAll(fd, Buffer.from(held));
    held = '';
  };
  try {
    await fill((text) => {
      held += text;
      if (held.length >= PIECES_LENGTH) flush();
    });
    flush();
    await syncFile(fd);
    renameSync(temporary, path);
  } catch (error) {
    removeFile(temporary);
    throw error;
  } finally {
    closeSync(fd);
  }
  await syncFolder(dirname(path));
}

/** Removes a file; none is no error. Durable with the next `syncFolder`. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isFileError(error, 'ENOENT')) throw error;
  }
}

/** Gives `use` the file open for reading (undefined: there is none), and closes it. */
export async function withFile<T>(path: string, use: (fd: number | undefined) => T | Promise<T>): Promise<T> {
  let fd: number | undefined;
  try {
    fd = openExisting(path, 'read');
    return await use(fd);
  } catch (error) {
    throw storeError(`Reading ${path}`, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

const COPY_BYTES = 256 * 1024;

/**
 * Copies a file, or its first `bytes`, to a place where none is yet: its bytes are durable then, its name with the next
 * sync of the folder. Gives length and SHA-256 (hex) of what was copied.
 */
export function copyDurably(from: string, to: string, bytes = Infinity): { bytes: number; sha256: string } {
  const source = openExisting(from, 'read');
  if (source === undefined) throw new RuntimeError('store_unavailable', `${from} went away while it was copied.`);
  try {
    const target = openAnew(to);
    try {
      const hash = createHash('sha256');
      const block = Buffer.allocUnsafe(COPY_BYTES);
      let copied = 0;
      while (copied < bytes) {
        const count = readSync(source, block, 0, Math.min(COPY_BYTES, bytes - copied), copied);
        if (count === 0) break;
        hash.update(block.subarray(0, count));
        writeAll(target, block.subarray(0, count));
        copied += count;
      }
      // When a session was changed last orders the list of sessions.
      const { atime, mtimeMs } = fstatSync(source);
      // Half a millisecond more: a time in seconds may be rounded down on its way.
      futimesSync(target, atime, (Math.floor(mtimeMs) + 0.5) / 1000);
      fsyncSync(target);
      return { bytes: copied, sha256: hash.digest('hex') };
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

/**
 * SHA-256 (hex) of the first bytes of a file that only grows; undefined when it is shorter. Each byte is read once: asked
 * again, for as much or more, it goes on behind what it has read.
 */
export function createPrefixDigest(): (fd: number, bytes: number) => string | undefined {
  const hash = createHash('sha256');
  let position = 0;
  return (fd, bytes) => {
    const block = Buffer.allocUnsafe(Math.min(bytes - position, COPY_BYTES));
    while (position < bytes) {
      const count = readSync(fd, block, 0, Math.min(block.length, bytes - position), position);
      if (count === 0) return undefined;
      hash.update(block.subarray(0, count));
      position += count;
    }
    return hash.copy().digest('hex');
  };
}

/**
 * Cuts a file at `from`; what stood behind it is first kept in `folder`, durably, as `<name>-<n>`. Gives that name.
 */
export async function cutAside(fd: number, from: number, folder: string, name: string): Promise<string> {
  const { fd: kept, name: keptName } = createNumbered(folder, name);
  try {
    const block = Buffer.allocUnsafe(COPY_BYTES);
    for (let position = from; ;) {
      const count = readSync(fd, block, 0, COPY_BYTES, position);
      if (count === 0) break;
      writeAll(kept, block.subarray(0, count));
      position += count;
    }
    await syncFile(kept);
  } finally {
    closeSync(kept);
  }
  await syncFolder(folder);
  ftruncateSync(fd, from);
  await syncFile(fd);
  return keptName;
}

/** Keeps bytes in `folder`, durably, as `<name>-<n>`. Gives that name. */
export function keepAside(bytes: Uint8Array, folder: string, name: string): string {
  const { fd, name: keptName } = createNumbered(folder, name);
  try {
    writeAll(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  syncFolderNow(folder);
  return keptName;
}

function createNumbered(folder: string, name: string): { fd: number; name: string } {
  for (let n = 1; ; n++) {
    try {
      return { fd: createFile(`${folder}/${name}-${n}`), name: `${name}-${n}` };
    } catch (error) {
      if (!isFileError(error, 'EEXIST')) throw error;
    }
  }
}
