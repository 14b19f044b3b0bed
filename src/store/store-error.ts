import { RuntimeError, toRuntimeError } from '../contract/errors.ts';

/** What went wrong with a file of the store, for the border: `doing` says what was attempted, `id` in which session. */
export function storeError(doing: string, thrown: unknown, id?: string): RuntimeError {
  const error = toRuntimeError(thrown);
  if (error === thrown || !(thrown instanceof Error && 'syscall' in thrown)) return error;
  const { code, message } = error;
  const named = isFileError(thrown, 'EFBIG') ? 'disk_full' : code === 'internal' ? 'store_unavailable' : code;
  return new RuntimeError(named, `${doing}: ${message}`, { cause: thrown, ...(id !== undefined && { id }) });
}

/** Is it an error of the file system with this code, as `ENOENT`? */
export function isFileError(thrown: unknown, ...codes: string[]): boolean {
  return thrown instanceof Error && 'code' in thrown && codes.includes(String(thrown.code));
}
