/** A file of a person's to which results are appended, one line of JSON each. */
import { closeSync, constants, fstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { isStillThere, nameIn, openFolder } from '../../base/files/open-file.ts';
import { resolveReal } from '../../base/files/resolve-real.ts';

const MODE = 0o600;
const { O_APPEND, O_CREAT, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
/** A pipe isn't waited for, and a link that came meanwhile isn't followed. */
const HOW_TO_OPEN = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/**
 * Resolves when the line is durable. A line that a crash cut is ended first. What could hold up a write is refused.
 * `path` is where the file really lay when the person named it. The file may lie where the agent's commands can write, and
 * nothing confines this process: where a link has come into the path, or another file stands under the name, too, nothing is
 * written.
 */
export async function appendResult(path: string, value: unknown): Promise<void> {
  const found = resolveReal(path);
  if ('code' in found) throw new Error(found.message);
  if (found.real !== path) throw leadsElsewhere(path, found.real);
  const real = dirname(path);
  const folder = openFolder(real);
  if ('code' in folder) throw new Error(`${real}: ${folder.message}`);
  try {
    const file = await open(nameIn({ fd: folder.fd, real }, basename(path)), HOW_TO_OPEN, MODE);
    try {
      check(file, path);
      await append(file, `${JSON.stringify(value)}\n`);
    } finally {
      await file.close();
    }
  } finally {
    closeSync(folder.fd);
  }
}

/** Of what was opened, since the path may mean something else by now. @throws Error saying what is wrong with it */
function check({ fd }: FileHandle, path: string): void {
  const stats = fstatSync(fd);
  if (!stats.isFile()) throw new Error(`${path} is no file`);
  if (!isStillThere({ fd, stats }, path)) throw leadsElsewhere(path, 'another file');
  if (stats.nlink > 1)
    throw new Error(`${path} is a file that has other names, too (hard links): which, nobody can tell`);
}

function leadsElsewhere(path: string, to: string): Error {
  return new Error(`${path} leads to ${to} now: results go only where it led when the job was made`);
}

async function append(file: FileHandle, line: string): Promise<void> {
  const { size } = await file.stat();
  const last = Buffer.alloc(1);
  if (size > 0) await file.read(last, 0, 1, size - 1);
  const torn = size > 0 && last.toString() !== '\n';
  await file.appendFile(`${torn ? '\n' : ''}${line}`);
  await file.datasync();
}
