/** Disks that are full or may not be written to: small ones of our own, which only root can make. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scratch } from '../../../src/engine/chaos/scratch.ts';
import { ASK, count, finishTurn, inFolder, oddFailure, type Part, tally, workIn } from '../part.ts';

const ROUNDS = 40;
const PAGE = 4096;
/** So many pages the turn needs at most, with what the ballast gives back. */
const MOST_PAGES = 24;
const READ_ONLY_ROUNDS = 5;

export const fullDisk: Part = async ({ dice, signal }) => {
  const done = tally('full disk, then space again');
  for (let round = 1; round <= ROUNDS; round++) {
    signal.throwIfAborted();
    const pages = Math.floor(dice() * MOST_PAGES);
    const could = await onSmallDisk(signal, async (scratch) => {
      const filler = join(scratch.home, 'filler');
      const { bavail, bsize } = statfsSync(scratch.home);
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - pages * PAGE), 1));
      const ran = await scratch.run(ASK);
      done.times++;
      count(done, ran.code === 0 ? 'it was enough' : 'said, and refused');
      const odd = ran.code === 0 ? undefined : oddFailure(ran);
      rmSync(filler);
      const broken = [...(odd === undefined ? [] : [odd]), ...(await finishTurn(scratch, ran))];
      if (broken.length > 0) done.broken.push(`round ${round}, ${pages} pages left: ${broken.join('; ')}`);
    });
    if (!could) return { ...done, skipped: 'only root may make a small disk' };
  }
  return done;
};

export const readOnlyDisk: Part = async ({ signal }) => {
  const done = tally('read-only disk, then writable again');
  for (let round = 1; round <= READ_ONLY_ROUNDS; round++) {
    const could = await onSmallDisk(signal, async (scratch) => {
      mount('-o', 'remount,ro', scratch.home);
      const odd = oddFailure(await scratch.run(ASK));
      mount('-o', 'remount,rw', scratch.home);
      done.times++;
      count(done, 'said, and refused');
      const broken = [...(odd === undefined ? [] : [odd]), ...(await finishTurn(scratch))];
      if (broken.length > 0) done.broken.push(broken.join('; '));
    });
    if (!could) return { ...done, skipped: 'only root may make a disk of its own' };
  }
  return done;
};

/** The home is a disk of 1 MiB while `use` runs. False when this machine doesn't let us. */
function onSmallDisk(signal: AbortSignal, use: (scratch: Scratch) => Promise<void>): Promise<boolean> {
  return inFolder(async (folder) => {
    const scratch = workIn(folder, signal);
    const config = join(scratch.home, 'config.yaml');
    const kept = readFileSync(config);
    if (!mount('-t', 'tmpfs', '-o', 'size=1M,mode=700', 'tmpfs', scratch.home)) return false;
    try {
      writeFileSync(config, kept, { mode: 0o600 });
      await use(scratch);
    } finally {
      spawnSync('umount', ['-l', scratch.home]);
    }
    return true;
  });
}

function mount(...args: string[]): boolean {
  return process.getuid?.() === 0 && spawnSync('mount', args).status === 0;
}
