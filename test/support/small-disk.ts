/** A home on a small disk of its own, which a test can fill. */
import { spawnSync } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Place } from './place.ts';

/** Lets the home be a small disk of its own while the body runs. False when this machine doesn't let us. */
export async function onSmallDisk(place: Place, options: string, body: () => Promise<void>): Promise<boolean> {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !shell(`mount -t tmpfs -o size=1M,${options} tmpfs "$1"`, place.home)) {
    return false;
  }
  try {
    await body();
  } finally {
    shell('umount -l "$1"', place.home);
  }
  return true;
}

/** Fills the disk but for so many bytes. */
export function fill(file: string, left: number): void {
  const { bavail, bsize } = statfsSync(dirname(file));
  writeFileSync(file, Buffer.alloc(Math.max(0, bavail * bsize - left), 1));
}

function shell(line: string, path: string): boolean {
  return spawnSync('/bin/sh', ['-c', line, 'sh', path]).status === 0;
}
