/**
 * Standard error, or standard output, as the log takes it. Who reads it may stop doing so, as a pager or a terminal that is held: then the
 * daemon must not stand still. What isn't taken is kept for a while; beyond that, lines are lost, and counted.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import type { Clock } from '../../../base/clock.ts';
import { resolveReal } from '../../../base/files/resolve-real.ts';

export interface ErrorOutput {
  /** Never throws, and never waits. */
  write(line: string): void;
  /** Resolves when all is taken, or nobody has taken anything for a while. */
  end(): Promise<void>;
}

type OwnOutput = 1 | 2;

const STDERR = 2;
const MOST_KEPT_BYTES = 1024 * 1024;
const AGAIN_MS = 50;
/** So long an end waits for who reads. */
const LAST_MS = 500;

/**
 * Which output of this process a path leads to, as `/dev/stderr` does; undefined: none. What stands behind it may be a pipe or
 * a socket, which has no path and can't be opened by one.
 */
export function ownOutputAt(path: string): OwnOutput | undefined {
  const found = resolveReal(path);
  if ('code' in found) return undefined;
  const names = [`/proc/${process.pid}/fd/`, '/dev/fd/'];
  const outputs: readonly OwnOutput[] = [1, 2];
  const way = [...found.links, found.real];
  return outputs.find((output) => names.some((name) => way.includes(`${name}${output}`)));
}

/** `onLost`: told how many lines were lost, when there is room for saying so. */
export function openErrorOutput(
  clock: Clock,
  onLost: (lines: number) => void,
  output: OwnOutput = STDERR,
): ErrorOutput {
  const file = withoutWaiting(output);
  let kept: Buffer[] = [];
  let size = 0;
  let lost = 0;
  let again: (() => void) | undefined;

  function pushOn(): void {
    again = undefined;
    while (kept.length > 0) {
      const [first] = kept as [Buffer];
      const taken = put(file, first);
      if (taken === undefined)
        [kept, size, lost] = [[], 0, 0]; // nobody will ever read it
      else if (taken < first.length) {
        kept[0] = first.subarray(taken);
        size -= taken;
        again = clock.at(clock.now() + AGAIN_MS, pushOn);
        return;
      } else {
        kept.shift();
        size -= taken;
      }
    }
    if (lost === 0) return;
    const lines = lost;
    lost = 0;
    onLost(lines);
  }

  return {
    write(line) {
      const bytes = Buffer.from(line);
      if (size > 0 && size + bytes.length > MOST_KEPT_BYTES) {
        lost++;
        return;
      }
      kept.push(bytes);
      size += bytes.length;
      if (!again) pushOn();
    },
    async end() {
      const until = clock.now() + LAST_MS;
      while (kept.length > 0 && clock.now() < until) {
        await new Promise<void>((resolve) => clock.at(clock.now() + AGAIN_MS, resolve));
      }
    },
  };
}

/** How many bytes were taken; undefined: its reader has gone. */
function put(file: number, bytes: Buffer): number | undefined {
  try {
    return writeSync(file, bytes);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : undefined;
  }
}

/**
 * Opened anew, so that only this process doesn't wait for a pipe or terminal that others write to as well. A socket can't
 * be; Node makes it so that nobody waits.
 */
function withoutWaiting(output: OwnOutput): number {
  try {
    const stats = fstatSync(output);
    if (stats.isSocket()) return output === STDERR ? process.stderr.fd : process.stdout.fd;
    if (!stats.isFIFO() && !stats.isCharacterDevice()) return output;
    return openSync(`/dev/fd/${output}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return output;
  }
}
