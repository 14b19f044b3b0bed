import { isUtf8 } from 'node:buffer';
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RuntimeError } from '../../contract/errors.ts';

/** A person's file is a hundredth of this; what is larger is something else. */
const LARGEST_FILE = 1 << 20;

/** Where a value came from. */
export type Origin =
  | { from: 'default' }
  | { from: 'file' }
  | { from: 'environment'; variable: string; text: string }
  | { from: 'flag'; text: string };

export interface ConfigFile {
  path: string;
  /** Empty when there is no file. */
  text: string;
  exists: boolean;
}

/** Where the configuration is looked for, unless `--config` says otherwise. */
export function configPath(home: string): string {
  return join(home, 'config.yaml');
}

/**
 * What can be read once only, as `--config <(…)`, has nothing in it the second time, or keeps whoever reads it waiting.
 * @throws RuntimeError config_unreadable
 */
export function refuseStreams(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isFile() || stats.isDirectory()) return;
  throw new RuntimeError('config_unreadable', `can't read ${path} again: it is no file`, {
    next: 'Keep it in a file, or start anew.',
  });
}

/** A file that was named must exist; the usual one need not. @throws RuntimeError config_unreadable | config_invalid */
export function readConfigFile(
  home: string,
  file?: string,
  what: 'configuration' | 'policy' = 'configuration',
): ConfigFile {
  const path = file ?? configPath(home);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    // A link that leads nowhere is no file that isn't wanted: what it denied would be allowed.
    const isLink = missing && lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    if (missing && !isLink && file === undefined) return { path, text: '', exists: false };
    const why = isLink ? 'it is a link to nothing' : missing ? 'there is no such file' : (error as Error).message;
    throw new RuntimeError('config_unreadable', `can't read the ${what} ${path}: ${why}`, {
      ...(what === 'policy' && { next: 'Check the path.' }),
      cause: error,
    });
  }
  if (bytes.length > LARGEST_FILE) throw new RuntimeError('config_invalid', `${path}: is larger than 1 MiB`);
  if (!isUtf8(bytes)) throw new RuntimeError('config_invalid', `${path}: is not UTF-8 text`);
  return { path, text: bytes.toString('utf8'), exists: true };
}
