/**
 * A file that lines are appended to. When it is full it becomes `<path>.1`, what was that becomes `.2`, and so on; the
 * oldest goes. So however much is said, it takes so much room and no more.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { toRuntimeError } from '../../../contract/errors.ts';

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

/** @throws RuntimeError no_permission | disk_full | internal */
export function openRotatingFile(path: string, { maxBytes, keep }: Rotation): RotatingFile {
  let file: number | undefined;
  let size = 0;

  function open(): void {
    file = openSync(path, 'a', 0o600);
    ({ size } = fstatSync(file));
  }

  function close(): void {
    if (file !== undefined) closeSync(file);
    file = undefined;
  }

  function rotate(): void {
    close();
    rmSync(`${path}.${keep}`, { force: true });
    for (let n = keep - 1; n >= 1; n--) renameIfThere(`${path}.${n}`, `${path}.${n + 1}`);
    renameIfThere(path, `${path}.1`);
    open();
  }

  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    open();
  } catch (error) {
    throw toRuntimeError(error);
  }
  return {
    write(line) {
      try {
        const bytes = Buffer.from(line);
        if (file !== undefined && fstatSync(file).nlink === 0) close(); // somebody removed it: nobody would read this
        if (size > 0 && size + bytes.length > maxBytes) rotate();
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

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
