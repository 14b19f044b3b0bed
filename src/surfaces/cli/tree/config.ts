import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addConfig(program: Command, calls: Calls): void {
  const config = teach(program.command('config').description('write, see and check the configuration'), [
    'runtime config init',
    'runtime config view --origin',
    'runtime config path',
  ]);
  teach(
    config
      .command('init')
      .description('write a commented configuration, with the keys and local models that are found'),
    ['runtime config init', 'runtime config init --config ./ci.yaml', 'runtime config init --force'],
  )
    .option('--force', 'replace an existing file; its content is kept beside it as .bak')
    .action(calls(async () => (await import('../commands/config-init.ts')).initialiseConfig));
  teach(config.command('view').description('print the configuration that applies, without secrets'), [
    'runtime config view',
    'runtime config view --origin',
    'runtime config view --budget.turn.cost 5',
  ])
    .option('--origin', 'say of each value where it comes from: default, file and line, variable or flag')
    .addOption(outputOption('yaml', 'json'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/config-view.ts')).viewConfig));
  teach(config.command('schema').description('print the JSON schema of the configuration, for editors'), [
    'runtime config schema',
    'runtime config schema >runtime.schema.json',
  ]).action(calls(async () => (await import('../commands/config-schema.ts')).printSchema));
  teach(config.command('path').description('print the path of the configuration file'), [
    'runtime config path',
    '"$EDITOR" "$(runtime config path)"',
  ]).action(calls(async () => (await import('../commands/config-path.ts')).printPath));
}
