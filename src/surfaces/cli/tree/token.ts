import { type Command, Option } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addToken(program: Command, calls: Calls): void {
  const token = teach(
    program.command('token').description('make, list and take back tokens with which others speak to the daemon'),
    ['runtime token create ci --role member --expires 30d', 'runtime token ls', 'runtime token revoke ci'],
    'A daemon that runs knows of a change at once.',
  );
  teach(
    token.command('create').description('make a token, and print it: it is shown this once'),
    ['runtime token create dashboard', 'runtime token create ci --role member --expires 30d'],
    'viewer: reads everything; member: also sends messages; operator: also answers approvals and changes the workspace.',
  )
    .argument('<name>', 'who it is for; what is done with it is recorded under this name')
    .addOption(
      new Option('--role <role>', 'what it lets do')
        .choices(['viewer', 'member', 'operator', 'admin'])
        .default('viewer'),
    )
    .option('--expires <duration>', 'how long it is good, as 12h or 30d (default: until it is revoked)')
    .action(calls(async () => (await import('../commands/token.ts')).create));
  teach(token.command('ls').description('list the tokens'), ['runtime token ls', 'runtime token ls -o json'])
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/token.ts')).list));
  teach(token.command('revoke').description('take a token back: it is good for nothing any more'), [
    'runtime token ls',
    'runtime token revoke ci',
  ])
    .argument('<name>', 'name of the token')
    .action(calls(async () => (await import('../commands/token.ts')).revoke));
}
