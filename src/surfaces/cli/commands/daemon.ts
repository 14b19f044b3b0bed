import { realpathSync } from 'node:fs';
import { isatty } from 'node:tty';
import { toRuntimeError } from '../../../contract/errors.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { startDaemon } from '../../daemon/daemon.ts';
import { createNotify } from '../../daemon/notify.ts';
import { onSignals } from '../../signals.ts';
import { type CommandAction, openForCommand } from '../context.ts';

interface DaemonOptions {
  host?: string;
  port?: string;
}

const STDERR = 2;
/** Whoever waits for the daemon asks first; until then the log is kept. */
const LOG_AFTER_MS = 25;

export const runDaemon: CommandAction<DaemonOptions> = async (context, { host, port, ...options }) => {
  const { io, environment, overrides } = context;
  refuseTools(environment);
  const flags = [
    ...(host === undefined ? [] : [['server.host', host] as const]),
    ...(port === undefined ? [] : [['server.port', port] as const]),
  ];
  const workspace = await openForCommand({ ...context, overrides: new Map([...overrides, ...flags]) }, options, {
    program: 'runtime daemon',
  });
  const daemon = await startDaemon({
    workspace,
    token: environment['RUNTIME_TOKEN'],
    folder: realpathSync('.'),
    stderr: io.stderr,
  });
  const { log, ready } = daemon;
  const notify = createNotify(environment, workspace.clock, (message) => log.warn(message));
  const onTerminal = isatty(STDERR);
  let stops = 0;
  let exitCode = 0;
  const stopListening = onSignals((signal) => {
    // A terminal that is closed says so by the same signal, and isn't there any more.
    if (signal.name === 'SIGHUP' && !(onTerminal && !isatty(STDERR))) return void daemon.reload();
    if (stops++ > 0) exitCode = signal.exitCode;
    notify.stopping();
    // It has ended then, with whatever could not be written.
    daemon.stop().catch((thrown: unknown) => log.error('stop failed', { problem: toRuntimeError(thrown).message }));
  });
  io.stdout.write(`${JSON.stringify(ready)}\n`);
  notify.ready(`Serving ${ready.workspace} at ${ready.url}`);
  workspace.clock.at(workspace.clock.now() + LOG_AFTER_MS, () => void log.open());
  const error = await daemon.ended;
  if (error) log.error('daemon ended', { code: error.code, problem: error.message });
  else log.info('daemon stopped');
  await log.end();
  stopListening();
  if (error) throw error;
  return exitCode;
};
