import { resolve } from 'node:path';
import { systemClock } from '../../../base/clock.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { VaultFile } from '../../../contract/vault.ts';
import { refuseTools } from '../../../engine/caller.ts';
import {
  beginVault, checkSecretName, type Entered, enterVault, existingVault, noSuchSecret, putSecret, rekeyVault, removeSecret,
} from '../../../engine/vault/change.ts'; // prettier-ignore
import { filedPassphrase, readPassphrase } from '../../../engine/vault/passphrase-file.ts';
import { keyringOf, type PassphrasePlace } from '../../../engine/vault/passphrase.ts';
import { passphraseAtHand } from '../../../engine/vault/vault.ts';
import { readVault } from '../../../store/vault/vault-file.ts';
import { visibleText } from '../../terminal/width.ts';
import { askHidden, canAsk, whileHidden } from '../ask-hidden.ts';
import { type CommandAction, type CommandContext, type GlobalOptions, homeOf, loadForCommand } from '../context.ts';
import { type OutputFormat, printRows } from '../listing.ts';
import { isPiped, readPiped } from '../read-input.ts';
import { ago } from '../times.ts';

/** The person left: nothing was changed. */
const LEFT = 130;

/** `vault put` */
export const put: CommandAction<{ keyring?: true }> = async (context, options, name) => {
  const place = await placeOf(context, options);
  checkSecretName(name);
  const entered = await enter(context, place, readVault(place.home));
  if (entered === undefined) return LEFT;
  const value = await secretOf(context, name);
  if (value === undefined) return LEFT;
  const replaced = putSecret(place.home, name, value, entered, systemClock.now());
  if (options.keyring) await keep(place, entered.passphrase);
  context.io.stderr.write(`${name} is in the vault${replaced ? ', in place of what was there' : ''}\n`);
  return 0;
};

/** `vault ls` */
export const list: CommandAction<{ output: OutputFormat }> = async (context, { output }) => {
  refuseTools(context.environment);
  const now = systemClock.now();
  const entries = readVault(homeOf(context))?.entries ?? [];
  await printRows(
    context.io,
    output,
    entries.map(({ name, created_at, changed_at }) => ({ name, created_at, changed_at })),
    [
      { title: 'name', text: (row) => row.name, narrow: 'whole' },
      { title: 'made', text: (row) => ago(row.created_at, now) },
      { title: 'changed', text: (row) => ago(row.changed_at, now) },
    ],
    'the vault is empty',
  );
};

/** `vault rm` */
export const remove: CommandAction<object> = async (context, _options, name) => {
  refuseTools(context.environment);
  removeSecret(homeOf(context), name);
  context.io.stderr.write(`${name} is gone from the vault\n`);
};

/** `vault reveal` */
export const reveal: CommandAction<{ piped?: true }> = async (context, options, name) => {
  const { stdout } = context.io;
  const place = await placeOf(context, options);
  if (!stdout.isTty && !options.piped) {
    throw new RuntimeError('usage', 'Standard output is no terminal: the secret would go elsewhere.', {
      next: `If it is to: \`runtime vault reveal ${name} --piped\`.`,
    });
  }
  const file = existingVault(place.home);
  if (!file.entries.some((entry) => entry.name === name)) throw noSuchSecret(name);
  const entered = await enter(context, place, file);
  if (entered === undefined) return LEFT;
  const value = entered.vault.secret(name)!;
  stdout.write(stdout.isTty ? `${visibleText(value)}\n` : value);
  return 0;
};

/** `vault rekey` */
export const rekey: CommandAction<{ keyring?: boolean; newPassphraseFile?: string }> = async (context, options) => {
  const place = await placeOf(context, options);
  const file = existingVault(place.home);
  const entered = await enter(context, place, file);
  if (entered === undefined) return LEFT;
  const { newPassphraseFile: named } = options;
  const next = named === undefined ? await newPassphrase(context) : readPassphrase(resolve(named));
  if (next === undefined) return LEFT;
  rekeyVault(place.home, entered, next);
  context.io.stderr.write('the vault has the new passphrase\n');
  // An old one that stayed there would only be wrong.
  const kept = (await keyringOf(place)?.lookup(file.id)) === entered.passphrase;
  if (options.keyring || kept) await keep(place, next);
  if (place.config.vault.passphrase_file && filed(place) !== next) {
    context.io.stderr.write('`vault.passphrase_file` still has the old one: write the new one into it\n');
  }
  return 0;
};

async function placeOf(context: CommandContext, options: GlobalOptions): Promise<PassphrasePlace> {
  const { environment } = context;
  refuseTools(environment);
  const { config } = await loadForCommand(context, options);
  return { home: homeOf(context), config, environment, clock: systemClock };
}

/** Opens the vault, or begins one; undefined: the person has had enough. @throws RuntimeError vault_locked | … */
async function enter(
  context: CommandContext,
  place: PassphrasePlace,
  file: VaultFile | undefined,
): Promise<Entered | undefined> {
  const { io } = context;
  if (file === undefined) {
    const passphrase = filedPassphrase(place) ?? (await newPassphrase(context));
    return passphrase === undefined ? undefined : beginVault(passphrase);
  }
  const atHand = await passphraseAtHand(file, place);
  if (atHand) return atHand;
  if (!canAsk(io)) throw nobodyToAsk();
  const typed = await askHidden(io, 'Passphrase of the vault: ');
  return typed === undefined ? undefined : enterVault(file, typed);
}

/** Typed twice: nobody sees what is typed. */
async function newPassphrase({ io }: CommandContext): Promise<string | undefined> {
  if (!canAsk(io)) throw nobodyToAsk();
  return whileHidden(io, async (ask) => {
    for (;;) {
      const first = await ask('New passphrase of the vault: ');
      const again = first === undefined ? undefined : await ask('The same once more: ');
      if (again === undefined || again === first) return again;
      io.stderr.write('They differ. Again, please.\n');
    }
  });
}

async function secretOf({ io }: CommandContext, name: string): Promise<string | undefined> {
  if (isPiped()) return (await readPiped(io)).replace(/\r?\n$/, '');
  if (canAsk(io)) return askHidden(io, `Secret ${name} (it is not shown): `);
  throw new RuntimeError('usage', 'There is nobody to ask for the secret.', {
    next: `Pipe it in: runtime vault put ${name} < file`,
  });
}

function filed(place: PassphrasePlace): string | undefined {
  try {
    return filedPassphrase(place);
  } catch {
    return undefined;
  }
}

async function keep(place: PassphrasePlace, passphrase: string): Promise<void> {
  const { id } = existingVault(place.home);
  if (await keyringOf(place)?.keep(id, passphrase)) return;
  throw new RuntimeError(
    'vault_locked',
    'The passphrase is not in a keyring: none took it. The vault itself is well.',
    {
      next: 'Look that `secret-tool` (on macOS `security`) works here; or name a file in `vault.passphrase_file`.',
    },
  );
}

function nobodyToAsk(): RuntimeError {
  return new RuntimeError('vault_locked', "The vault's passphrase is not at hand, and there is no terminal to ask on.");
}
