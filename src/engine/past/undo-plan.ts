/** What undoing a turn would do to its files. Reads the journal, the kept contents and the files; changes nothing. */
import { digestOf, type Digest } from '../../base/digest.ts';
import { textDiff } from '../../adapters/tools/apply-patch/text-diff.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Entry } from '../../contract/entries.ts';
import type { UndoFile, UndoPlan } from '../../contract/answers.ts';
import { readSession } from '../sessions.ts';
import type { Workspace } from '../wire.ts';
import { filesOfTurns, type TurnFile, type TurnFiles } from './turn-files.ts';

export interface PlannedUndo {
  plan: UndoPlan;
  project_root: string;
  /** What the files hold that are to be there, by path. */
  contents: Map<string, Uint8Array>;
}

/**
 * Plans to undo a turn; without one: the last that changed files and wasn't undone.
 * @throws RuntimeError not_found | invalid_id | session_busy | store_damaged
 */
export async function planUndo(workspace: Workspace, session_id: string, wanted?: number): Promise<PlannedUndo> {
  const { entries: stored, end } = await readSession(workspace, session_id);
  if (end.failure) {
    throw new RuntimeError('store_damaged', `Session ${session_id} is damaged: ${end.failure.message}.`, {
      id: session_id,
    });
  }
  const entries = stored.map(({ entry }) => entry);
  refuseOpenTurn(entries, session_id);
  const turns = filesOfTurns(entries);
  const turn = chooseTurn(turns, session_id, wanted);
  const [first] = entries;
  const project_root = first?.type === 'session.created' ? first.data.project_root : '';
  const base = { schemaVersion: 'runtime.undo.v1' as const, session_id, turn: turn.turn, untracked: turn.untracked };
  if (turn.undone_at !== undefined) {
    const plan: UndoPlan = { ...base, status: 'already_undone', files: [], undone_at: turn.undone_at };
    return { plan, project_root, contents: new Map() };
  }
  const contents = new Map<string, Uint8Array>();
  const files: UndoFile[] = [];
  for (const file of turn.files)
    files.push(await lookAt(workspace, { project_root, file, turns, contents }, turn.turn));
  const ready = files.every(({ state }) => state === 'ready' || state === 'back');
  return { plan: { ...base, status: ready ? 'ready' : 'refused', files }, project_root, contents };
}

function refuseOpenTurn(entries: readonly Entry[], id: string): void {
  const last = entries.findLast(({ type }) => type === 'turn.started' || type === 'turn.ended');
  if (last?.type !== 'turn.started') return;
  throw openTurn(id);
}

/** Its files may be changing right now. */
export function openTurn(id: string): RuntimeError {
  return new RuntimeError('session_busy', `Session ${id} has a turn that hasn't ended.`, {
    next: `Carry it on with \`runtime session resume ${id}\`, or stop it; then undo.`,
  });
}

function chooseTurn(turns: readonly TurnFiles[], id: string, wanted: number | undefined): TurnFiles {
  const next = `See what its turns did with \`runtime session show ${id}\`.`;
  if (wanted === undefined) {
    const last = turns.findLast(({ files, undone_at }) => files.length > 0 && undone_at === undefined);
    if (last) return last;
    const ran = [...new Set(turns.flatMap(({ untracked }) => untracked))];
    const undone = turns.some(({ undone_at }) => undone_at !== undefined);
    const what = `No turn of session ${id} changed files by a tool that records it${undone ? ', but those that were undone' : ''}.`;
    throw new RuntimeError('not_found', `${what}${untrackedWords(ran)}`, { next });
  }
  const turn = turns.find((one) => one.turn === wanted);
  if (!turn) throw new RuntimeError('not_found', `Session ${id} has no turn ${wanted} that ran here.`, { next });
  if (turn.files.length > 0 || turn.undone_at !== undefined) return turn;
  const what = `Turn ${wanted} of session ${id} changed no files by a tool that records it.`;
  throw new RuntimeError('not_found', `${what}${untrackedWords(turn.untracked)}`, { next });
}

function untrackedWords(tools: readonly string[]): string {
  return tools.length === 0 ? '' : ` It ran ${tools.join(', ')}; what that changed isn't tracked.`;
}

interface Look {
  project_root: string;
  file: TurnFile;
  turns: readonly TurnFiles[];
  contents: Map<string, Uint8Array>;
}

/** How a file stands now. Puts what it is to hold into `contents`. */
async function lookAt({ files, store }: Workspace, look: Look, turn: number): Promise<UndoFile> {
  const { project_root, file, turns, contents } = look;
  const { path, found, left, mode, unsure, mixed } = file;
  const now = await files.look(project_root, path);
  const change = {
    path,
    ...(left !== undefined && { before: left }),
    ...(found !== undefined && { after: found }),
    ...(mode !== undefined && { mode }),
    ...(mixed && { mixed: true as const }),
  };
  if ('refused' in now) return { ...change, state: 'refused', why: now.refused, diff: '' };
  const digest = now.bytes && digestOf(now.bytes);
  if (digest === found) return { ...change, state: 'back', diff: '' };
  const was = found === undefined ? undefined : await store.blobs.get(found);
  if (found !== undefined && was === undefined) {
    const why = 'what it held before the turn is not kept any more';
    return { ...change, state: 'lost', why, diff: '' };
  }
  if (was !== undefined) contents.set(path, was);
  const diff = textDiff(path, now.bytes, was);
  if (digest === left) return { ...change, state: 'ready', diff };
  // The change of which nobody knows the end did not reach this file.
  if (unsure && digest === unsure.found) {
    const { before: _, ...rest } = change;
    return { ...rest, ...(digest !== undefined && { before: digest }), state: 'ready', diff };
  }
  return { ...change, state: 'changed', ...changedBy(turns, turn, path, digest), diff };
}

function changedBy(
  turns: readonly TurnFiles[],
  turn: number,
  path: string,
  digest: Digest | undefined,
): Pick<UndoFile, 'why' | 'changed_by_turn'> {
  const later = turns.findLast(
    (one) => one.turn > turn && one.undone_at === undefined && one.files.some((file) => file.path === path),
  );
  if (!later) return { why: 'it was changed since, by nothing that this session records' };
  const { left } = later.files.find((file) => file.path === path)!;
  const since = left === digest ? '' : ', and something else since';
  return { why: `turn ${later.turn} changed it${since}`, changed_by_turn: later.turn };
}
