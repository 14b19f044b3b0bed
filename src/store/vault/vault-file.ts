/** The vault's file: read whole, written whole, changed by one process at a time. What is in it: seal.ts. */
import { validate } from '#generated/vault-validator.js';
import { RuntimeError } from '../../contract/errors.ts';
import type { VaultFile } from '../../contract/vault.ts';
import { changeJson, readJson } from '../json-file.ts';
import { isAcceptedKdf } from './seal.ts';
import { vaultPath } from './vault-path.ts';

/** More than the most secrets of the greatest length take. */
const MOST_BYTES = 32 * 1024 * 1024;
/** How long another process may take to change the file: it makes a key meanwhile, or two. */
const PATIENCE_MS = 20_000;
const VERSION = 1;

/** Undefined: there is none. @throws RuntimeError vault_damaged | store_too_new | no_permission | store_unavailable */
export function readVault(home: string): VaultFile | undefined {
  const path = vaultPath(home);
  const file = readJson(path, MOST_BYTES);
  if (file === undefined) return undefined;
  const { found } = file;
  if (isNewer(found)) {
    throw new RuntimeError('store_too_new', `${path} was written by a newer version of runtime.`);
  }
  if (!validate(found)) throw damaged(path, 'it is not what `runtime vault` writes');
  if (!isAcceptedKdf(found.kdf)) throw damaged(path, 'its key derivation is outside of what is accepted');
  if (new Set(found.entries.map(({ name }) => name)).size < found.entries.length) {
    throw damaged(path, 'it has a name twice');
  }
  return found;
}

/**
 * Puts what `change` makes of the vault (undefined: there is none yet) in its place, durably: whatever happens meanwhile,
 * either the old one stands there or the new one. @throws RuntimeError locked | what `readVault` throws | disk_full
 */
export function changeVault(home: string, change: (vault: VaultFile | undefined) => VaultFile): VaultFile {
  return changeJson(vaultPath(home), 'the vault', PATIENCE_MS, () => change(readVault(home)));
}

function damaged(path: string, why: string): RuntimeError {
  return new RuntimeError('vault_damaged', `${path} can't be used: ${why}.`);
}

function isNewer(found: unknown): boolean {
  if (typeof found !== 'object' || found === null || !('v' in found)) return false;
  return typeof found.v === 'number' && found.v > VERSION;
}
