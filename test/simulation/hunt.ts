/** Builds the program with each planted fault and runs seeds until it is found. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bundleSimulation } from './build/bundle.ts';
import { MUTANTS, type Mutant } from './mutants.ts';
import { runSeeds } from './pool.ts';

export interface Hunted {
  mutant: Mutant;
  /** By an invariant that it breaks; `seeds` until then. */
  found: boolean;
  letter: string | undefined;
  seeds: number;
  /** All of it, as a row of a table. */
  line: string;
}

export interface HuntOptions {
  /** So many seeds at most for each. */
  seeds?: number;
  onHunted?: (hunted: Hunted) => void;
}

const MOST_SEEDS = 8000;
const NAME_WIDTH = 52;

/** Several at a time, each on one thread; told in the order of the list. */
export async function huntMutants(root: string, { seeds = MOST_SEEDS, onHunted }: HuntOptions = {}): Promise<Hunted[]> {
  const folder = join(root, 'build/simulation');
  mkdirSync(folder, { recursive: true });
  const left = [...MUTANTS.entries()];
  const hunted: Hunted[] = [];
  let told = 0;
  const hunter = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, mutant] = next;
      hunted[index] = await hunt(root, join(folder, `mutant-${index}.mjs`), mutant, seeds);
      for (; hunted[told] !== undefined; told++) onHunted?.(hunted[told]!);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, hunter));
  return hunted;
}

async function hunt(root: string, bundle: string, mutant: Mutant, seeds: number): Promise<Hunted> {
  await bundleSimulation(root, bundle, [mutant]);
  const { found } = await runSeeds({ bundle, seed: 1, runs: seeds, threads: 1 });
  const letter = found?.violation.letter;
  const isFound = letter !== undefined && mutant.breaks.includes(letter);
  const until = found === undefined ? `not in ${seeds}` : String(found.seed);
  const unexpected = found === undefined || isFound ? '' : ` (expected ${mutant.breaks}): ${found.violation.message}`;
  const line = `${mutant.name.padEnd(NAME_WIDTH)} | ${letter ?? '-'} | ${until}${unexpected}`;
  return { mutant, found: isFound, letter, seeds: found?.seed ?? seeds, line };
}
