/** Tries the new build, and keeps what V8 compiled on the way, so that the first start of a user is as fast as the others. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFlags } from './node-flags.ts';

const LONGEST_TRIAL_MS = 60_000;

/** @throws Error when the build can't do the main job */
export function warmUp(dist: string): void {
  const home = mkdtempSync(join(tmpdir(), 'runtime-warm-up-'));
  try {
    // A process of its own, so that nothing else is compiled in it, and nothing that was is forgotten meanwhile.
    const { status, error, stderr } = spawnSync(
      process.execPath,
      [...nodeFlags, join(import.meta.dirname, 'trial-run.ts'), dist, home],
      {
        cwd: home,
        env: { PATH: process.env['PATH'] },
        stdio: ['ignore', 'ignore', 'pipe'],
        encoding: 'utf8',
        timeout: LONGEST_TRIAL_MS,
      },
    );
    if (status !== 0) throw new Error(`the new build fails its trial run: ${error?.message ?? stderr}`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
