/**
 * Writing what a sandbox hides from commands, or keeps as it is. That stands on the file as it was when a command began, and is
 * gone for it once another file takes its place (rename(2), whoever does it): so such a file is written while none runs
 * that could have it before it.
 */
import { createGate, type Gate } from '../../base/gate.ts';
import { isInside } from '../../base/is-inside.ts';
import type { PathFact } from './paths/path-facts.ts';
import type { Scene } from './tool.ts';

/** Those of one process. Commands of a project go through its gate together, what writes such files alone. */
export interface CommandGates {
  /** Resolves with what leaves again; with undefined when the signal ended the waiting. */
  enter(projectRoot: string, signal: AbortSignal): Promise<(() => void) | undefined>;
  /** While no command runs in this project or one that shares folders with it; undefined: in none. `canceled`: nothing was written. */
  whileNoneRuns<T>(
    projectRoot: string | undefined,
    signal: AbortSignal,
    write: () => Promise<T>,
  ): Promise<T | 'canceled'>;
}

export function createCommandGates(): CommandGates {
  const gates = new Map<string, Gate>();
  const gateOf = (root: string): Gate => {
    const known = gates.get(root) ?? createGate();
    gates.set(root, known);
    return known;
  };
  return {
    enter: (projectRoot, signal) => gateOf(projectRoot).enter('together', signal),
    async whileNoneRuns(projectRoot, signal, write) {
      if (projectRoot !== undefined) gateOf(projectRoot);
      const roots = [...gates.keys()].filter((root) => projectRoot === undefined || isInside(root, projectRoot) || isInside(projectRoot, root)); // prettier-ignore
      const leaves: (() => void)[] = [];
      try {
        // Always in the same order: two that wait for each other's would wait for good.
        for (const root of roots.sort()) {
          const leave = await gateOf(root).enter('alone', signal);
          if (leave === undefined) return 'canceled';
          leaves.push(leave);
        }
        return await write();
      } finally {
        for (const leave of leaves) leave();
      }
    },
  };
}

/** Which projects' commands might see it otherwise: those of this one, or of all. False: none would. */
export function keptFrom({ projectRoot, sandboxes }: Scene, paths: readonly PathFact[]): 'project' | 'all' | false {
  if (paths.some(({ inside_root }) => !inside_root)) return 'all';
  const isKept = ({ secret_shaped, runs_later, real }: PathFact): boolean =>
    secret_shaped || runs_later === true || real.split('/').includes('.git') || sandboxes.namesFile(projectRoot, real);
  return paths.some(isKept) && 'project';
}
