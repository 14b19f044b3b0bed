import type { Command } from 'commander';
import { RuntimeError } from '../../../contract/errors.ts';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addVault(program: Command, calls: Calls): void {
  const vault = teach(
    program.command('vault').description('keep keys and other secrets encrypted, under one passphrase'),
    ['runtime vault put openai', 'runtime vault ls', 'runtime vault rm openai'],
    'A model takes its key from there with `api_key_vault: openai` in models.registry. The passphrase is typed, or stands in the file that vault.passphrase_file names, or in the keyring of the system. See docs/vault.md.',
  );
  teach(
    vault.command('put').description('put a secret there; it is typed without being shown, or piped in'),
    ['runtime vault put openai', 'runtime vault put openai < key.txt'],
    'Never on the command line: that stays in the history of the shell, and others see it among the processes. The first secret makes the vault, and asks for its passphrase.',
  )
    .argument('<name>', 'what it is called in the configuration')
    .option('--keyring', 'keep the passphrase in the keyring of the system')
    .allowExcessArguments(true)
    .hook('preAction', (_, { args }) => {
      if (args.length > 1) throw secretAsArgument();
    })
    .action(calls(async () => (await import('../commands/vault.ts')).put));
  teach(vault.command('ls').description('list what is there: names and times, no secret'), [
    'runtime vault ls',
    'runtime vault ls -o json',
  ])
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/vault.ts')).list));
  teach(vault.command('rm').description('take a secret out'), ['runtime vault ls', 'runtime vault rm openai'])
    .argument('<name>', 'name of the secret')
    .action(calls(async () => (await import('../commands/vault.ts')).remove));
  teach(vault.command('reveal').description('show a secret, on a terminal'), [
    'runtime vault reveal openai',
    'runtime vault reveal openai --piped | other-program',
  ])
    .argument('<name>', 'name of the secret')
    .option('--piped', 'also where standard output is no terminal; nothing is added to it')
    .action(calls(async () => (await import('../commands/vault.ts')).reveal));
  teach(
    vault.command('rekey').description('give the vault another passphrase'),
    ['runtime vault rekey', 'runtime vault rekey --new-passphrase-file new.txt'],
    'Every secret is encrypted anew. Killed in the middle, the vault has the one passphrase or the other. A backup from before still opens with the old one: if that is known to others, change the secrets, too.',
  )
    .option('--new-passphrase-file <file>', 'read it from there; default: ask for it')
    .option('--keyring', 'keep it in the keyring of the system')
    .action(calls(async () => (await import('../commands/vault.ts')).rekey));
}

/** Without the value: what is said may be kept, too. */
function secretAsArgument(): RuntimeError {
  return new RuntimeError(
    'usage',
    'A secret is not given on the command line: others see it there, and the shell keeps it.',
    {
      next: 'Give only the name; the secret is asked for, or piped in. Take what you typed for known, and make it anew.',
    },
  );
}
