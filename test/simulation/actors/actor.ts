/** Someone or something that acts upon a world, one act a step. */
import type { Dice } from '../../../src/kernel/testing/dice.ts';
import type { Program } from '../world/parts.ts';
import type { World } from '../world/parts.ts';

export interface Actor {
  name: string;
  /** How often it acts, beside the others. */
  weight: number;
  act(world: World): void;
}

export const SESSIONS = ['a', 'b', 'c'] as const;

/** The program, where one lives. */
export function living(world: World): Program | undefined {
  return world.program?.process.isAlive() === true ? world.program : undefined;
}

/** Sessions that have a journal. */
export function knownSessions(world: World): string[] {
  const folder = world.machine.disk.findIfThere('/workspaces/default/sessions');
  if (folder?.kind !== 'folder') return [];
  return [...folder.names.keys()]
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.slice(0, -6))
    .sort();
}

/** One of them; undefined where there is none. */
export function anyOf<T>(dice: Dice, items: readonly T[]): T | undefined {
  return items.length === 0 ? undefined : items[dice.roll(items.length)];
}

/** Does an approval wait for an answer? */
export function someoneIsAsked(world: World): boolean {
  return knownSessions(world).some((session) => {
    const calls = world.journals.view(session)?.fold.state.turn?.calls ?? [];
    return calls.some(({ approval }) => approval?.status === 'pending');
  });
}
