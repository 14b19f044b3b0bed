/** `@file` in a message: the file goes with it. */
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { SubmittedPart } from '../../contract/host.ts';
import { attachedFiles, type Place } from '../attached-file.ts';

/** `@path` or `@"a path"`, at the beginning of a word. */
const MENTION = /(?<=^|\s)@(?:"([^"\n]+)"|(\S+))/g;
/** What stands behind a path in a sentence. */
const TRAILING = /[.,;:!?)\]]+$/;

/** The message, then each file that it names. What names no file is left as it is. @throws RuntimeError usage */
export function partsOf(text: string, place: Place): SubmittedPart[] {
  const paths = [...text.matchAll(MENTION)].flatMap(([, quoted, word]) => findFile(quoted ?? word!, place.root) ?? []);
  return [{ type: 'text', text }, ...attachedFiles([...new Set(paths)], place)];
}

function findFile(named: string, root: string): string | undefined {
  for (const name of [named, named.replace(TRAILING, '')]) {
    const path = resolve(root, name.replace(/^~(?=\/)/, homedir()));
    if (name !== '' && isFile(path)) return path;
  }
  return undefined;
}

/** What can't be looked at, as a word that is too long for a name, is none. */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    return false;
  }
}
