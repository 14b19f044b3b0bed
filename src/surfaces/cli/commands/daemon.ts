import { realpathSync } from 'node:fs';
import { refuseTools } from '../../../engine/caller.ts';
import { startDaemon } from '../../daemon/daemon.ts';
import { onSignals } from '../../signals.ts';
import { type CommandAction, openForCommand } from '../context.ts';

interface DaemonOptions {
  host?: string;
  port?: string;
}

export const runDaemon: CommandAction<DaemonOptions> = async (context, { host, port, ...options }) => {
  const { io, environment, overrides } = context;
  refuseTools(environment);
  const flags = [
    ...(host === undefined ? [] : [['server.host', host] as const]),
    ...(port === undefined ? [] : [['server.port', port] as const]),
  ];
  const workspace = await openForCommand({ ...context, overrides: new Map([...overrides, ...flags]) }, options);
  const daemon = await startDaemon({
    workspace,
    token: environment['RUNTIME_TOKEN'],
    folder: realpathSync('.'),
    warn: (message) => io.stderr.write(`warning: ${message}\n`),
  });
  let exitCode = 0;
  const stopListening = onSignals((signal, times) => {
    if (times > 1) exitCode = signal.exitCode;
    void daemon.stop();
  });
  io.stdout.write(`${JSON.stringify(daemon.ready)}\n`);
  const error = await daemon.ended;
  stopListening();
  if (error) throw error;
  return exitCode;
};
