/** Errors of the file system in Node's shape. */
const WORDS = {
  ENOENT: 'no such file or directory',
  EEXIST: 'file already exists',
  ELOOP: 'too many symbolic links encountered',
  ENOTDIR: 'not a directory',
  EISDIR: 'illegal operation on a directory',
  EACCES: 'permission denied',
  EBADF: 'bad file descriptor',
  ENOSPC: 'no space left on device',
  EIO: 'i/o error',
} as const;

const NUMBERS: Record<keyof typeof WORDS, number> = {
  ENOENT: -2, EEXIST: -17, ELOOP: -40, ENOTDIR: -20, EISDIR: -21, EACCES: -13, EBADF: -9, ENOSPC: -28, EIO: -5,
}; // prettier-ignore

export type FileErrorCode = keyof typeof WORDS;

export function fileError(code: FileErrorCode, syscall: string, path?: string): NodeJS.ErrnoException {
  const named = path === undefined ? '' : ` '${path}'`;
  const error: NodeJS.ErrnoException = new Error(`${code}: ${WORDS[code]}, ${syscall}${named}`);
  error.code = code;
  error.errno = NUMBERS[code];
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  return error;
}
