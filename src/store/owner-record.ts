/** `owner.json`: what the holder of a workspace wrote about itself, for messages only. The lock alone decides. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OwnerRecord } from '../contract/records.ts';
import { isFileError } from './store-error.ts';

export function ownerPath(folder: string): string {
  return join(folder, 'owner.json');
}

/** Undefined when there is nothing that can be understood. */
export function readOwner(folder: string): OwnerRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(ownerPath(folder), 'utf8')) as Partial<OwnerRecord> | null;
    const { pid, program, version, started_at } = record ?? {};
    if (typeof pid !== 'number' || typeof program !== 'string') return undefined;
    if (typeof version !== 'string' || typeof started_at !== 'number') return undefined;
    return { pid, program, version, started_at };
  } catch {
    return undefined;
  }
}

/** Is there such a process? When not, the record is a dead holder's, and the living one hasn't written its own yet. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isFileError(error, 'ESRCH');
  }
}
