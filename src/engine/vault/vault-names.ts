import type { Environment } from '../../base/environment.ts';
import { readVault } from '../../store/vault/vault-file.ts';
import { runtimeHome } from '../config/home.ts';

/** For who only tells of it: in a vault that can't be read is nothing. */
export function isInVault(name: string, environment: Environment): boolean {
  try {
    return readVault(runtimeHome(environment))?.entries.some((entry) => entry.name === name) ?? false;
  } catch {
    return false;
  }
}
