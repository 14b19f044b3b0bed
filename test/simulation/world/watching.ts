/** All invariants watch a world together. */
import type { Hooks, Invariant, Watching, World } from './parts.ts';

export function watchAll(invariants: readonly Invariant[], world: World): Watching {
  const all = invariants.map(({ letter, watch }) => ({
    letter,
    hooks: watch(world, (message) => world.violate(letter, message)),
  }));
  const tell = (what: (hooks: Hooks) => void): void => {
    for (const { letter, hooks } of all) {
      try {
        what(hooks);
      } catch (thrown) {
        world.violate(letter, `it can't be judged: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
      }
    }
  };
  return {
    opened: (opened) => tell((one) => one.opened?.(opened)),
    asked: (process, request) => tell((one) => one.asked?.(process, request)),
    effect: (begun) => tell((one) => one.effect?.(begun)),
    command: (begun) => tell((one) => one.command?.(begun)),
    fires: (event) => tell((one) => one.fires?.(event)),
    leaves: (program, patience_ms) => tell((one) => one.leaves?.(program, patience_ms)),
    left: (program) => tell((one) => one.left?.(program)),
    step: () => tell((one) => one.step?.()),
    evidence: (evidence) => tell((one) => one.evidence?.(evidence)),
  };
}
