/** Undoes a turn's changes to files, as the owner, and records it. What may not be undone whole is left alone. */
import { RuntimeError } from '../../contract/errors.ts';
import type { Actor, FileChange } from '../../contract/values.ts';
import type { UndoPlan } from '../../contract/answers.ts';
import type { LiveSession, Owner } from '../owner.ts';
import type { Workspace } from '../wire.ts';
import { openTurn, planUndo } from './undo-plan.ts';

/** A journal line holds 1 MiB. */
const MOST_RECORDED = 900_000;

/**
 * Nothing else may begin in the session meanwhile. Files that are back already count as done, so that the same again
 * finishes what was cut off.
 * @throws RuntimeError not_found | session_busy | files_changed | preimage_missing | store_damaged | shutting_down
 */
export async function undoTurn(
  workspace: Workspace,
  owner: Pick<Owner, 'recordUndone'>,
  live: LiveSession,
  turn: number | undefined,
  by: Actor,
): Promise<UndoPlan> {
  const { turn: open, queue } = live.runner.state();
  if (open !== null || queue.length > 0) throw openTurn(live.id);
  const { plan, project_root, contents } = await planUndo(workspace, live.id, turn);
  if (plan.status === 'already_undone') return plan;
  refuseUnfit(plan);
  const changes = plan.files.map(({ path, before, after, mode }): FileChange => {
    const digests = { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
    return { path, ...digests, ...(mode !== undefined && { mode }) };
  });
  // Those that are written before those that are removed.
  const files = [...changes.filter(({ after }) => after), ...changes.filter(({ after }) => !after)];
  if (JSON.stringify(files).length > MOST_RECORDED) {
    throw new RuntimeError('invalid_request', `Turn ${plan.turn} changed too many files to undo them at once.`, {
      next: 'Put them back by other means, as `git`.',
    });
  }
  const failure = await workspace.files.putBack({
    project_root,
    files,
    contents,
    key: `${live.id}:undo:${plan.turn}`,
    preserve: (bytes) => workspace.store.blobs.put(bytes, { private: true }),
  });
  if (failure) {
    const left = failure.left_changed ? 'some files are back, others not' : 'no file is changed';
    throw new RuntimeError('files_changed', `Turn ${plan.turn} could not be undone: ${failure.failed}; ${left}.`);
  }
  const undone_at = await owner.recordUndone(live, { turn: plan.turn, files }, by);
  return { ...plan, status: 'undone', undone_at };
}

/** Says why a turn can't be undone; nothing when it can. @throws RuntimeError files_changed | preimage_missing */
export function refuseUnfit({ files, turn, session_id }: UndoPlan): void {
  const unfit = files.filter(({ state }) => state !== 'ready' && state !== 'back');
  const [first] = unfit;
  if (first === undefined) return;
  const more = unfit.length > 1 ? `, and ${unfit.length - 1} more` : '';
  const code = unfit.every(({ state }) => state === 'lost') ? 'preimage_missing' : 'files_changed';
  const message = `Turn ${turn} is not undone, and no file is changed: ${first.path}: ${first.why ?? first.state}${more}.`;
  const later = Math.max(...unfit.map(({ changed_by_turn = 0 }) => changed_by_turn));
  if (later === 0) throw new RuntimeError(code, message, { id: session_id });
  throw new RuntimeError(code, message, { next: `Undo turn ${later} first: \`runtime session undo ${session_id}\`.` });
}
