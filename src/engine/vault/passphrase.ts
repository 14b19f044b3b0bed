/** The vault's passphrase: where it is kept, and what it must be. */
import { createKeyring, type Keyring } from '../../adapters/vault/keyring.ts';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import type { Config } from '../../contract/config.ts';
import { RuntimeError } from '../../contract/errors.ts';

export interface PassphrasePlace {
  home: string;
  config: Config;
  environment: Environment;
  clock: Clock;
}

/** Shorter ones are guessed too soon. */
const LEAST_CHARACTERS = 8;

/** Undefined: it isn't to be used. */
export function keyringOf({ config, environment, clock }: PassphrasePlace): Keyring | undefined {
  return config.vault.keyring === 'off' ? undefined : createKeyring({ environment, clock });
}

/** @throws RuntimeError usage, when it is too short for a new vault */
export function checkNewPassphrase(passphrase: string): void {
  if ([...passphrase].length >= LEAST_CHARACTERS) return;
  throw new RuntimeError('usage', `The passphrase is too short: it takes ${LEAST_CHARACTERS} characters at least.`, {
    next: 'Take some words that nobody would guess.',
  });
}

export function wrongPassphrase(where = ''): RuntimeError {
  const message = `The passphrase${where} is not that of this vault (or the vault's file was changed by hand).`;
  return new RuntimeError('passphrase_wrong', message);
}
