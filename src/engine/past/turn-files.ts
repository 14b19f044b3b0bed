/** Which files each turn of a session changed, as far as the tools recorded it. */
import type { Digest } from '../../base/digest.ts';
import type { Entry, EntryData } from '../../contract/entries.ts';
import type { FileChange } from '../../contract/values.ts';

/** A file as a turn found it and as it left it; digests are absent where there was no file. */
export interface TurnFile {
  path: string;
  found: Digest | undefined;
  left: Digest | undefined;
  /** Permission bits that it had, where the turn took it away. */
  mode: number | undefined;
  /** Nobody knows whether the last change took effect: then the file may be as that found it. */
  unsure?: { found: Digest | undefined };
  /** Between two calls of the turn something else changed it. */
  mixed: boolean;
}

export interface TurnFiles {
  turn: number;
  /** Those that are not as the turn found them. */
  files: TurnFile[];
  /** Tools that ran in the turn and may have changed more, of which nothing is recorded: `exec_command`. */
  untracked: string[];
  /** Seq of the `files.undone` that put them back. */
  undone_at?: number;
}

/** Of each turn that has begun in this workspace, in order. */
export function filesOfTurns(entries: readonly Entry[]): TurnFiles[] {
  const turns: { turn: number; files: Map<string, TurnFile>; untracked: Set<string>; undone_at?: number }[] = [];
  const intents = new Map<string, FileChange[]>();
  const effects = new Map<string, string>();
  for (const entry of entries) {
    const { type } = entry;
    // What ran in another workspace is not this one's to undo, whatever a file says that it held before.
    if (type === 'session.forked' && entry.data.epoch !== undefined) turns.length = 0;
    const turn = turns.at(-1);
    if (type === 'turn.started') turns.push({ turn: entry.data.turn, files: new Map(), untracked: new Set() });
    if (type === 'files.undone') {
      const undone = turns.find((one) => one.turn === entry.data.turn);
      if (undone) undone.undone_at = entry.seq;
    }
    if (turn === undefined) continue;
    if (type === 'policy.decided') effects.set(entry.data.call_id, entry.data.effect);
    if (type === 'call.started') {
      const { call_id, tool, files } = entry.data;
      if (files !== undefined) intents.set(call_id, files);
      else if (effects.get(call_id) !== 'read') turn.untracked.add(tool);
    }
    if (type === 'call.finished') take(turn.files, ...outcomeOf(entry.data, intents));
    if (type === 'call.abandoned') take(turn.files, intents.get(entry.data.call_id) ?? [], true);
  }
  return turns.map(({ turn, files, untracked, undone_at }) => ({
    turn,
    files: [...files.values()].filter(({ found, left, unsure }) => found !== left || unsure !== undefined),
    untracked: [...untracked],
    ...(undone_at !== undefined && { undone_at }),
  }));
}

/** A failed patch has changed nothing; of one with an unknown end the intent says what it was about. */
function outcomeOf(
  { call_id, outcome, files }: EntryData<'call.finished'>,
  intents: ReadonlyMap<string, FileChange[]>,
): [FileChange[], boolean] {
  return outcome === 'unknown' ? [intents.get(call_id) ?? [], true] : [files, false];
}

function take(files: Map<string, TurnFile>, changes: readonly FileChange[], isUnsure: boolean): void {
  for (const { path, before, after, mode } of changes) {
    const known = files.get(path);
    files.set(path, {
      path,
      found: known ? known.found : before,
      left: after,
      mode: known?.mode ?? mode,
      ...(isUnsure && { unsure: { found: before } }),
      mixed: known !== undefined && (known.mixed || known.left !== before),
    });
  }
}
