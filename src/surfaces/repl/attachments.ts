/** `@file` in a message: the file goes with it. */
import { readFileSync, statSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { homedir } from 'node:os';
import { relative, resolve } from 'node:path';
import { RuntimeError } from '../../contract/errors.ts';
import type { Part } from '../../contract/values.ts';

/** `@path` or `@"a path"`, at the beginning of a word. */
const MENTION = /(?<=^|\s)@(?:"([^"\n]+)"|(\S+))/g;
/** What stands behind a path in a sentence. */
const TRAILING = /[.,;:!?)\]]+$/;

const MOST_BYTES = 512 * 1024;

/** The message, then each file that it names. What names no file is left as it is. @throws RuntimeError usage */
export function partsOf(text: string, root: string): Part[] {
  const parts: Part[] = [{ type: 'text', text }];
  const attached = new Set<string>();
  for (const [, quoted, word] of text.matchAll(MENTION)) {
    const path = findFile(quoted ?? word!, root);
    if (path === undefined || attached.has(path)) continue;
    attached.add(path);
    parts.push({ type: 'text', text: attachment(path, root) });
  }
  return parts;
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

function attachment(path: string, root: string): string {
  const name = relative(root, path).startsWith('..') ? path : relative(root, path);
  const { size } = statSync(path);
  if (size > MOST_BYTES) {
    throw new RuntimeError('usage', `@${name} has ${size} bytes; at most ${MOST_BYTES} go with a message`, {
      next: 'Name the file without @: the model can read parts of it.',
    });
  }
  const bytes = read(path, name);
  if (!isUtf8(bytes) || bytes.includes(0)) {
    throw new RuntimeError('usage', `@${name} is no text`, { next: 'Only text files can go with a message.' });
  }
  return `The file ${name}:\n${bytes.toString('utf8')}`;
}

function read(path: string, name: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new RuntimeError('usage', `@${name} can't be read: ${(cause as Error).message}`, {
      next: 'Take its @ away, or make it readable.',
      cause,
    });
  }
}
