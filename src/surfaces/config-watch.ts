/**
 * The configuration of whoever has a workspace follows its files: what was changed there holds soon, without a signal. By
 * looking at them: what tells of changes misses those of links, of files put in place of others, and of shared folders.
 */
import { statSync } from 'node:fs';
import { type RuntimeError, toRuntimeError } from '../contract/errors.ts';
import { rulesFile } from '../engine/config/policy-in.ts';
import type { Reloaded } from '../engine/config/reload.ts';
import type { Hub } from '../engine/hub/hub.ts';
import type { Workspace } from '../engine/wire.ts';

const EVERY_MS = 2000;

/**
 * Reads them again when they have changed and then stood still for one look: editors write in several steps. `told` hears
 * what changed, or why nothing did; it isn't called when they mean what they meant before.
 */
export function followConfig(
  { clock, store, loaded }: Workspace,
  hub: Pick<Hub, 'reload' | 'lost'>,
  told: (outcome: Reloaded | RuntimeError) => void,
): void {
  const paths = [loaded.file.path, rulesFile(store.folder)];
  /** Unknown at first: they may have changed since they were read. */
  let read: string | undefined;
  let before = stampOf(paths);
  let left = false;
  let cancel = wait();

  function wait(): () => void {
    return clock.at(clock.now() + EVERY_MS, () => void look());
  }

  async function look(): Promise<void> {
    const now = stampOf(paths);
    if (now === before && now !== read) {
      read = now;
      const outcome = await hub.reload().catch(toRuntimeError);
      if (!('changed' in outcome) || outcome.changed.length + outcome.needs_restart.length > 0) told(outcome);
    }
    before = now;
    if (!left) cancel = wait();
  }

  void hub.lost.then(() => {
    left = true;
    cancel();
  });
}

/** Changes with the files, also with what a link leads to. */
function stampOf(paths: readonly string[]): string {
  return paths
    .map((path) => {
      try {
        const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
        return stats ? `${stats.ino} ${stats.mtimeNs} ${stats.ctimeNs} ${stats.size}` : '';
      } catch (error) {
        return (error as NodeJS.ErrnoException).code ?? '';
      }
    })
    .join('\n');
}
