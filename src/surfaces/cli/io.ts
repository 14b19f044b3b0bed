import { fstatSync, writeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type { Environment } from '../../base/environment.ts';
import type { TerminalStreams } from '../terminal/streams.ts';

/** Where a command writes. Results go to standard output, everything else to standard error. */
export interface Output {
  /** Never throws: a reader that has gone ends the output, not the work. */
  write(text: string): void;
  readonly isTty: boolean;
  /** May colours be used? */
  readonly colour: boolean;
  /** Width of the terminal in characters; undefined where there is none, so that nothing need be cut. */
  readonly columns: number | undefined;
  /** Its height in lines; undefined where there is none. */
  readonly rows?: number | undefined;
  /** Has its reader gone? What is written from then on is lost. */
  readonly closed?: boolean;
}

export interface Io {
  stdout: Output;
  stderr: Output;
  stdin: { stream(): Readable };
  /** Where a person reads and types; undefined where input or output is something else. */
  terminal(): TerminalStreams | undefined;
  /** Resolves when all that was written has left the process. Gives why results could not be written, when someone wanted them. */
  flush(): Promise<unknown>;
}

/** The process's own streams. Nothing of Node's streams is loaded before it is needed: that takes milliseconds. */
export function processIo(environment: Environment): Io {
  const stdout = fileOutput(1, () => process.stdout, environment);
  const stderr = fileOutput(2, () => process.stderr, environment);
  return {
    stdout,
    stderr,
    stdin: { stream: () => process.stdin },
    terminal: () =>
      stdout.isTty && process.stdin.isTTY ? { input: process.stdin, output: process.stdout } : undefined,
    flush: async () => {
      await stdout.flush();
      await stderr.flush();
      return stdout.failure();
    },
  };
}

/** The pipe's reader has gone, the terminal has, or there never was one: nobody misses the output. */
const READER_GONE: ReadonlySet<string> = new Set(['EPIPE', 'EIO', 'EBADF']);

function fileOutput(
  file: number,
  stream: () => NodeJS.WriteStream,
  environment: Environment,
): Output & { flush(): Promise<void>; failure(): unknown } {
  let state: 'direct' | 'stream' | 'closed' = 'direct';
  let failure: unknown;
  const isTty = (): boolean => isDevice(file) && stream().isTTY;

  const writeDirectly = (bytes: Buffer): void => {
    for (let written = 0; written < bytes.length;) {
      try {
        written += writeSync(file, bytes, written);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'EAGAIN') {
          state = 'closed';
          if (!READER_GONE.has(code ?? '')) failure = error;
          return;
        }
        // Somebody made the pipe non-blocking: let Node wait for it.
        state = 'stream';
        stream().on('error', (error: NodeJS.ErrnoException) => {
          state = 'closed';
          if (!READER_GONE.has(error.code ?? '')) failure = error;
        });
        stream().write(bytes.subarray(written));
        return;
      }
    }
  };

  return {
    write(text) {
      if (state === 'direct') writeDirectly(Buffer.from(text));
      else if (state === 'stream') stream().write(text);
    },
    get isTty() {
      return isTty();
    },
    get colour() {
      return isTty() && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
    },
    get columns() {
      return isTty() ? stream().columns || undefined : undefined;
    },
    get rows() {
      return isTty() ? stream().rows || undefined : undefined;
    },
    get closed() {
      return state === 'closed';
    },
    failure: () => failure,
    flush: () => (state === 'stream' ? drained(stream()) : Promise.resolve()),
  };
}

/** Resolves when what was written is out, or can't be. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('close', resolve);
    stream.write('', () => resolve());
  });
}

/** Only a device can be a terminal; looking at the file is cheaper than asking the stream. */
function isDevice(file: number): boolean {
  try {
    return fstatSync(file).isCharacterDevice();
  } catch {
    return false; // closed before we started
  }
}
