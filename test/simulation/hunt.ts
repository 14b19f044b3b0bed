/** Builds the program with each planted fault and runs seeds until it is found. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bundleSimulation } from './build/bundle.ts';
import type { FoundAt } from './found-at.ts';
import { MUTANTS, type Mutant } from './mutants.ts';
import { runSeeds, type Found } from './pool.ts';

export interface Hunted {
  mutant: Mutant;
  /** By an invariant that it breaks, in a world in which the program without it breaks none. */
  found: boolean;
  letter: string | undefined;
  /** The failing one. */
  seed: number | undefined;
  /** It was the recorded one. */
  known: boolean;
  /** All of it, as a row of a table. */
  line: string;
}

export interface HuntOptions {
  /** So many seeds at most for each. */
  seeds?: number;
  /** Tried first: where the worlds are still the same, one run is enough. */
  foundAt?: FoundAt;
  onHunted?: (hunted: Hunted) => void;
}

interface Hunt {
  root: string;
  /** The program without a fault. */
  sound: string;
  seeds: number;
  foundAt: FoundAt;
}

const MOST_SEEDS = 8000;
const NAME_WIDTH = 52;

/** Several at a time, each on one thread; told in the order of the list. */
export async function huntMutants(root: string, options: HuntOptions = {}): Promise<Hunted[]> {
  const { seeds = MOST_SEEDS, foundAt = {}, onHunted } = options;
  const folder = join(root, 'build/simulation');
  mkdirSync(folder, { recursive: true });
  const sound = join(folder, 'sound.mjs');
  await bundleSimulation(root, sound);
  const left = [...MUTANTS.entries()];
  const hunted: Hunted[] = [];
  let told = 0;
  const hunter = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, mutant] = next;
      hunted[index] = await hunt({ root, sound, seeds, foundAt }, join(folder, `mutant-${index}.mjs`), mutant);
      for (; hunted[told] !== undefined; told++) onHunted?.(hunted[told]!);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, hunter));
  return hunted;
}

async function hunt({ root, sound, seeds, foundAt }: Hunt, bundle: string, mutant: Mutant): Promise<Hunted> {
  await bundleSimulation(root, bundle, [mutant]);
  const recorded = foundAt[mutant.name];
  const again = recorded === undefined ? undefined : await firstFound(bundle, recorded, 1);
  const known = again !== undefined && breaks(mutant, again);
  const found = known ? again : await firstFound(bundle, 1, seeds);
  const isSound = found === undefined || (await firstFound(sound, found.seed, 1)) === undefined;

  const letter = found?.violation.letter;
  const isFound = found !== undefined && breaks(mutant, found) && isSound;
  const until = found === undefined ? `not in ${seeds}` : String(found.seed);
  const because = isSound ? `expected ${mutant.breaks}` : 'fails without the fault, too';
  const unexpected = found === undefined || isFound ? '' : ` (${because}): ${found.violation.message}`;
  const line = `${mutant.name.padEnd(NAME_WIDTH)} | ${letter ?? '-'} | ${until}${unexpected}`;
  return { mutant, found: isFound, letter, seed: found?.seed, known, line };
}

async function firstFound(bundle: string, seed: number, runs: number): Promise<Found | undefined> {
  return (await runSeeds({ bundle, seed, runs, threads: 1 })).found;
}

function breaks(mutant: Mutant, { violation }: Found): boolean {
  return mutant.breaks.includes(violation.letter);
}
