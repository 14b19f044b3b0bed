import type { Readable, Writable } from 'node:stream';

/** Both ends of a terminal, as `process.stdin` and `process.stdout` are when they are one. */
export interface TerminalStreams {
  input: Readable & { setRawMode?(raw: boolean): unknown };
  /** Emits `resize`. */
  output: Writable & { readonly columns: number; readonly rows: number };
}
