/** `npm run verify`: is this tree good? `npm run check` is the same without the tests. Goes on after a failure. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** Name, and what this Node runs. The build is behind us: no script starts without one. */
const STEPS: [name: string, ...command: string[]][] = [
  ['format', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
  ['lint', 'node_modules/oxlint/bin/oxlint', '--deny-warnings'],
  ['types', 'node_modules/typescript-7/bin/tsc', '--project', 'tsconfig.json'],
  ['rules', 'scripts/check-rules.ts'],
  ['rooms', 'scripts/check-rooms.ts'],
  ['unused', 'node_modules/knip/bin/knip.js', '--no-progress'],
  ['docs', 'scripts/check-docs.ts'],
];
const TESTS: (typeof STEPS)[number] = ['tests', 'scripts/test.ts'];

const failed: string[] = [];
for (const [name, ...command] of process.argv.includes('--no-tests') ? STEPS : [...STEPS, TESTS]) {
  const before = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
  const seconds = ((performance.now() - before) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (status === 0) continue;
  failed.push(name);
  console.log(stdout + stderr);
}
if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
