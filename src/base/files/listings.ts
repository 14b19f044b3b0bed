/** What is in folders that every command asks about, and that hardly ever change. */
import { statSync } from 'node:fs';

const MOST_KNOWN = 20_000;
/** The kernel's clock for changes goes in steps, so a folder may change once more in the very step in which it was read. */
const STEP_MS = 100;
/** By a name in it: of one whose entries can be listed and not looked at, a command would get what it hid so. */
const HERE = Buffer.from('/.');

/**
 * What was read of a folder is kept for as long as it stays as it was: nobody sets back the time at which its inode changed. Paths are
 * bytes; `now`: ms UTC.
 * @throws Error of the system, and what `read` throws
 */
export function createListings<T>(read: (folder: Buffer) => T): (folder: Buffer, now: number) => T {
  const known = new Map<string, { stamp: string; listing: T }>();
  return (folder, now) => {
    const { ino, dev, ctimeNs, ctimeMs } = statSync(Buffer.concat([folder, HERE]), { bigint: true });
    const stamp = `${dev} ${ino} ${ctimeNs}`;
    const key = folder.toString('latin1');
    const before = known.get(key);
    if (before?.stamp === stamp) return before.listing;
    const listing = read(folder);
    if (known.size >= MOST_KNOWN) known.clear();
    if (now - Number(ctimeMs) > STEP_MS) known.set(key, { stamp, listing });
    return listing;
  };
}
