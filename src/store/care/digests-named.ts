/** The digests that stand in the files of a workspace, in whatever state they are: no blob of such a name may go. */
import { closeSync, readSync } from 'node:fs';
import { openExisting } from '../files.ts';
import type { WorkspacePaths } from '../workspace.ts';
import { inventory, type FileKind, type FoundFile } from './inventory.ts';

/** In these any digest counts, whatever it stands for: they are not only read by the rules, but by people too. */
const NAMING: ReadonlySet<FileKind> = new Set([
  'journal',
  'ingress',
  'audit',
  'grants',
  'tainted_files',
  'schedules',
  'usage',
  'torn',
  'repairs',
  'snapshot',
  'temporary',
]);
const DIGEST = /sha256:([0-9a-f]{64})/g;
const DIGEST_LENGTH = 'sha256:'.length + 64;
const BLOCK_BYTES = 1024 * 1024;

/** As hex. */
export function namedDigests(paths: WorkspacePaths): Set<string> {
  const named = new Set<string>();
  for (const file of inventory(paths)) if (file.plain && NAMING.has(file.kind)) collectDigests(file, named);
  return named;
}

/** Adds every digest (hex) that stands in the file, in whatever state it is. */
function collectDigests({ path }: FoundFile, named: Set<string>): void {
  const fd = openExisting(path, 'read');
  if (fd === undefined) return;
  try {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    let rest = '';
    for (let position = 0; ;) {
      const count = readSync(fd, block, 0, BLOCK_BYTES, position);
      if (count === 0) return;
      position += count;
      const text = rest + block.toString('latin1', 0, count);
      for (const [, hex] of text.matchAll(DIGEST)) named.add(hex!);
      rest = text.slice(1 - DIGEST_LENGTH);
    }
  } finally {
    closeSync(fd);
  }
}
