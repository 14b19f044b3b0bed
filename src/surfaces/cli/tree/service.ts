import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addService(program: Command, calls: Calls): void {
  const service = teach(
    program.command('service').description('let the system run the daemon: a systemd user unit, or a launchd agent'),
    ['runtime service install', 'runtime service status', 'runtime service uninstall'],
    'How it is set up, and where keys of models go: docs/daemon.md.',
  );
  teach(
    service.command('install').description('write the description of the service, start it now and with every session'),
    ['runtime service install', 'runtime service install --root ~/project', 'runtime service install --print'],
    'It holds no secret: keys of models go into config.yaml or daemon.env in RUNTIME_HOME. Exit code 1: it is written, and the system did not take it.',
  )
    .option('--root <folder>', 'project folder of sessions that the daemon makes (default: the current one)')
    .option('--print', 'only print the description')
    .action(calls(async () => (await import('../commands/service.ts')).installService));
  teach(service.command('uninstall').description('stop the service and remove its description'), [
    'runtime service uninstall',
    'runtime service uninstall --workspace other',
  ]).action(calls(async () => (await import('../commands/service.ts')).uninstallService));
  teach(
    service.command('status').description('say whether the service is installed and runs'),
    ['runtime service status', 'runtime service status -o json'],
    'Exit code 1: it is not, or does not. What the daemon is doing: runtime daemon status.',
  )
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/service.ts')).showService));
}
