import { RuntimeError } from '../contract/errors.ts';
import type { Host } from '../contract/host.ts';
import { givenKeys } from '../engine/config/given.ts';
import { isGone } from '../engine/host-loss.ts';
import type { Workspace } from '../engine/wire.ts';

/**
 * The owner, when all that this process was given of the configuration holds there, too; it is left when it doesn't.
 * Undefined: it has gone before it said so.
 * @throws RuntimeError config_differs
 */
export async function agreed(workspace: Workspace, owner: Host): Promise<Host | undefined> {
  try {
    await refuseOther(workspace, owner);
    return owner;
  } catch (thrown) {
    await owner.leave();
    if (isGone(thrown)) return undefined;
    throw thrown;
  }
}

async function refuseOther(workspace: Workspace, owner: Host): Promise<void> {
  const given = givenKeys(workspace);
  if (given.size === 0) return;
  const differing = await owner.differing(Object.fromEntries([...given].map(([path, { digest }]) => [path, digest])));
  if (differing.length === 0) return;
  const { pid } = await owner.status();
  const names = differing.map((path) => given.get(path)?.name ?? path).join(', ');
  throw new RuntimeError(
    'config_differs',
    `Process ${pid} has the workspace and goes by a configuration of its own, which differs here: ${names}.`,
    {
      next: `Set it for process ${pid}, or leave it out here; or stop that process, or choose another workspace with --workspace.`,
    },
  );
}
