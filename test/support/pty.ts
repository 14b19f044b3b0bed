/** A program in a pseudo-terminal: bytes in, bytes out, none lost. */
import { existsSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReadStream } from 'node:tty';
import { type IPty, spawn } from '@lydell/node-pty';
import { familyOf, killAll } from './processes.ts';

export interface Exit {
  /** null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface PtyOptions {
  command: [program: string, ...args: string[]];
  cwd: string;
  environment: Record<string, string>;
  /** TERM. */
  term: string;
  columns: number;
  rows: number;
}

export interface Pty {
  pid: number;
  write(text: string): void;
  resize(columns: number, rows: number): void;
  /** As one that stands still: what the program writes is not read until it goes on. */
  pause(): void;
  resume(): void;
  /** The terminal goes; the program is sent SIGHUP. Rejects when a process that was started later holds the terminal. */
  hangUp(): Promise<void>;
  /** Kills the program and its children. */
  kill(): void;
  /** Settles after the last output was given. */
  exited: Promise<Exit>;
  /** Kills it and waits until it has ended. */
  end(): Promise<void>;
}

/** What node-pty has and doesn't declare. */
interface Internals {
  /** The terminal's own side. */
  fd: number;
  _socket: ReadStream;
}

const LONGEST_END_MS = 2000;
const LOOK_EVERY_MS = 10;
const READ_BYTES = 64 * 1024;

/**
 * node-pty leaves its descriptors open in what is started later, and a terminal hangs up only when nobody holds it any
 * more. So each program starts without those of the terminals that are open: $1.
 */
const WITHOUT_OTHERS = 'for fd in $1; do exec {fd}>&-; done; shift; exec "$@"';
const HAS_BASH = existsSync('/bin/bash');
const openTerminals = new Set<number>();

/** Starts a program; what it writes is given to `onOutput` in order. */
export function startPty(options: PtyOptions, onOutput: (bytes: Buffer) => void): Pty {
  const { cwd, environment, term, columns, rows } = options;
  const others = [...openTerminals].join(' ');
  const [program, ...args] =
    others === '' || !HAS_BASH
      ? options.command
      : (['/bin/bash', '-c', WITHOUT_OTHERS, 'bash', others, ...options.command] as const);
  const pty = spawn(program, args, { cwd, env: environment, name: term, cols: columns, rows, encoding: null });
  const { fd, _socket: socket } = pty as IPty & Internals;
  openTerminals.add(fd);
  let isOpen = true;
  let ended = false;

  pty.onData((data) => onOutput(data as string | Buffer as Buffer)); // no encoding: bytes
  // Without this the last of the output is lost when this process is busy while the program ends: libuv takes the hang-up
  // for the end of the output, and node-pty closes the terminal 200 ms after the exit (node-pty issue 72).
  const destroy = socket._destroy.bind(socket);
  socket._destroy = (error, callback) => {
    while (socket.read() !== null); // what it read while it was paused: it is given to `onOutput` by that
    for (const bytes of readRest(fd)) onOutput(bytes);
    isOpen = false;
    destroy(error, callback);
  };
  socket.once('close', () => openTerminals.delete(fd));

  const exited = new Promise<Exit>((resolve) => {
    pty.onExit(({ exitCode, signal }) => {
      ended = true;
      resolve(signal ? { code: null, signal: signalName(signal) } : { code: exitCode, signal: null });
    });
  });
  const kill = (): void => {
    if (ended) return; // its id may be another's
    killAll(familyOf(pty.pid));
    pty.kill('SIGKILL'); // where there is no /proc
  };

  return {
    pid: pty.pid,
    write: (text) => isOpen && pty.write(text),
    resize: (toColumns, toRows) => isOpen && pty.resize(toColumns, toRows),
    pause: () => pty.pause(),
    resume: () => pty.resume(),
    async hangUp() {
      const number = ptyNumber(fd);
      const others = new Set(holdersOf(number)); // by the same number soon others may be known that hold another one
      for (const own of [String(process.pid), 'self', 'thread-self']) others.delete(own);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.destroy();
      await closed;
      const end = performance.now() + LONGEST_END_MS; // a terminal that was just opened needs a moment to let go of it
      for (;;) {
        const holders = holdersOf(number).filter((pid) => others.has(pid));
        if (holders.length === 0) return;
        if (performance.now() > end) {
          throw new Error(`it can't hang up: also held by ${holders.join(', ')}, started after it`);
        }
        await delay(LOOK_EVERY_MS);
      }
    },
    kill,
    exited,
    async end() {
      kill();
      await Promise.race([exited, delay(LONGEST_END_MS)]);
    },
  };
}

/** What was written and not yet read; ends where there is no more. */
function* readRest(fd: number): Generator<Buffer> {
  for (;;) {
    const buffer = Buffer.alloc(READ_BYTES);
    let size: number;
    try {
      size = readSync(fd, buffer);
    } catch {
      return; // EIO: all is read and the program is gone; EAGAIN: the program still runs
    }
    if (size === 0) return;
    yield buffer.subarray(0, size);
  }
}

function signalName(number: number): NodeJS.Signals {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found![0] as NodeJS.Signals;
}

/** The number of the terminal whose own side the descriptor is; undefined on systems without /proc. */
function ptyNumber(fd: number | string, pid: number | string = 'self'): string | undefined {
  try {
    return /^tty-index:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** The processes that hold a terminal's own side. */
function holdersOf(number: string | undefined): string[] {
  if (number === undefined) return [];
  return readdirSync('/proc').filter((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some(
        (fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith('/ptmx') && ptyNumber(fd, pid) === number,
      );
    } catch {
      return false; // no process, or it has ended
    }
  });
}
