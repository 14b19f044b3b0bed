/** The seeds at which planted faults were last found: `npm run simulate -- --mutants --record` writes them anew. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** By the names of the mutants. */
export type FoundAt = Readonly<Record<string, number>>;

const FILE = join(import.meta.dirname, 'found-at.json');

export function readFoundAt(): FoundAt {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as FoundAt) : {};
}

export function writeFoundAt(seeds: FoundAt): void {
  writeFileSync(FILE, `${JSON.stringify(seeds, null, 2)}\n`);
}
