/** A file that a command writes for a person: under its name it is there whole, or not at all. */
import { closeSync, fsyncSync, lstatSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { RuntimeError } from '../../contract/errors.ts';

/**
 * Replaces what stood there. Others may not read it.
 * @throws RuntimeError usage (the path is a folder, a device, a link, or in no folder) | disk_full | no_permission
 */
export async function writeOutputFile(path: string, pieces: AsyncIterable<string>): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    throw new RuntimeError('usage', `${path} is there and is no plain file`, { next: 'Name another file.' });
  }
  const temporary = `${path}.${process.pid}.tmp`;
  let fd: number;
  try {
    fd = openSync(temporary, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new RuntimeError('usage', `there is no folder ${dirname(path)}`, { next: 'Make the folder first.' });
  }
  try {
    for await (const piece of pieces) writeAll(fd, Buffer.from(piece));
    fsyncSync(fd);
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
}

function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
