/**
 * Files that commands don't see are empty to git, too: with all else that it stages or commits there it takes them in as it finds them.
 * Nothing can keep it from that, so whoever ran the command is told.
 */
import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { digestOf } from '../../base/digest.ts';
import { bytesOf } from '../../base/files/open-file.ts';
import { LONGEST_INDEX, type ObjectFormat } from '../../base/git-index.ts';
import { LONGEST_READ } from '../../base/git-told-by.ts';
import { entriesAt, formatOf } from './git-names.ts';

/** Ids of what git's index has of hidden files, by their names in it: bytes as Latin-1. */
export type Staged = ReadonlyMap<string, string>;

const MOST_KNOWN = 100;
const known = new Map<string, { by: string; staged: Staged }>();

/**
 * `hidden`: absolute paths of files and folders. Undefined: there is no index, or nobody can read it.
 * @throws Error of the file system
 */
export function stagedOf(git: string, hidden: readonly string[]): Staged | undefined {
  if (basename(git) !== '.git' || hidden.length === 0) return undefined;
  const path = join(git, 'index');
  const bytes = bytesOf(path, LONGEST_INDEX);
  if (bytes === undefined) return undefined;
  const names = hidden.map((one) => Buffer.from(relative(dirname(git), one)).toString('latin1'));
  const by = [digestOf(bytes), ...names].join('\0');
  const before = known.get(git);
  if (before?.by === by) return before.staged;
  const entries = entriesAt(git, path);
  if (entries === undefined) return undefined;
  const isHidden = amongFolders(new Set(names));
  const staged = new Map(entries.filter(({ name }) => isHidden(name)).map(({ name, id }) => [name, id.toString('hex')]));
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(git, { by, staged });
  return staged;
} // prettier-ignore

/** Names of what was staged since otherwise than it is. @throws Error of the file system */
export function stagedUnseen(git: string, before: Staged, after: Staged): string[] {
  if (before === after) return [];
  const format = formatOf(git);
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => ({ name, id: idOf(join(dirname(git), Buffer.from(name, 'latin1').toString()), format) }))
    .filter(({ name, id }) => id !== undefined && id !== after.get(name))
    .map(({ name }) => Buffer.from(name, 'latin1').toString())
    .sort();
}

/** Whether it is one of these, or lies in one. */
function amongFolders(names: ReadonlySet<string>): (name: string) => boolean {
  return (name) => {
    for (let end = name.length; end > 0; end = name.lastIndexOf('/', end - 1)) if (names.has(name.slice(0, end))) return true;
    return false;
  };
} // prettier-ignore

/** As git would have it (gitformat-pack(5)), were it to read the file. Undefined: it isn't there. Empty: none is known. */
function idOf(path: string, format: ObjectFormat): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const bytes = bytesOf(path, LONGEST_READ);
  return bytes ? createHash(format).update(`blob ${bytes.length}\0`).update(bytes).digest('hex') : '';
}
