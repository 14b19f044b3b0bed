import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addTrust(program: Command, calls: Calls): void {
  teach(
    program.command('trust').description('let the agent be told what files of a folder say (AGENTS.md)'),
    ['runtime trust', 'runtime trust ~/src/project', 'runtime trust --yes', 'runtime trust --remove'],
    'Shows each such file that is new or changed since, and asks. What was not trusted is not told to any model. An agent may not trust files for itself.',
  )
    .argument('[folder]', 'default: the current one')
    .option('-y, --yes', 'trust them as they are, unasked')
    .option('--remove', 'trust none of them any more')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/trust.ts')).trust));
}
