/**
 * `npm run chaos [-- part …] [--seed n]`: crashes and bad disks, for longer than a test may take. Prints a table of what
 * was done, how often and how it came out, what did not hold, and `N passed, N failed`; exits with 1 when there is such,
 * and says the seed that does the same again.
 */
import { parseArgs } from 'node:util';
import { createDice, type Part, type Tally } from './part.ts';
import { calls, goalCalls } from './parts/calls.ts';
import { daemon } from './parts/daemon.ts';
import { fullDisk, readOnlyDisk } from './parts/disks.ts';
import { instants } from './parts/instants.ts';
import { racedLock, removedFolder, stoppedOwner } from './parts/owner.ts';
import { points } from './parts/points.ts';

const PARTS: Record<string, Part> = {
  points,
  instants,
  'full-disk': fullDisk,
  'read-only': readOnlyDisk,
  removed: removedFolder,
  stopped: stoppedOwner,
  lock: racedLock,
  sweep: calls,
  goals: goalCalls,
  daemon,
};

const WIDEST = 42;

const { positionals, values } = parseArgs({ allowPositionals: true, options: { seed: { type: 'string' } } });
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const unknown = positionals.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0 || !Number.isSafeInteger(seed)) {
  console.error(`usage: npm run chaos [-- part …] [--seed n]; the parts are: ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}

const controller = new AbortController();
process.once('SIGINT', () => controller.abort());
process.once('SIGTERM', () => controller.abort());

const names = positionals.length > 0 ? positionals : Object.keys(PARTS);
const tallies: Tally[] = [];
console.log(`seed ${seed}\n\n${'WHAT'.padEnd(WIDEST)}TIMES  OUTCOME`);
for (const name of names) {
  try {
    const how = { dice: createDice(seed), signal: controller.signal, say: (line: string) => console.error(line) };
    tallies.push(await PARTS[name]!(how));
    print(tallies.at(-1)!);
  } catch (thrown) {
    if (controller.signal.aborted) break;
    throw thrown;
  }
}

const broken = tallies.flatMap((tally) => tally.broken.map((what) => `${tally.what}: ${what}`));
const times = tallies.reduce((sum, tally) => sum + tally.times, 0);
console.log('');
for (const what of broken) console.log(`✗ ${what}`);
if (controller.signal.aborted) console.log('stopped before the end');
if (broken.length > 0) console.log(`again: npm run chaos -- ${names.join(' ')} --seed ${seed}`);
console.log(`${times - broken.length} passed, ${broken.length} failed`);
process.exit(controller.signal.aborted ? 130 : broken.length > 0 ? 1 : 0);

function print({ what, times: often, outcomes, broken: wrong, skipped }: Tally): void {
  const told = Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`);
  if (wrong.length > 0) told.push(`DID NOT HOLD ${wrong.length}`);
  if (skipped !== undefined) told.push(`skipped: ${skipped}`);
  console.log(`${what.padEnd(WIDEST)}${String(often).padStart(5)}  ${told.join(', ')}`);
}
