import { statfsSync } from 'node:fs';

/** TMPFS_MAGIC, RAMFS_MAGIC (statfs(2)). */
const KINDS = new Set([0x01021994, 0x858458f6]);

/** Where what is written through a mapping of a file (mmap(2)) changes none of its times. @throws Error of the file system */
export function isInMemory(path: string): boolean {
  return KINDS.has(statfsSync(path).type);
}
