/** Opening exactly what was inspected: a link swapped in between leads nowhere, and nothing that could block is opened. */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  read,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { failureOf, type Failure } from '../failure.ts';
import { resolveReal } from './resolve-real.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

export interface OpenFile {
  fd: number;
  stats: Stats;
}

/** Opens a regular file by its real path. A FIFO or device that took its place is not waited for. */
export function openFile(real: string): OpenFile | Failure {
  try {
    const kind = statSync(real);
    if (!kind.isFile()) return notAFile(real, kind);
    return checked(openSync(real, O_RDONLY | O_NOFOLLOW | O_NONBLOCK), real, (stats) => stats.isFile());
  } catch (error) {
    return failureOf(error);
  }
}

/** The whole of a file by its real path. Undefined: it is none, has more bytes, or can't be read. */
export function bytesOf(real: string, most: number): Buffer | undefined {
  const file = openFile(real);
  if ('code' in file) return undefined;
  try {
    return file.stats.size > most ? undefined : readFileSync(file.fd);
  } catch {
    return undefined;
  } finally {
    closeSync(file.fd);
  }
}

/** Opens a folder by its real path; as bytes, where its name may be no UTF-8. */
export function openFolder(real: string | Buffer): OpenFile | Failure {
  try {
    return checked(openSync(real, O_RDONLY | O_NOFOLLOW | O_DIRECTORY), real, (stats) => stats.isDirectory());
  } catch (error) {
    return failureOf(error);
  }
}

/** Linux tells there what a process is and what its descriptors lead to; a bare chroot has it not. */
export function hasProc(): boolean {
  return process.platform === 'linux' && existsSync('/proc/self/fd');
}

/** Where the system has names for descriptors, a name inside an open folder goes through them: no link can intervene. */
export function nameIn(folder: { fd: number; real: string }, name: string): string {
  return hasProc() ? `/proc/self/fd/${folder.fd}/${name}` : `${folder.real}/${name}`;
}

/** Reads into the buffer from a position in the file; gives the count of bytes, 0 at the end. */
export function readAt(fd: number, buffer: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, 0, buffer.length, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

/** The whole of a file, or a failure when it is larger than `most` bytes. */
export async function readWhole(real: string, most: number): Promise<{ bytes: Buffer; stats: Stats } | Failure> {
  const file = openFile(real);
  return 'code' in file ? file : readOpen(file, real, most);
}

/** The same of a file that was opened by this name; closes it. */
export async function readOpen(
  file: OpenFile,
  name: string,
  most: number,
): Promise<{ bytes: Buffer; stats: Stats } | Failure> {
  try {
    const pieces: Buffer[] = [];
    let size = 0;
    for (;;) {
      const piece = Buffer.allocUnsafe(Math.max(4096, Math.min(file.stats.size - size + 1, most + 1)));
      const count = await readAt(file.fd, piece, size);
      if (count === 0) return { bytes: Buffer.concat(pieces, size), stats: file.stats };
      pieces.push(piece.subarray(0, count));
      size += count;
      if (size > most) return { code: 'too_large', message: `${name} is larger than ${most} bytes` };
    }
  } catch (error) {
    return failureOf(error);
  } finally {
    closeSync(file.fd);
  }
}

function checked(fd: number, real: string | Buffer, wanted: (stats: Stats) => boolean): OpenFile | Failure {
  let keep = false;
  try {
    const stats = fstatSync(fd);
    if (!wanted(stats)) return notAFile(real, stats);
    keep = isStillThere({ fd, stats }, real);
    return keep ? { fd, stats } : { code: 'changed', message: `${String(real)} became a link while it was opened` };
  } finally {
    if (!keep) closeSync(fd);
  }
}

/** Whether what was opened is what the real path leads to, as far as the system tells: nothing came in between. */
export function isStillThere({ fd, stats }: OpenFile, real: string | Buffer): boolean {
  const bytes = Buffer.from(real);
  if (hasProc()) return readlinkSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' }).equals(bytes);
  const now = statSync(real);
  return (
    realpathSync.native(real, { encoding: 'buffer' }).equals(bytes) && now.ino === stats.ino && now.dev === stats.dev
  );
}

function notAFile(real: string | Buffer, stats: Stats): Failure {
  if (stats.isDirectory()) return { code: 'not_a_file', message: `${String(real)} is a folder` };
  return { code: 'not_a_file', message: `${String(real)} is no regular file (a device, pipe or socket)` };
}

/** The text of a file of at most `most` bytes, wherever links lead; undefined where there is none that can be read. */
export function shortText(path: string, most: number): string | undefined {
  if (!existsSync(path)) return undefined; // as most that is looked for
  const found = resolveReal(path);
  if ('code' in found || found.kind !== 'file') return undefined;
  const file = openFile(found.real);
  if ('code' in file) return undefined;
  try {
    return file.stats.size > most ? undefined : readFileSync(file.fd, 'utf8');
  } catch {
    return undefined;
  } finally {
    closeSync(file.fd);
  }
}
