/** What a person does with the vault. */
import { RuntimeError } from '../../contract/errors.ts';
import { SECRET_NAME } from '../../contract/secret-name.ts';
import type { VaultFile } from '../../contract/vault.ts';
import { newVault, openVault, type OpenVault } from '../../store/vault/open-vault.ts';
import { changeVault, readVault } from '../../store/vault/vault-file.ts';
import { checkNewPassphrase, wrongPassphrase } from './passphrase.ts';

/** A private key has some 3 KiB. */
const MOST_VALUE_BYTES = 16 * 1024;

/** The vault as it was opened, or as it would be made. */
export interface Entered {
  vault: OpenVault;
  passphrase: string;
}

/** @throws RuntimeError usage */
export function checkSecretName(name: string): void {
  if (SECRET_NAME.test(name)) return;
  throw new RuntimeError('usage', 'That is no name of a secret.', {
    next: 'Choose one of letters, digits and . _ -, beginning with a letter or digit, at most 64.',
  });
}

/** @throws RuntimeError usage, when it is too short */
export function beginVault(passphrase: string): Entered {
  checkNewPassphrase(passphrase);
  return { vault: newVault(passphrase), passphrase };
}

/** @throws RuntimeError passphrase_wrong */
export function enterVault(file: VaultFile, passphrase: string): Entered {
  const vault = openVault(file, passphrase);
  if (vault === undefined) throw wrongPassphrase();
  return { vault, passphrase };
}

/** Gives whether there was one of that name. @throws RuntimeError usage | passphrase_wrong | locked | vault_damaged | … */
export function putSecret(
  home: string,
  name: string,
  value: string,
  { vault, passphrase }: Entered,
  now: number,
): boolean {
  if (value === '')
    throw new RuntimeError('usage', 'The secret is empty.', { next: 'Type it, or pipe it into the command.' });
  if (Buffer.byteLength(value) > MOST_VALUE_BYTES) {
    throw new RuntimeError('usage', `The secret is longer than ${MOST_VALUE_BYTES / 1024} KiB.`, {
      next: 'Keep it in a file elsewhere, and what opens that in the vault.',
    });
  }
  let replaced = false;
  changeVault(home, (file) => {
    replaced = file?.entries.some((entry) => entry.name === name) ?? false;
    // Another process may have made the vault, or put something there, since this one was opened.
    const open = file === undefined ? vault : (vault.again(file) ?? enterVault(file, passphrase).vault);
    return open.put(name, value, now);
  });
  return replaced;
}

/** Needs no passphrase: whoever may write the file can take an entry out in any case. @throws RuntimeError not_found | … */
export function removeSecret(home: string, name: string): void {
  changeVault(home, (file) => {
    const left = file?.entries.filter((entry) => entry.name !== name) ?? [];
    if (file === undefined || left.length === file.entries.length) throw noSuchSecret(name);
    return { ...file, entries: left };
  });
}

/** @throws RuntimeError usage | passphrase_wrong | not_found | vault_damaged | locked | … */
export function rekeyVault(home: string, { vault, passphrase }: Entered, next: string): void {
  checkNewPassphrase(next);
  changeVault(home, (file) => {
    if (file === undefined) throw noVaultYet();
    return (vault.again(file) ?? enterVault(file, passphrase).vault).rekey(next);
  });
}

/** @throws RuntimeError not_found | vault_damaged | … */
export function existingVault(home: string): VaultFile {
  const file = readVault(home);
  if (file === undefined) throw noVaultYet();
  return file;
}

export function noSuchSecret(name: string): RuntimeError {
  return new RuntimeError('not_found', `The vault has no secret ${name}.`, {
    next: 'See them with `runtime vault ls`.',
  });
}

function noVaultYet(): RuntimeError {
  return new RuntimeError('not_found', 'There is no vault yet.', {
    next: 'Make one by putting a secret there: `runtime vault put <name>`.',
  });
}
