/** Fills the new build's compile cache, so that the first start of a user is as fast as the others. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const LONGEST_START_MS = 30_000;

/** What a start and a turn load. Without a key the turn runs offline. A build that can't even say its help is broken. */
const COMMANDS = [
  { args: ['--help'], mustWork: true },
  { args: ['run', 'hello'], mustWork: false },
];

export function warmUp(dist: string): void {
  mkdirSync(join(dist, 'cache'), { mode: 0o700 }); // code that will be run: nobody else may write it
  const home = mkdtempSync(join(tmpdir(), 'runtime-warm-up-'));
  try {
    for (const { args, mustWork } of COMMANDS) {
      const { status, stderr } = spawnSync(process.execPath, [join(dist, 'main.js'), ...args], {
        cwd: home,
        env: { PATH: process.env['PATH'], HOME: home, RUNTIME_HOME: join(home, '.runtime') },
        stdio: ['ignore', 'ignore', 'pipe'],
        encoding: 'utf8',
        timeout: LONGEST_START_MS,
      });
      if (status === 0) continue;
      const failure = `\`runtime ${args.join(' ')}\` of the new build failed: ${stderr}`;
      if (mustWork) throw new Error(failure);
      console.warn(failure);
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
