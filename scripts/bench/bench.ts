/**
 * `npm run bench [-- name … --flag …]`: the benchmarks, one after the other, each in a process of its own. They print ratios and
 * what is asked; how fast something was never fails. They need bash 5 and a quiet machine.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { nodeFlags } from '../build/node-flags.ts';

const NAMES = [
  'startup', 'turn', 'accept', 'long-session', 'past', 'verify', 'terminal', 'syncs', 'many-sessions', 'service', 'lanes', 'soak', 'daemon', 'deltas', 'requests', 'policy', 'sandbox',
]; // prettier-ignore

const flags = process.argv.slice(2).filter((word) => word.startsWith('--'));
const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const unknown = asked.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are: ${NAMES.join(', ')}`);
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : NAMES) {
  const { status } = spawnSync(process.execPath, [...nodeFlags, join(import.meta.dirname, `${name}.ts`), ...flags], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
