import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addModels(program: Command, calls: Calls): void {
  const models = teach(
    program.command('models').description('see the models that can be asked, what they cost and can do'),
    ['runtime models ls', 'runtime models ls --remote', 'runtime models ls -o json'],
    'A model without a price is counted in tokens alone. See docs/models.md.',
  );
  teach(
    models
      .command('ls')
      .description('list the models of the configuration, and those of the catalogue that a key or login reaches'),
    ['runtime models ls', 'runtime models ls --remote', 'runtime models ls -o json'],
  )
    .option('--remote', 'also ask each service that there is a key for which models it has')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/models.ts')).listModels));
}
