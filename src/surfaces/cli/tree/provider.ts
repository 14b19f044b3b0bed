import { Argument, type Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addProvider(program: Command, calls: Calls): void {
  const provider = teach(
    program.command('provider').description('see by which keys and logins models are asked; try them, log in and out'),
    ['runtime provider ls', 'runtime provider test', 'runtime provider login openai-codex'],
    'Keys are never shown. See docs/models.md.',
  );
  teach(provider.command('ls').description('list the providers that are configured or found, and their keys'), [
    'runtime provider ls',
    'runtime provider ls -o json',
  ])
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/provider.ts')).listProviders));
  teach(
    provider.command('test').description('ask a model once, and say whether it answers'),
    ['runtime provider test', 'runtime provider test openai-codex', 'runtime provider test local'],
    'Exit code 0: it answers; 4: the key or login is missing or refused; 1: it does not answer.',
  )
    .argument('[name]', 'a provider, or a model as --model takes it (default: the model that answers)')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/provider.ts')).testProvider));
  teach(
    provider.command('login').description('log in with ChatGPT, whose plan then pays for the model'),
    [
      'runtime provider login openai-codex',
      'runtime provider login openai-codex --device      # type a code on another device',
      'runtime provider login openai-codex --no-browser  # open the address yourself',
    ],
    'Where no browser can be opened, a code is given to type on another device. The login is renewed by itself.',
  )
    .addArgument(new Argument('<provider>', 'whom to log in with').choices(['openai-codex']))
    .option('--device', 'give a code to type on another device')
    .option('--no-browser', 'only print the address; where the browser ends can be pasted here')
    .action(calls(async () => (await import('../commands/provider-login.ts')).logIn));
  teach(provider.command('logout').description('end the login, here and at the provider'), [
    'runtime provider ls',
    'runtime provider logout openai-codex',
  ])
    .addArgument(new Argument('<provider>', 'whose login to end').choices(['openai-codex']))
    .action(calls(async () => (await import('../commands/provider-login.ts')).logOutOf));
}
