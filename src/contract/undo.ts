/** Undoing a turn's changes to files: `session undo -o json`, `POST /v1/sessions/{id}/undo`. Types only. */
import type { FileChange } from './values.ts';

/**
 * A file of the turn. `before` is what the turn left, `after` what is to be there again. `ready`: it is as the turn left it;
 * `back`: it is as it was before the turn; `changed`: somebody changed it since; `lost`: what it held is not kept any more;
 * `refused`: it can't be looked at.
 */
export interface UndoFile extends FileChange {
  state: 'ready' | 'back' | 'changed' | 'lost' | 'refused';
  /** Of those that keep the turn from being undone. */
  why?: string;
  /** The later turn of the session that changed it. */
  changed_by_turn?: number;
  /** While the turn ran something else changed it, too: that goes with it. */
  mixed?: true;
  /** From what it holds now to what it is to hold, as `diff -u`. */
  diff: string;
}

export interface UndoPlan {
  schemaVersion: 'runtime.undo.v1';
  session_id: string;
  turn: number;
  status: 'ready' | 'refused' | 'already_undone' | 'undone';
  files: UndoFile[];
  /** Tools that ran in the turn and of whose changes nothing is recorded. */
  untracked: string[];
  /** Seq of the entry that says it was undone. */
  undone_at?: number;
}
