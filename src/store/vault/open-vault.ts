/** A vault that its passphrase has opened: its secrets, and the vault that a change of them makes. */
import { RuntimeError } from '../../contract/errors.ts';
import { MOST_SECRETS, type VaultEntry, type VaultFile } from '../../contract/vault.ts';
import { deriveKey, isSameCheck, newHeader, openEntry, sealEntry, type VaultHeader } from './seal.ts';

export interface OpenVault {
  /** Undefined: there is no such secret. @throws RuntimeError vault_damaged, when its entry isn't what was put there */
  secret(name: string): string | undefined;
  /** All of them that can be read. */
  secrets(): { name: string; value: string }[];
  /** The vault with the secret in it, now (ms UTC). @throws RuntimeError usage, when it is full */
  put(name: string, value: string, now: number): VaultFile;
  /** The vault with the same secrets under another passphrase. @throws RuntimeError vault_damaged */
  rekey(passphrase: string): VaultFile;
  /** The same passphrase for the vault as it is by now; undefined: it has another one. */
  again(vault: VaultFile): OpenVault | undefined;
}

export function newVault(passphrase: string): OpenVault {
  const header = newHeader();
  const { key, check } = deriveKey(passphrase, header);
  return opened({ ...header, check, entries: [] }, key);
}

/** Undefined: the passphrase is another one. */
export function openVault(vault: VaultFile, passphrase: string): OpenVault | undefined {
  const { key, check } = deriveKey(passphrase, headerOf(vault));
  return isSameCheck(check, vault.check) ? opened(vault, key) : undefined;
}

function opened(vault: VaultFile, key: Buffer): OpenVault {
  const header = headerOf(vault);
  const valueOf = (entry: VaultEntry): string => {
    const value = openEntry(key, header, entry);
    if (value !== undefined) return value;
    throw new RuntimeError('vault_damaged', `The vault's entry ${entry.name} is not what was put there.`, {
      next: `Put it there anew with \`runtime vault put ${entry.name}\`, or restore vault.json from a backup.`,
    });
  };
  return {
    secret(name) {
      const entry = vault.entries.find((one) => one.name === name);
      return entry && valueOf(entry);
    },
    secrets: () =>
      vault.entries.flatMap((entry) => {
        const value = openEntry(key, header, entry);
        return value === undefined ? [] : [{ name: entry.name, value }];
      }),
    put(name, value, now) {
      const at = vault.entries.findIndex((one) => one.name === name);
      if (at < 0 && vault.entries.length >= MOST_SECRETS) {
        throw new RuntimeError('usage', `The vault holds ${MOST_SECRETS} secrets: there is no room for another.`, {
          next: 'Take one out with `runtime vault rm`.',
        });
      }
      const created_at = vault.entries[at]?.created_at ?? now;
      const entry = sealEntry(key, header, { name, created_at, changed_at: now }, value);
      const entries = at < 0 ? [...vault.entries, entry] : vault.entries.with(at, entry);
      return { ...vault, entries };
    },
    rekey(passphrase) {
      const next = newHeader(vault.id);
      const { key: other, check } = deriveKey(passphrase, next);
      return { ...next, check, entries: vault.entries.map((entry) => sealEntry(other, next, timesOf(entry), valueOf(entry))) }; // prettier-ignore
    },
    again(now) {
      return now.check === vault.check && now.kdf.salt === vault.kdf.salt && now.id === vault.id
        ? opened(now, key)
        : undefined;
    },
  };
}

function headerOf({ v, id, kdf }: VaultFile): VaultHeader {
  return { v, id, kdf };
}

function timesOf({ name, created_at, changed_at }: VaultEntry) {
  return { name, created_at, changed_at };
}
