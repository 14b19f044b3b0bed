import { spawnSync } from 'node:child_process';
import { pathOutside } from '../../../base/path-outside.ts';
import { chmodSync, existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseDuration } from '../../../base/duration.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { logPath } from '../../daemon/log/daemon-log.ts';
import { launchdService } from '../../service/launchd.ts';
import type { ServiceKind } from '../../service/service.ts';
import { systemdService } from '../../service/systemd.ts';
import { type CommandAction, type CommandContext, type GlobalOptions, homeOf, loadForCommand } from '../context.ts';
import { type OutputFormat, printValue } from '../listing.ts';
import { rootOf } from '../root-flag.ts';

const FAILED = 1;
/** Beyond the patience with turns: for tools to be ended and files to be written. */
const STOP_MORE_S = 15;

/** `service install`. Exit code 1: the description is written, and the system's manager did not take it. */
export const installService: CommandAction<{ print?: true; root?: string }> = async (context, options) => {
  const { io, environment } = context;
  const service = await serviceOf(context, options);
  if (options.print) return io.stdout.write(service.text);
  refuseTools(environment);
  mkdirSync(dirname(service.path), { recursive: true });
  writeFileSync(service.path, service.text, { mode: 0o644 });
  chmodSync(service.path, 0o644); // also of one that was there
  io.stdout.write(`wrote ${service.path}\n`);
  return runAll(context, service.start, `${service.name} runs, and starts with your session`);
};

/** `service uninstall` */
export const uninstallService: CommandAction<object> = async (context, options) => {
  refuseTools(context.environment);
  const service = await serviceOf(context, options);
  if (!existsSync(service.path)) throw new RuntimeError('not_found', `There is no service at ${service.path}.`, { next: 'Make one with `runtime service install`.' }); // prettier-ignore
  const code = runAll(context, service.stop, `${service.name} has stopped`);
  rmSync(service.path);
  context.io.stdout.write(`removed ${service.path}\n`);
  return code;
};

/** `service status`. Exit code 1: it isn't installed, or doesn't run. */
export const showService: CommandAction<{ output: OutputFormat }> = async (context, options) => {
  const { io } = context;
  const { name, path, look } = await serviceOf(context, options);
  const installed = existsSync(path);
  const { ok, said } = run(context, look);
  const state = said.split('\n')[0]!.trim();
  if (options.output !== 'table') await printValue(io, options.output, { name, path, installed, running: ok, state });
  else {
    io.stdout.write(
      `${name}  ${installed ? 'installed' : 'not installed'}  ${ok ? 'running' : `not running: ${state}`}\n`,
    );
    io.stdout.write(`${path}\n`);
  }
  return installed && ok ? 0 : FAILED;
};

async function serviceOf(context: CommandContext, options: GlobalOptions & { root?: string }): Promise<ServiceKind> {
  const { environment } = context;
  const { config } = await loadForCommand(context, options);
  const home = resolve(homeOf(context));
  const { workspace } = config.store;
  const user = environment['HOME'];
  if (!user) throw new RuntimeError('usage', 'HOME is not set.', { next: 'Set it to your home folder.' });
  const spec = {
    workspace,
    command: [
      launcher(),
      ...(options.config === undefined ? [] : ['--config', resolve(options.config)]),
      '--workspace',
      workspace,
      'daemon',
      '--log.file',
      logPath(home, config),
      // Named here it goes before what the configuration says.
      ...(options.root === undefined ? [] : ['--daemon.project_root', rootOf(options.root)]),
    ],
    folder: realpathSync('.'),
    environment: { RUNTIME_HOME: home, PATH: environment['PATH'] ?? '/usr/bin:/bin' },
    environmentFile: join(home, 'daemon.env'),
    stopSeconds: Math.ceil(parseDuration(config.daemon.shutdown_timeout)! / 1000) + STOP_MORE_S,
  };
  if (process.platform === 'darwin') return launchdService(spec, user, process.getuid!());
  return systemdService(spec, environment['XDG_CONFIG_HOME'] || join(user, '.config'));
}

/** `bin/runtime` beside the built program. */
function launcher(): string {
  return realpathSync(join(dirname(realpathSync(process.argv[1]!)), '../bin/runtime'));
}

/** Stops at the first that fails, and says what to do. */
function runAll(context: CommandContext, lines: readonly (readonly string[])[], done: string): number {
  const { io } = context;
  for (const [at, line] of lines.entries()) {
    const { ok, said } = run(context, line);
    if (ok) continue;
    io.stderr.write(`${line[0]} did not: ${said.trim()}\n`);
    for (const left of lines.slice(at)) io.stderr.write(`next: ${left.join(' ')}\n`);
    return FAILED;
  }
  io.stdout.write(`${done}\n`);
  return 0;
}

function run({ environment }: CommandContext, [program, ...args]: readonly string[]): { ok: boolean; said: string } {
  const { status, stdout, stderr, error } = spawnSync(program!, args, {
    encoding: 'utf8',
    env: { ...environment, PATH: pathOutside(environment) },
  });
  return { ok: status === 0, said: error?.message ?? (stdout + stderr || `ended with ${status}`) };
}
