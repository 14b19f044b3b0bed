/** The workspace's lock as the simulated machine keeps it: free at once when its holder dies. */
import type { OwnerRecord } from '../../../src/contract/records.ts';
import { removeFile, writeWhole } from '../../../src/store/files.ts';
import type * as real from '../../../src/store/lock.ts';
import { ownerPath, readOwner } from '../../../src/store/owner-record.ts';
import { storeError } from '../../../src/store/store-error.ts';
import { ownerOf } from '../machine/process.ts';

export const takeLock: typeof real.takeLock = (folder: string, owner: OwnerRecord) => {
  const { process } = ownerOf(folder);
  const { machine } = process;
  const written = readOwner(folder);
  if (machine.holder !== undefined) return { ok: false, held_by: written };
  machine.holder = process;
  const drop = (): void => {
    if (machine.holder === process) machine.holder = undefined;
  };
  const release = (): void => {
    if (machine.holder === process) removeFile(ownerPath(folder));
    drop();
  };
  try {
    writeWhole(ownerPath(folder), `${JSON.stringify(owner)}\n`, { sync: false });
  } catch (error) {
    drop();
    throw storeError('Taking the lock', error);
  }
  return { ok: true, ...(written && { left_by: written }), release, drop };
};
