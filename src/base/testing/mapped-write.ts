/** For tests: bytes that change though no time of their file tells. */
import { execFileSync, spawnSync } from 'node:child_process';
import { isInMemory } from '../files/in-memory.ts';

const SHM = '/dev/shm';

/** Changes the first bytes of a file through a mapping of it (mmap(2)). */
const WRITE = `import mmap, sys
with open(sys.argv[1], 'r+b') as file:
    mapped = mmap.mmap(file.fileno(), 0)
    first = mapped[0]
    new = bytes.fromhex(sys.argv[2])
    mapped[0:len(new)] = new
`;

/** A folder in memory, where such a write changes no time of a file; and why there is none, if so. */
export const MEMORY = { folder: SHM, unmet: unmet() };

function unmet(): string {
  if (spawnSync('python3', ['-c', 'import mmap']).status !== 0) return ' (skipped: python3 is not installed)';
  try {
    return isInMemory(SHM) ? '' : ` (skipped: ${SHM} is no tmpfs)`;
  } catch {
    return ` (skipped: there is no ${SHM})`;
  }
}

export function writeMapped(path: string, bytes: string | Uint8Array): void {
  execFileSync('python3', ['-c', WRITE, path, Buffer.from(bytes).toString('hex')]);
}
