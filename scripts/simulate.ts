/**
 * `npm run simulate -- [--seed N] [--runs M] [--time 60s] [--tape file] [--mutants [--record]]`: lives through random
 * worlds and fails at the first one in which a promise is broken (docs/simulation.md).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { parseDuration } from '../src/base/duration.ts';
import { bundleSimulation } from '../test/simulation/build/bundle.ts';
import { readFoundAt, writeFoundAt } from '../test/simulation/found-at.ts';
import { huntMutants } from '../test/simulation/hunt.ts';
import { runSeeds } from '../test/simulation/pool.ts';
import { failureLines, summaryLines } from '../test/simulation/report.ts';
import { shrink, type Run } from '../test/simulation/shrink.ts';
import { tapeOf } from '../test/simulation/tape.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'build/simulation');
const SHRINK_TRIES = 1500;
const RUNS_IN_TIME = 1_000_000_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string' },
    time: { type: 'string' },
    tape: { type: 'string' },
    mutants: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});

process.exitCode = (await main()) ? 0 : 1;

async function main(): Promise<boolean> {
  if (values.mutants) return hunt();
  const bundle = join(folder, 'program.mjs');
  await bundleSimulation(root, bundle);
  return values.tape === undefined ? runAll(bundle) : replay(bundle, values.tape);
}

/** What is found where it was before stays as it is recorded. */
async function hunt(): Promise<boolean> {
  const hunted = await huntMutants(root, {
    foundAt: readFoundAt(),
    onHunted: ({ line }) => console.log(line),
  });
  if (values.record) {
    const seeds = hunted.flatMap(({ mutant, found, seed }) => (found ? [[mutant.name, seed!] as const] : []));
    writeFoundAt(Object.fromEntries(seeds));
  }
  return hunted.every(({ found }) => found);
}

async function runAll(bundle: string): Promise<boolean> {
  const time_ms = values.time === undefined ? undefined : parseDuration(values.time);
  const runs = Number(values.runs ?? (time_ms === undefined ? 2000 : RUNS_IN_TIME));
  const tty = process.stderr.isTTY;
  const summary = await runSeeds({
    bundle,
    seed: Number(values.seed),
    runs,
    ...(time_ms !== undefined && { time_ms }),
    onProgress: (done) => {
      if (tty && done % 20 === 0) process.stderr.write(`\r${done} runs `);
    },
  });
  if (tty) process.stderr.write('\r\x1b[K');
  console.log(summaryLines(summary).join('\n'));
  const { found } = summary;
  if (found === undefined) return true;
  console.log(`\nseed ${found.seed} fails: invariant ${found.violation.letter}: ${found.violation.message}`);
  await explain(bundle, found.seed, found.violation.letter);
  return false;
}

/** Shrinks the failing tape, and says what happens in it. */
async function explain(bundle: string, seed: number, letter: string): Promise<void> {
  const run = await load(bundle);
  const tape = await shrink(run, tapeOf(seed), letter, SHRINK_TRIES);
  const file = join(folder, `tape-${seed}.json`);
  writeFileSync(file, `${JSON.stringify(tape)}\n`);
  const { violation, trace } = await run(tape);
  console.log(`\nshrunk to a tape of ${tape.length} numbers:\n`);
  console.log(failureLines(violation!, trace).join('\n'));
  console.log(`\nagain:      npm run simulate -- --seed ${seed} --runs 1`);
  console.log(`the shrunk: npm run simulate -- --tape ${relative(root, file)}`);
}

async function replay(bundle: string, file: string): Promise<boolean> {
  const run = await load(bundle);
  const { violation, trace } = await run(JSON.parse(readFileSync(file, 'utf8')) as number[]);
  console.log((violation ? failureLines(violation, trace) : [...trace, '', 'all promises are kept']).join('\n'));
  return violation === undefined;
}

async function load(bundle: string): Promise<Run> {
  const { run } = (await import(pathToFileURL(bundle).href)) as { run: Run };
  return run;
}
