import type { Environment } from '../../base/environment.ts';
import { RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import { runtimeHome } from '../../engine/config/home.ts';
import type { LoadedConfig } from '../../engine/config/load.ts';
import type { Workspace, WorkspaceRequest } from '../../engine/wire.ts';
import type { Io } from './io.ts';

const EMPTY_FILE = '/dev/null';

/** What a command is given beside its arguments. */
export interface CommandContext {
  io: Io;
  environment: Environment;
  /** Configuration keys set by flags. */
  overrides: ReadonlyMap<string, string>;
}

/** Options that every command takes. */
export interface GlobalOptions {
  config?: string;
  workspace?: string;
}

/** Gives the exit code; nothing: 0. */
export type CommandAction<Options> = (
  context: CommandContext,
  options: Options & GlobalOptions,
  ...args: string[]
) => Promise<number | void>;

/** Which workspace and configuration the command is about. */
export function workspaceRequest({ environment, overrides }: CommandContext, options: GlobalOptions): WorkspaceRequest {
  const { config, workspace } = options;
  return {
    environment,
    overrides: workspace === undefined ? overrides : new Map([...overrides, ['store.workspace', workspace]]),
    ...(config !== undefined && { file: config }),
  };
}

/** A command for the person to type next, about the same workspace and configuration. */
export function nextCommand({ overrides }: CommandContext, options: GlobalOptions, command: string): string {
  return ['runtime', command, ...placeFlags(overrides, options)].join(' ');
}

/** The error with a next step whose commands are about the same workspace and configuration. */
export function inSamePlace({ overrides }: CommandContext, options: GlobalOptions, error: RuntimeError): RuntimeError {
  const flags = placeFlags(overrides, options);
  const next = error.next.replaceAll(ABOUT_A_PLACE, (command) =>
    command.endsWith(' --help') || flags.every((flag) => command.includes(flag))
      ? command
      : `${command} ${flags.join(' ')}`,
  );
  return next === error.next ? error : new RuntimeError(error.code, error.message, { next, cause: error });
}

/** Behind a backtick, as far as the next one. */
const ABOUT_A_PLACE =
  /(?<=`)runtime (?:run|session|approve|approvals|deny|policy|config view|daemon|doctor|store|cron)(?: [^`]*)?(?=`)/g;

function placeFlags(overrides: CommandContext['overrides'], { config, workspace }: GlobalOptions): string[] {
  const named = workspace ?? overrides.get('store.workspace');
  const flags = [
    ...(named === undefined ? [] : ['--workspace', named]),
    ...(config === undefined ? [] : ['--config', config]),
  ];
  return flags.map(shellWord);
}

/** As a shell takes it for one word. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Opens the workspace; what is odd about its configuration but not wrong is said on standard error. */
export async function openForCommand(
  context: CommandContext,
  options: GlobalOptions,
  more: Pick<WorkspaceRequest, 'program'> = {},
): Promise<Workspace> {
  const { openWorkspace } = await import('../../engine/wire.ts');
  const workspace = await openWorkspace({ ...workspaceRequest(context, options), ...more });
  sayWarnings(context.io, workspace.loaded);
  return workspace;
}

/** For who only reads the records: a configuration that can't be used is a warning. */
export async function openRecords(context: CommandContext, options: GlobalOptions): Promise<Workspace> {
  try {
    return await openForCommand(context, options);
  } catch (thrown) {
    const { code, message } = toRuntimeError(thrown);
    if (code !== 'config_invalid' && code !== 'config_unreadable') throw thrown;
    context.io.stderr.write(`warning: going on without the configuration: ${message.split('\n')[0]}\n`);
    return openForCommand(context, { ...options, config: EMPTY_FILE });
  }
}

/** Loads the configuration alone, for a command that needs nothing else of the workspace. */
export async function loadForCommand(context: CommandContext, options: GlobalOptions): Promise<LoadedConfig> {
  const { loadConfig } = await import('../../engine/config/load.ts');
  const loaded = await loadConfig({ home: homeOf(context), ...workspaceRequest(context, options) });
  sayWarnings(context.io, loaded);
  return loaded;
}

export function homeOf({ environment }: CommandContext): string {
  return runtimeHome(environment);
}

function sayWarnings({ stderr }: Io, { warnings }: LoadedConfig): void {
  for (const warning of warnings) stderr.write(`warning: ${warning}\n`);
}
