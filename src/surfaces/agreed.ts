import { RuntimeError } from '../contract/errors.ts';
import type { Host } from '../contract/host.ts';
import { differing, digestsOf, givenKeys } from '../engine/config/given.ts';
import { isGone } from '../engine/host-loss.ts';
import type { Workspace } from '../engine/wire.ts';

/**
 * The owner, when all that this process was given of the configuration holds there, too, and what that one was given, here. It is
 * left when it doesn't. Undefined: it has gone before it said so.
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
  const ours = givenKeys(workspace);
  const { differing: here, given: theirs } = await owner.differing(digestsOf(ours));
  const there = differing(workspace.loaded.config, theirs).filter((path) => !here.includes(path));
  if (here.length + there.length === 0) return;
  const { pid } = await owner.status();
  const names = [
    ...here.map((path) => ours.get(path)?.name ?? path),
    ...there.map((path) => `${path}, which it was given`),
  ];
  throw new RuntimeError(
    'config_differs',
    `Process ${pid} has the workspace and goes by a configuration of its own, which differs here: ${names.join('; ')}.`,
    {
      next:
        here.length > 0
          ? `Set it for process ${pid}, or leave it out here; or stop that process, or choose another workspace with --workspace.`
          : `Wait until process ${pid} ends, set the same here, or choose another workspace with --workspace.`,
    },
  );
}
