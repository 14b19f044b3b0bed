import type { ToolContext } from './ports.ts';
import type { Facts, FileChange } from './values.ts';

/** What a file of a project holds, or why it can't be looked at: a link leads elsewhere, it is no regular file. */
export type FileNow = { bytes?: Uint8Array } | { refused: string };

export interface FilesPutBack {
  project_root: string;
  /** From what to what. Where a file is as it is to be already, nothing is done. */
  files: readonly FileChange[];
  /** What those hold that are to be there. */
  contents: ReadonlyMap<string, Uint8Array>;
  /** Names what is done, the same when it is tried again. */
  key: string;
  preserve: ToolContext['preserve'];
}

/** By what a file is known, though it is moved or linked. */
export interface FileMark {
  path: string;
  inode: string;
}

export interface ChangesRequest {
  /** Absolute real paths. */
  folders: readonly string[];
  /** ms UTC, by the clock of this machine. */
  since: number;
  /** Told where they lie elsewhere now. */
  marks: readonly FileMark[];
  /** So many are told. */
  most: number;
}

export interface NamingRequest {
  /** Of the call of a command: as the model wrote them. */
  arguments_raw: string;
  commands: Facts['commands'];
  /** Where it is run. */
  folder: string;
}

/** Files of a project, outside of any call. Paths are relative to the project root, and lead nowhere else. */
export interface ProjectFiles {
  look(project_root: string, path: string): Promise<FileNow>;
  /** Of the files of these absolute paths that are there. */
  marks(paths: readonly string[]): Promise<FileMark[]>;
  /** What was written there since, by absolute path; that of a folder means all in it. Undefined: nobody can tell. */
  changed(request: ChangesRequest): Promise<string[] | undefined>;
  /** Places that the words of a command may mean, by absolute real path. `/`: only the shell will know which. */
  named(request: NamingRequest): Promise<string[]>;
  /**
   * Changes the files, all or none; what they hold is preserved before. Cut in the middle, the same again finishes it.
   * Gives why it came to nothing: `left_changed` when not even that can be said.
   */
  putBack(request: FilesPutBack): Promise<{ failed: string; left_changed: boolean } | undefined>;
}
