/** What went wrong, as a value; and what the system says of files in such words. */
import { basename } from 'node:path';

/** A failure as a value: a stable code and what to tell the model. */
export interface Failure {
  code: string;
  message: string;
}

/** What the system says with a path of its own in it, in words that a model can use. */
const WORDS: Record<string, string> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};

const CODES: Record<string, string> = {
  ENOSPC: 'disk_full',
  EDQUOT: 'disk_full',
  EACCES: 'no_permission',
  EPERM: 'no_permission',
  EROFS: 'no_permission',
  ENOENT: 'not_found',
  ENOTDIR: 'not_a_folder',
  EISDIR: 'not_a_file',
  ELOOP: 'changed',
};

/** The file's own name; where it lies is the machine's business. */
function nameOf(thrown: unknown): string {
  const path = thrown instanceof Error && 'path' in thrown ? thrown.path : undefined;
  return typeof path === 'string' ? `: ${basename(path)}` : '';
}

/** An error of the system as a failure. */
export function failureOf(thrown: unknown): Failure {
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  const errno = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const code = CODES[errno] ?? (errno === '' ? 'internal' : errno.toLowerCase());
  const message = WORDS[errno] === undefined ? said : `${WORDS[errno]}${nameOf(thrown)}`;
  return { code, message: code === 'disk_full' ? `disk full: ${message}` : message };
}
