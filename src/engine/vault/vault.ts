/**
 * The vault as those use it who need a secret: opened when the first one is asked for, and once as long as it has the same
 * passphrase. What is put there, changed or taken out meanwhile holds at once.
 */
import { RuntimeError } from '../../contract/errors.ts';
import { OF_THE_VAULT } from '../../contract/secret-name.ts';
import type { VaultFile } from '../../contract/vault.ts';
import { fileStamp } from '../../store/files.ts';
import { openVault, type OpenVault } from '../../store/vault/open-vault.ts';
import { readVault } from '../../store/vault/vault-file.ts';
import { vaultPath } from '../../store/vault/vault-path.ts';
import { filedPassphrase } from './passphrase-file.ts';
import { keyringOf, type PassphrasePlace, wrongPassphrase } from './passphrase.ts';

export interface Vault {
  /** @throws RuntimeError secret_missing | vault_locked | passphrase_wrong | vault_damaged | store_too_new | … */
  secret(name: string): Promise<string>;
  /** Does somebody have to be asked for the passphrase? */
  isLocked(): Promise<boolean>;
  /** With what a person typed. @throws RuntimeError passphrase_wrong | … */
  unlock(passphrase: string): void;
}

export interface VaultOptions extends Omit<PassphrasePlace, 'config'> {
  /** The one in force now. */
  config: () => PassphrasePlace['config'];
  /** Told of what the vault holds as soon as it is open: all of that is secret. */
  learned: (secrets: { name: string; value: string }[]) => void;
}

interface Opened {
  vault: OpenVault;
  /** Absent: it was learned before. */
  passphrase?: string;
}

export function createVault({ config, learned, ...around }: VaultOptions): Vault {
  const { home } = around;
  let current: { vault: OpenVault; stamp: string | undefined } | undefined;
  let opening: Promise<OpenVault> | undefined;

  function use({ vault, passphrase }: Opened, stamp: string | undefined): OpenVault {
    current = { vault, stamp };
    const held = vault.secrets().map(({ name, value }) => ({ name: name + OF_THE_VAULT, value }));
    learned([...held, ...(passphrase === undefined ? [] : [{ name: 'passphrase of the vault', value: passphrase }])]);
    return vault;
  }

  async function opened(): Promise<OpenVault> {
    const stamp = fileStamp(vaultPath(home)); // before it is read: what changes meanwhile is read once more
    if (current && current.stamp === stamp) return current.vault;
    const file = readVault(home);
    if (file === undefined) throw noVault();
    const again = current?.vault.again(file);
    return use(again ? { vault: again } : await openAlone(file, { ...around, config: config() }), stamp);
  }

  return {
    async secret(name) {
      opening ??= opened().finally(() => (opening = undefined));
      const value = (await opening).secret(name);
      if (value !== undefined) return value;
      throw new RuntimeError('secret_missing', `The vault has no secret ${name}.`, {
        next: `Put it there with \`runtime vault put ${name}\`.`,
      });
    },
    async isLocked() {
      if (readVault(home) === undefined) return false;
      return opened().then(
        () => false,
        (thrown: unknown) => thrown instanceof RuntimeError && thrown.code === 'vault_locked',
      );
    },
    unlock(passphrase) {
      const stamp = fileStamp(vaultPath(home));
      const file = readVault(home);
      if (file === undefined) throw noVault();
      const vault = openVault(file, passphrase);
      if (vault === undefined) throw wrongPassphrase();
      use({ vault, passphrase }, stamp);
    },
  };
}

function noVault(): RuntimeError {
  return new RuntimeError('secret_missing', 'There is no vault yet.', {
    next: 'Make one by putting a secret there: `runtime vault put <name>`.',
  });
}

/** Without asking anybody. @throws RuntimeError vault_locked | passphrase_wrong | … */
async function openAlone(file: VaultFile, place: PassphrasePlace): Promise<Opened> {
  const found = await passphraseAtHand(file, place);
  if (found) return found;
  throw new RuntimeError('vault_locked', 'The vault is locked: its passphrase is not at hand.');
}

/**
 * The passphrase that a file or the keyring has for the vault. A file that is configured must have the right one; what is in a
 * keyring may be left from another time. @throws RuntimeError vault_locked | passphrase_wrong | …
 */
export async function passphraseAtHand(
  file: VaultFile,
  place: PassphrasePlace,
): Promise<{ vault: OpenVault; passphrase: string; keyring: boolean } | undefined> {
  const filed = filedPassphrase(place);
  if (filed !== undefined) {
    const vault = openVault(file, filed);
    if (vault === undefined) throw wrongPassphrase(` in \`vault.passphrase_file\``);
    return { vault, passphrase: filed, keyring: false };
  }
  const passphrase = await keyringOf(place)?.lookup(file.id);
  const vault = passphrase === undefined ? undefined : openVault(file, passphrase);
  return vault && { vault, passphrase: passphrase!, keyring: true };
}
