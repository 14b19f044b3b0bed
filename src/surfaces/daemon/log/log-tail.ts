/** Reads a rotated log: its last lines, and those that come. */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

export interface LogTail {
  /** Whole lines that have come since the last call, also from a file that was rotated meanwhile. */
  further(): string[];
  close(): void;
}

const PIECE = 64 * 1024;

/** The last lines that are wanted, oldest first, and what reads on behind them. Undefined: there is no such log. */
export function openLogTail(
  path: string,
  { most, isWanted }: { most: number; isWanted: (line: string) => boolean },
): { lines: string[]; tail: LogTail } | undefined {
  const tail = follow(path);
  if (tail === undefined) return undefined;
  const lines = tail.further().filter(isWanted).slice(-most);
  for (let n = 1; lines.length < most; n++) {
    const older = follow(`${path}.${n}`);
    if (older === undefined) break;
    const missing = most - lines.length;
    lines.unshift(...older.further().filter(isWanted).slice(-missing));
    older.close();
  }
  return { lines: most === 0 ? [] : lines, tail };
}

function follow(path: string): LogTail | undefined {
  let file = openOptional(path);
  if (file === undefined) return undefined;
  let decoder = new StringDecoder('utf8');
  let begun = '';

  function readOn(): string[] {
    if (file === undefined) return [];
    let text = begun;
    const piece = Buffer.alloc(PIECE);
    for (let read; (read = readSync(file, piece)) > 0;) text += decoder.write(piece.subarray(0, read));
    const lines = text.split('\n');
    begun = lines.pop()!;
    return lines.filter((line) => line !== '');
  }

  function close(): void {
    if (file !== undefined) closeSync(file);
    file = undefined;
  }

  return {
    further() {
      const lines = readOn();
      if (file !== undefined && statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(file).ino) return lines;
      const rest = readOn(); // what came right before it was rotated
      const next = openOptional(path);
      if (next === undefined) return [...lines, ...rest];
      close();
      file = next;
      decoder = new StringDecoder('utf8');
      begun = '';
      return [...lines, ...rest, ...readOn()];
    },
    close,
  };
}

/** A device or pipe, as `/dev/stderr` may be, keeps nothing that could be read, and isn't waited for. */
function openOptional(path: string): number | undefined {
  try {
    if (!statSync(path).isFile()) return undefined;
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
