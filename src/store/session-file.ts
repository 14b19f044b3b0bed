/** Ids from outside never become paths unchecked: what a session's file and a workspace's folder are called. */
import { sha256 } from '../base/digest.ts';
import { RuntimeError } from '../contract/errors.ts';
import { SESSION_ID } from '../contract/session-id.ts';

/** Safe as a name on every file system, also where case doesn't count. */
const SAFE_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const HASHED_NAME = /^h-[0-9a-f]{32}$/;
const HASH_DIGITS = 32;

/**
 * The file name of a session's journal, without `.jsonl`: the id where it is safe as a name, else `h-` and 32 digits of
 * its hash. An id that looks like a hashed name is hashed itself, so that no two ids share a file.
 * @throws RuntimeError invalid_id
 */
export function sessionFileName(id: string): string {
  if (!SESSION_ID.test(id)) throw new RuntimeError('invalid_id', `${show(id)} is no session id.`);
  return SAFE_NAME.test(id) && !HASHED_NAME.test(id) ? id : `h-${sha256(id).slice(0, HASH_DIGITS)}`;
}

/** Is this the file name of the session's journal? Never throws: the id may be anything. */
export function isFileOf(name: string, id: string): boolean {
  return SESSION_ID.test(id) && sessionFileName(id) === name;
}

/** Is it the name of a journal, and does it hide the session's id? Undefined: no journal has such a name. */
export function sessionFileKind(name: string): 'plain' | 'hashed' | undefined {
  if (HASHED_NAME.test(name)) return 'hashed';
  return SAFE_NAME.test(name) ? 'plain' : undefined;
}

/** The folder name of a workspace: its id. @throws RuntimeError invalid_id */
export function workspaceFolderName(id: string): string {
  if (SAFE_NAME.test(id)) return id;
  throw new RuntimeError('invalid_id', `${show(id)} is no workspace id.`, {
    next: 'Use lower-case letters, digits, _ and -, beginning with a letter or digit, at most 64.',
  });
}

const SHOWN_CHARACTERS = 80;

function show(id: string): string {
  return JSON.stringify(id.length > SHOWN_CHARACTERS ? `${id.slice(0, SHOWN_CHARACTERS)}…` : id);
}
