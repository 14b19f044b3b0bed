/**
 * What of the agent may go on at the same time in a project.
 *
 * What a sandbox hides from commands, or keeps as it is, stands on the file as it was when a command began, and is gone for
 * it once another file takes its place (rename(2), whoever does it): so such a file is written while none runs that could
 * have it before it. And what runs without a sandbox was approved with the files that it goes by as they are, and goes on reading
 * such while it runs (a shell its script, whatever loads code what it loads): so nothing else writes there meanwhile.
 */
import { createGate } from '../../base/gate.ts';
import { isInside } from '../../base/is-inside.ts';
import type { PathFact } from './paths/path-facts.ts';
import type { Scene } from './tool.ts';

/**
 * `confined`: what stays within the project: commands in a sandbox, and writes that no sandbox needs to know of. `free`: commands
 * without one. Those of one kind go through together, of both never; `alone` is together with none.
 */
export type Passage = 'confined' | 'free' | 'alone';

/** Those of one process. */
export interface CommandGates {
  /**
   * `projectRoot`: it, and those that share folders with it; undefined: all. `onWait`: called before `work` if that has to wait.
   * `canceled`: the signal ended the waiting, nothing was done.
   */
  pass<T>(
    projectRoot: string | undefined,
    as: Passage,
    signal: AbortSignal,
    work: () => Promise<T>,
    onWait?: () => void,
  ): Promise<T | 'canceled'>;
}

interface Passing {
  root: string | undefined;
  as: Passage;
}

export function createCommandGates(): CommandGates {
  const gate = createGate(keepsOut);
  return {
    async pass(root, as, signal, work, onWait) {
      const leave = await gate.enter({ root, as }, signal, onWait);
      if (leave === undefined) return 'canceled';
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

function keepsOut(one: Passing, other: Passing): boolean {
  if (one.as === other.as && one.as !== 'alone') return false;
  if (one.root === undefined || other.root === undefined) return true;
  return isInside(one.root, other.root) || isInside(other.root, one.root);
}

/** Which projects' commands might see it otherwise: those of this one, or of all. False: none would. */
export function keptFrom({ projectRoot, sandboxes }: Scene, paths: readonly PathFact[]): 'project' | 'all' | false {
  if (paths.some(({ inside_root }) => !inside_root)) return 'all';
  const isKept = ({ secret_shaped, runs_later, real }: PathFact): boolean =>
    secret_shaped || runs_later === true || real.split('/').includes('.git') || sandboxes.namesFile(projectRoot, real);
  return paths.some(isKept) && 'project';
}
