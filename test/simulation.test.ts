// Whole worlds from one seed each: see docs/simulation.md. `npm run simulate` runs more of them, and says what happened.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundleSimulation } from './simulation/build/bundle.ts';
import { readFoundAt } from './simulation/found-at.ts';
import { huntMutants } from './simulation/hunt.ts';
import { MUTANTS } from './simulation/mutants.ts';
import { runSeeds, type Summary } from './simulation/pool.ts';
import { shrink, type Run } from './simulation/shrink.ts';
import { tapeOf } from './simulation/tape.ts';

const root = join(import.meta.dirname, '..');
const bundle = join(root, 'build/simulation/tested.mjs');
const RUNS = Number(process.env['SIMULATION_RUNS'] ?? 2000);
/** Beside the recorded one: `npm run simulate -- --mutants` looks further. */
const SEEDS_A_MUTANT = 600;
/** So many need more seeds than there is time for here, where worlds are others than when they were recorded. */
const MOST_MOVED = 12;
const MINUTE_MS = 60_000;
/** What each twentieth world has, at least. */
const RARE = [
  'turns', 'effects', 'approvals answered', 'crashes', 'power cuts', 'failed owners', 'left in order',
  'fired', 'commands',
]; // prettier-ignore

let summary: Summary;

beforeAll(async () => {
  await bundleSimulation(root, bundle);
  summary = await runSeeds({ bundle, seed: 1, runs: RUNS });
}, 10 * MINUTE_MS);

describe('simulated worlds', () => {
  test('every promise is kept in every one of them', () => {
    const { found } = summary;
    expect(found && `seed ${found.seed}: ${found.violation.letter}: ${found.violation.message}`).toBeUndefined();
    expect(summary.runs).toBe(RUNS);
  });

  test('they have what they are for: turns, effects, approvals, crashes, power cuts and every kind of fault', () => {
    const { counts } = summary;
    for (const what of RARE) expect(counts[what] ?? 0, what).toBeGreaterThan(RUNS / 20);
    expect(counts['patience ran out'] ?? 0).toBeGreaterThan(RUNS / 200);
    for (const kind of ['full', 'short_write', 'slow_sync', 'sync_error', 'write_error']) {
      expect(counts[`fault ${kind}`] ?? 0, kind).toBeGreaterThan(RUNS / 20);
    }
  });

  test('the same seed gives the same, to the byte', async () => {
    const again = await runSeeds({ bundle, seed: 1, runs: 50, threads: Math.max(1, availableParallelism() - 1) });
    expect(again.digests).toEqual(summary.digests.slice(0, 50));
    expect(new Set(again.digests).size).toBe(50);
  });
});

describe('planted faults', () => {
  test('each is found, by an invariant that it breaks', { timeout: 15 * MINUTE_MS }, async () => {
    const hunted = await huntMutants(root, { seeds: SEEDS_A_MUTANT, foundAt: readFoundAt() });
    const missed = hunted.filter(({ found }) => !found);
    const unmet = missed.filter(({ seed }) => seed === undefined);
    expect(missed.filter((one) => !unmet.includes(one)).map(({ line }) => line)).toEqual([]);
    expect(unmet.length, unmet.map(({ line }) => line).join('\n')).toBeLessThan(MOST_MOVED);
    const moved = hunted.filter(({ known }) => !known).length;
    if (moved > 0)
      process.stderr.write(`${moved} faults are not found where they were: npm run simulate -- --mutants --record\n`);
  });

  test('there is one at least for each invariant', () => {
    const broken = new Set(MUTANTS.flatMap(({ breaks }) => [...breaks]));
    expect([...broken].sort()).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
      'f',
      'g',
      'h',
      'i',
      'l',
      'm',
      'n',
      'o',
      'p',
      'q',
      's',
      'u',
    ]);
  });

  test('one whose text the sources do not have is an error', async () => {
    const planted = { file: 'src/engine/owner.ts', find: 'what nobody ever wrote', replace: '' };
    await expect(bundleSimulation(root, join(root, 'build/simulation/none.mjs'), [planted])).rejects.toThrow(
      'what nobody ever wrote',
    );
  });

  test('what fails is shrunk to few steps that fail in the same way', { timeout: 5 * MINUTE_MS }, async () => {
    const file = join(root, 'build/simulation/shrunk.mjs');
    await bundleSimulation(root, file, [MUTANTS.find(({ name }) => name === 'policy allows everything')!]);
    const { run } = (await import(pathToFileURL(file).href)) as { run: Run };
    const { found } = await runSeeds({ bundle: file, seed: 1, runs: 100 });
    const tape = tapeOf(found!.seed);
    const small = await shrink(run, tape, found!.violation.letter, 300);
    expect(small.length).toBeLessThan(tape.length);
    expect((await run(small)).violation?.letter).toBe(found!.violation.letter);
  });
});
