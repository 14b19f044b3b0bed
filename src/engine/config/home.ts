import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Environment } from '../../base/environment.ts';

/** The folder of everything the program keeps: `RUNTIME_HOME`, else `~/.runtime`. An absolute path; it need not exist. */
export function runtimeHome(environment: Environment): string {
  const given = environment['RUNTIME_HOME'];
  return given ? resolve(given) : join(environment['HOME'] || homedir(), '.runtime');
}
