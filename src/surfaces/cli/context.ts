import type { Environment } from '../../base/environment.ts';
import { runtimeHome } from '../../engine/config/home.ts';
import type { LoadedConfig } from '../../engine/config/load.ts';
import type { Workspace, WorkspaceRequest } from '../../engine/wire.ts';
import type { Io } from './io.ts';

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

/** Opens the workspace; what is odd about its configuration but not wrong is said on standard error. */
export async function openForCommand(context: CommandContext, options: GlobalOptions): Promise<Workspace> {
  const { openWorkspace } = await import('../../engine/wire.ts');
  const workspace = await openWorkspace(workspaceRequest(context, options));
  sayWarnings(context.io, workspace.loaded);
  return workspace;
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
