/** A file of this machine that goes with a message. What it is, is found by whoever takes the message. */
import { closeSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { openNamed, type Surroundings } from '../adapters/tools/paths/open-named.ts';
import type { Failure } from '../base/failure.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { SubmittedPart } from '../contract/host.ts';

/** All that go with one message, so that it isn't too large for its way to the process that owns the workspace. */
const MOST_BYTES = 5 * 1024 * 1024;

/** Whose files they are. The home of the runtime, and what says where that of the person is. */
export type Place = Pick<Surroundings, 'home' | 'environment'> & { root: string };

/** Absolute paths of files, each named as seen from `root` where it is inside. @throws RuntimeError usage */
export function attachedFiles(paths: readonly string[], { root, ...around }: Place): SubmittedPart[] {
  let bytes = 0;
  return paths.map((path) => {
    const name = nameIn(root, path);
    const file = openNamed({ ...around, projectRoot: root, ownFiles: [] }, path);
    if ('code' in file) throw refused(file, name);
    try {
      const { size } = file.stats;
      bytes += size;
      if (bytes > MOST_BYTES) throw tooLarge(name, size, bytes);
      return { type: 'file', base64: read(file.fd, name).toString('base64'), name };
    } finally {
      closeSync(file.fd);
    }
  });
}

function nameIn(root: string, path: string): string {
  const inside = relative(root, path);
  return inside.startsWith('..') ? path : inside;
}

function refused({ code, message }: Failure, name: string): RuntimeError {
  if (code !== 'leads_elsewhere') return unreadable(name, message);
  return new RuntimeError('usage', `${name} is not attached: ${message}`, {
    next: 'Name the file itself by its own path, if that is what you mean.',
  });
}

function tooLarge(name: string, size: number, bytes: number): RuntimeError {
  const what = size === bytes ? `${name} has ${size} bytes` : `the files up to ${name} have ${bytes} bytes`;
  return new RuntimeError('usage', `${what}; at most ${MOST_BYTES} go with a message`, {
    next: 'Name what is a text in the message instead: the model can read parts of it. Send the rest in several messages.',
  });
}

function read(fd: number, name: string): Buffer {
  try {
    return readFileSync(fd);
  } catch (cause) {
    throw unreadable(name, (cause as Error).message, cause);
  }
}

function unreadable(name: string, why: string, cause?: unknown): RuntimeError {
  const next = 'Make it readable, or leave it out.';
  return new RuntimeError('usage', `${name} can't be read: ${why}`, { next, cause });
}
