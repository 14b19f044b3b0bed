/**
 * Runs the tests, by way of scripts/test.sh. Takes vitest's arguments (`npm test -- src/kernel -t name`). The last line on
 * stdout is `N passed, N failed`, after one that counts the skipped where there are such; exits with 1 unless all is well.
 */
import { tmpdir } from 'node:os';
import { parseCLI, startVitest, type TestModule, type Vitest } from 'vitest/node';
import { isInMemory } from '../src/base/files/in-memory.ts';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

// What is written there through a mapping no time tells, so of such folders the runtime says less than tests expect.
if (isInMemory(tmpdir())) process.env['TMPDIR'] = '/var/tmp';

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
const vitest = await startVitest('test', filter, { ...options, watch: false });
const { passed, failed, skipped } = count(vitest);
await vitest.close();

if (skipped > 0) console.log(`${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || process.exitCode ? 1 : 0);

function count({ state }: Vitest): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const modules: TestModule[] = state.getTestModules();
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const result = test.result().state;
      counts[result === 'pending' ? 'failed' : result]++;
    }
    // A file that can't be loaded, or a suite whose hook fails, is a failure even where no test of it ran.
    counts.failed += [module, ...module.children.allSuites()].filter((suite) => suite.errors().length > 0).length;
  }
  counts.failed += state.getUnhandledErrors().length;
  return counts;
}
