import type { TaintedFileRecord } from './records.ts';

/** A real path that counts as tainted, with all below it where it is a folder. */
export interface TaintedPath {
  path: string;
  sources: readonly string[];
  /** Folders within it that a person trusted since. */
  but: readonly string[];
  /** Of a write that has not ended: it may turn out to be less. */
  open?: string;
}

/** Files that calls in tainted conversations wrote. */
export interface TaintedFiles {
  /** Works without the lock. @throws RuntimeError store_damaged | entry_too_new */
  list(): Promise<readonly TaintedPath[]>;
  /** Resolves when the lines are durable. */
  append(records: readonly TaintedFileRecord[]): Promise<void>;
}
