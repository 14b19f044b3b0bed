/** Where calls take place: the project's folder as it really is now, and the runtime's home. */
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import type { ToolRequest } from '../../contract/ports.ts';
import type { Sandboxes } from '../../contract/sandbox.ts';
import type { Invalid } from './arguments/invalid.ts';
import type { Network } from './net/network.ts';
import { realPathOf, resolveReal } from '../../base/files/resolve-real.ts';
import { invalid, type Scene, type ToolSettings } from './tool.ts';

export interface SceneOptions {
  /** RUNTIME_HOME, absolute: closed to every tool. */
  home: string;
  /** The runtime's own files, absolute; those in its home needn't be named. */
  ownFiles?: readonly string[];
  clock: Clock;
  environment: Environment;
  settings: ToolSettings;
  network?: Network;
  sandboxes: Sandboxes;
}

type Place = Pick<ToolRequest, 'project_root' | 'sandbox' | 'links'>;

/** The scene of a project root, or why it can't be one. */
export function sceneOf(
  options: SceneOptions,
  { project_root: projectRoot, sandbox, links }: Place,
): Scene | { invalid: Invalid[] } {
  const root = resolveReal(projectRoot);
  const home = resolveReal(options.home);
  if ('code' in home) return invalid('', home.message);
  if ('code' in root || root.kind !== 'dir') return invalid('', `the project root ${projectRoot} is no folder`);
  // It was real when the session was made: a link in its place would make another folder the one that is free to read.
  if (root.real !== projectRoot) return invalid('', `the project root ${projectRoot} leads to ${root.real} now`);
  const { clock, environment, settings, network, sandboxes } = options;
  const ownFiles = (options.ownFiles ?? []).flatMap((path) => realPathOf(path) ?? []);
  const around = { clock, environment, settings, sandboxes, ...(network && { network }) };
  return { projectRoot: root.real, home: home.real, ownFiles, sandbox, links: links === true, ...around };
}
