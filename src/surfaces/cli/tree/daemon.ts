import { Option, type Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addDaemon(program: Command, calls: Calls): void {
  const daemon = teach(
    program.command('daemon').description('serve the workspace: HTTP API, all that is accepted, until it is stopped'),
    ['runtime daemon', 'runtime daemon --port 0', 'RUNTIME_TOKEN=… runtime daemon --host 0.0.0.0'],
    'When it is ready it prints one line of JSON with its URL. The token is in daemon.token in RUNTIME_HOME, or in RUNTIME_TOKEN; `runtime token create` makes others. SIGTERM stops it, SIGHUP lets it read its configuration again.',
  )
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on; 0: any that is free (default: 8080)')
    .action(calls(async () => (await import('../commands/daemon.ts')).runDaemon));
  teach(
    daemon.command('status').description('say whether a daemon serves the workspace, where, and what it is doing'),
    ['runtime daemon status', 'runtime daemon status -o json'],
    'Exit code 1: none does.',
  )
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/daemon-status.ts')).showDaemon));
  teach(
    daemon
      .command('stop')
      .description('stop the daemon: its turns reach a safe point, the rest goes on at the next start'),
    ['runtime daemon stop', 'runtime daemon stop --timeout 5m', 'runtime daemon stop --now'],
    'Exit code 1: none runs. 3: it was still stopping when the time was over.',
  )
    .option('--timeout <duration>', 'how long to wait for its end', '60s')
    .option('--now', 'do not wait for turns; nothing is lost by that')
    .action(calls(async () => (await import('../commands/daemon-stop.ts')).stopDaemon));
  teach(
    daemon.command('logs').description('show the log file of the daemon'),
    ['runtime daemon logs', 'runtime daemon logs -f --level warn', 'runtime daemon logs -n 1000 -o json'],
    'It has a file when `log.file` names one, and as a service.',
  )
    .option('-f, --follow', 'go on with the lines that come')
    .option('-n, --lines <count>', 'how many lines', '100')
    .addOption(
      new Option('--level <level>', 'this and all that is worse')
        .choices(['error', 'warn', 'info', 'debug'])
        .default('debug'),
    )
    .addOption(outputOption('table', 'json'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/daemon-logs.ts')).showLogs));
}
