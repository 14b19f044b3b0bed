/**
 * A file that lines are appended to. When it is full it becomes `<path>.1`, what was that becomes `.2`, and so on; the
 * oldest goes. So however much is said, it takes so much room and no more.
 */
import { closeSync, constants, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { nameIn, openFolder } from '../../../base/files/open-file.ts';
import { linkOutOfProject } from '../../../base/files/link-out-of-project.ts';
import { resolveReal } from '../../../base/files/resolve-real.ts';
import { RuntimeError, toRuntimeError } from '../../../contract/errors.ts';

export interface RotatingFile {
  /** Never throws: a disk that is full costs lines of the log, not the work. */
  write(line: string): void;
  end(): Promise<void>;
}

export interface Rotation {
  /** When a line would make the file longer (bytes), the next file begins. */
  maxBytes: number;
  /** Full files beside the current one. */
  keep: number;
}

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;

/**
 * Where the path leads now it is written to from then on, through its folder held open. `root`: the project. A link of it that
 * leads out may be the agent's, whose commands nothing else would keep from having lines appended anywhere.
 * @throws RuntimeError no_permission | disk_full | config_invalid | internal
 */
export function openRotatingFile(path: string, { maxBytes, keep }: Rotation, root: string): RotatingFile {
  const real = realPath(path, root);
  let file: number | undefined;
  let size = 0;
  /** A device or pipe never becomes full, and another file is never put into its place. */
  let isFile = true;

  /** `at` gives the path of the file with this behind its name. */
  function inFolder(work: (at: (behind: string) => string) => void): void {
    const folder = openFolder(dirname(real));
    if ('code' in folder) throw new Error(folder.message);
    try {
      work((behind) => nameIn({ fd: folder.fd, real: dirname(real) }, `${basename(real)}${behind}`));
    } finally {
      closeSync(folder.fd);
    }
  }

  function open(): void {
    inFolder((at) => (file = openSync(at(''), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)));
    const stats = fstatSync(file!);
    ({ size } = stats);
    isFile = stats.isFile();
    if (isFile && stats.nlink > 1) {
      close();
      throw unfit(`${real} has other names, too (hard links)`);
    }
  }

  function close(): void {
    if (file !== undefined) closeSync(file);
    file = undefined;
  }

  function rotate(): void {
    close();
    inFolder((at) => {
      rmSync(at(`.${keep}`), { force: true });
      for (let n = keep - 1; n >= 1; n--) renameIfThere(at(`.${n}`), at(`.${n + 1}`));
      renameIfThere(at(''), at('.1'));
    });
    open();
  }

  try {
    mkdirSync(dirname(real), { recursive: true, mode: 0o700 });
    open();
  } catch (error) {
    throw toRuntimeError(error);
  }
  return {
    write(line) {
      try {
        const bytes = Buffer.from(line);
        if (file !== undefined && fstatSync(file).nlink === 0) close(); // somebody removed it: nobody would read this
        if (isFile && size > 0 && size + bytes.length > maxBytes) rotate();
        else if (file === undefined) open();
        size += bytes.length;
        writeSync(file!, bytes);
      } catch {
        close(); // the next line tries again
      }
    },
    end: async () => close(),
  };
}

function realPath(path: string, root: string): string {
  const found = resolveReal(path);
  if ('code' in found) throw unfit(found.message);
  const project = resolveReal(root);
  const link = linkOutOfProject(found, 'code' in project ? [] : [project.real]);
  if (link !== undefined) throw unfit(`${path} leads out of the project, by the link ${link}`);
  return found.real;
}

function unfit(why: string): RuntimeError {
  return new RuntimeError('config_invalid', `log.file: ${why}`, {
    next: 'Name the file itself, best outside of the project.',
  });
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
