import { RuntimeError } from '../../contract/errors.ts';
import type { Workspace } from '../../engine/wire.ts';

/**
 * For commands whose exit code 1 is an answer: what isn't there is a fault of usage, with exit code 2, as for diff(1).
 * @throws RuntimeError usage
 */
export async function mustBeThere({ store }: Workspace, sessions: readonly string[]): Promise<void> {
  const there = new Set((await store.journal.list()).map(({ session_id }) => session_id));
  const missing = sessions.find((id) => !there.has(id));
  if (missing === undefined) return;
  throw new RuntimeError('usage', `There is no session ${missing}.`, {
    next: 'List what there is with `runtime session ls`.',
  });
}
