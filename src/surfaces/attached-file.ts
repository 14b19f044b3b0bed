/** A file of this machine that goes with a message. What it is, is found by whoever takes the message. */
import { readFileSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { RuntimeError } from '../contract/errors.ts';
import type { SubmittedPart } from '../contract/host.ts';

/** All that go with one message, so that it isn't too large for its way to the process that owns the workspace. */
const MOST_BYTES = 5 * 1024 * 1024;

/** Real paths of files, each named as seen from `root` where it is inside. @throws RuntimeError usage */
export function attachedFiles(paths: readonly string[], root: string): SubmittedPart[] {
  let bytes = 0;
  return paths.map((path) => {
    const name = nameIn(root, path);
    const { size } = statSync(path);
    bytes += size;
    if (bytes > MOST_BYTES) throw tooLarge(name, size, bytes);
    return { type: 'file', base64: read(path, name).toString('base64'), name };
  });
}

function nameIn(root: string, path: string): string {
  const inside = relative(root, path);
  return inside.startsWith('..') ? path : inside;
}

function tooLarge(name: string, size: number, bytes: number): RuntimeError {
  const what = size === bytes ? `${name} has ${size} bytes` : `the files up to ${name} have ${bytes} bytes`;
  return new RuntimeError('usage', `${what}; at most ${MOST_BYTES} go with a message`, {
    next: 'Name what is a text in the message instead: the model can read parts of it. Send the rest in several messages.',
  });
}

function read(path: string, name: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const next = 'Make it readable, or leave it out.';
    throw new RuntimeError('usage', `${name} can't be read: ${(cause as Error).message}`, { next, cause });
  }
}
