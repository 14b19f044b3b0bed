/** Which of the files that are named like keys hold a private one: most are certificates. */
import { closeSync, lstatSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { openFile } from '../../base/files/open-file.ts';

/** Of a text with many certificates before it, too. */
const LOOKED_AT = 1024 * 1024;
/** Of what keys and others have for a name: in a key, and in a login with one, it stands at once. */
const BEGINNING = 64 * 1024;
const MOST_KNOWN = 10_000;
const AS_TEXT = /\.(?:pem|key)\b/i;
const OTHER_FORMATS = /\.(?:p12|pfx|jks|keystore|ppk|kdbx)\b/i;
const PRIVATE = 'PRIVATE KEY';
const BEGINS = /(?:^|")[ \t]*-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY/m;

const known = new Map<string, boolean>();

/**
 * By its content, as long as that stays; what can't be read is one. Other formats than text are for nothing else. `name`: that by which it
 * is known, where that is another.
 */
export function isPrivateKey(path: string, name = basename(path)): boolean {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (!found?.isFile()) return false;
  if (OTHER_FORMATS.test(name)) return true;
  const isText = AS_TEXT.test(name);
  const stamp = `${found.dev} ${found.ino} ${found.size} ${found.ctimeNs} ${isText}`;
  const before = known.get(stamp);
  if (before !== undefined) return before;
  const is = isText ? says(path, LOOKED_AT, (bytes) => bytes.includes(PRIVATE)) : says(path, BEGINNING, beginsSo);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(stamp, is);
  return is;
}

/** A script that makes keys has such lines, too. */
function beginsSo(bytes: Buffer): boolean {
  return bytes.includes(PRIVATE) && bytes.toString('latin1', 0, 2) !== '#!' && BEGINS.test(bytes.toString('latin1'));
}

function says(path: string, most: number, isOne: (bytes: Buffer) => boolean): boolean {
  const file = openFile(path);
  if ('code' in file) return true;
  try {
    const bytes = Buffer.alloc(Math.min(file.stats.size, most));
    return isOne(bytes.subarray(0, readSync(file.fd, bytes)));
  } catch {
    return true;
  } finally {
    closeSync(file.fd);
  }
}
