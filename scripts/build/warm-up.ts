/** Tries the new build, and keeps what V8 compiled on the way, so that the first start of a user is as fast as the others. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeFlags } from './node-flags.ts';

const LONGEST_TRIAL_MS = 60_000;

/** @throws Error when the build can't do the main job */
export function warmUp(dist: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-warm-up-'));
  const [home, project] = [join(folder, 'home'), join(folder, 'project')];
  for (const path of [home, project]) mkdirSync(path);
  writeFileSync(join(project, 'notes.txt'), 'one\ntwo\n');
  try {
    // A process of its own, so that nothing else is compiled in it, and nothing that was is forgotten meanwhile.
    const { status, error, stderr } = spawnSync(
      process.execPath,
      [...nodeFlags, join(import.meta.dirname, 'trial-run.ts'), dist, home],
      {
        cwd: project,
        env: { PATH: process.env['PATH'] },
        stdio: ['ignore', 'ignore', 'pipe'],
        encoding: 'utf8',
        timeout: LONGEST_TRIAL_MS,
      },
    );
    if (status !== 0) throw new Error(`the new build fails its trial run: ${error?.message ?? stderr}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
