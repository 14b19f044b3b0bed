import type { ToolContext } from './ports.ts';
import type { FileChange } from './values.ts';

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

/** Files of a project, outside of any call. Paths are relative to the project root, and lead nowhere else. */
export interface ProjectFiles {
  look(project_root: string, path: string): Promise<FileNow>;
  /**
   * Changes the files, all or none; what they hold is preserved before. Cut in the middle, the same again finishes it.
   * Gives why it came to nothing: `left_changed` when not even that can be said.
   */
  putBack(request: FilesPutBack): Promise<{ failed: string; left_changed: boolean } | undefined>;
}
