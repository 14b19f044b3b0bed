/** What goes wrong with the disk next. Set by actors, used up by calls. */
import { fileError } from './errors.ts';

export type FaultKind = 'short_write' | 'full' | 'write_error' | 'sync_error' | 'slow_sync';

export interface Faults {
  /** Bytes that are left on a full disk; undefined: there is room. */
  room: number | undefined;
  /** So many writes, or syncs, until one fails; undefined: none will. */
  writesToError: number | undefined;
  syncsToError: number | undefined;
  /** The next write is a short one. */
  shortWrite: boolean;
  /** So many syncs take so long (ms). */
  slow: { syncs: number; ms: number };
}

export function noFaults(): Faults {
  return {
    room: undefined,
    writesToError: undefined,
    syncsToError: undefined,
    shortWrite: false,
    slow: { syncs: 0, ms: 0 },
  };
}

/** How many of so many bytes a write takes. @throws ENOSPC | EIO */
export function takeWrite(faults: Faults, bytes: number, growth: number, met: (kind: FaultKind) => void): number {
  if (faults.writesToError !== undefined && faults.writesToError-- === 0) {
    faults.writesToError = undefined;
    met('write_error');
    throw fileError('EIO', 'write');
  }
  let taken = bytes;
  if (faults.shortWrite && bytes > 1) {
    faults.shortWrite = false;
    met('short_write');
    taken = bytes >> 1;
  }
  if (faults.room === undefined || growth === 0) return taken;
  const fits = Math.min(taken, bytes - growth + faults.room);
  if (fits < taken) met('full');
  if (fits <= 0) throw fileError('ENOSPC', 'write');
  faults.room -= Math.max(0, fits - (bytes - growth));
  return fits;
}

/** Does the next sync fail? */
export function takeSync(faults: Faults, met: (kind: FaultKind) => void): boolean {
  if (faults.syncsToError === undefined || faults.syncsToError-- > 0) return false;
  faults.syncsToError = undefined;
  met('sync_error');
  return true;
}

/** How long it takes (ms). */
export function takeDelay(faults: Faults, met: (kind: FaultKind) => void): number {
  if (faults.slow.syncs === 0) return 0;
  faults.slow.syncs--;
  met('slow_sync');
  return faults.slow.ms;
}
