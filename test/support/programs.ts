import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './place.ts';

/** A folder for `PATH` with programs that stand for the system's: it lies in no project and no home. */
export function systemPrograms(place: Place, programs: Record<string, string>): string {
  const bin = mkdtempSync('/var/tmp/runtime-test-bin-');
  place.atEnd(() => Promise.resolve(rmSync(bin, { recursive: true })));
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(bin, name), text, { mode: 0o755 });
  return bin;
}
