import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { teach } from './teach.ts';

export function addDaemon(program: Command, calls: Calls): void {
  teach(
    program.command('daemon').description('serve the workspace: HTTP API, all that is accepted, until it is stopped'),
    ['runtime daemon', 'runtime daemon --port 0', 'RUNTIME_TOKEN=… runtime daemon --host 0.0.0.0'],
    'When it is ready it prints one line of JSON with its URL. The token is in daemon.token in RUNTIME_HOME, or in RUNTIME_TOKEN; `runtime token create` makes others.',
  )
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on; 0: any that is free (default: 8080)')
    .action(calls(async () => (await import('../commands/daemon.ts')).runDaemon));
}
