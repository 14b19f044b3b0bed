/** Which of the files that are named like keys hold a private one: most are certificates. */
import { closeSync, lstatSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { openFile } from '../../base/files/open-file.ts';

/** Of a text with a certificate before it, too. */
const LOOKED_AT = 64 * 1024;
const MOST_KNOWN = 10_000;
const AS_TEXT = /\.(?:pem|key)\b/i;
const PRIVATE = 'PRIVATE KEY';

const known = new Map<string, boolean>();

/**
 * By its content, as long as that stays; what can't be read is one. Other formats than text are for nothing else. `name`: that by which it
 * is known, where that is another.
 */
export function isPrivateKey(path: string, name = basename(path)): boolean {
  if (!AS_TEXT.test(name)) return true;
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return false;
  const stamp = `${found.dev} ${found.ino} ${found.size} ${found.ctimeNs}`;
  const before = known.get(stamp);
  if (before !== undefined) return before;
  const is = saysSo(path);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(stamp, is);
  return is;
}

function saysSo(path: string): boolean {
  const file = openFile(path);
  if ('code' in file) return true;
  try {
    const bytes = Buffer.alloc(LOOKED_AT);
    return bytes.subarray(0, readSync(file.fd, bytes)).includes(PRIVATE);
  } catch {
    return true;
  } finally {
    closeSync(file.fd);
  }
}
