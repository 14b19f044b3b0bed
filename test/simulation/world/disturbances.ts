/** What may make a program late that would be in time by itself. */
import type { World } from './parts.ts';

/** How many faults of the disk the programs have met. */
export function faultsMet({ machine }: Pick<World, 'machine'>): number {
  return [...machine.counts].reduce((sum, [what, count]) => (what.startsWith('fault ') ? sum + count : sum), 0);
}

/** How many times a clock was set. */
export function clocksSet({ machine }: Pick<World, 'machine'>): number {
  return machine.counts.get('clock set') ?? 0;
}
