import type { Environment } from '../../base/environment.ts';
import type { Sandboxes } from '../../contract/sandbox.ts';
import type { Level } from './level.ts';

export interface SandboxSettings {
  /** Paths, also beneath `~/`, or of the project: seen although hidden, written although outside the project, hidden. */
  read: readonly string[];
  write: readonly string[];
  hide: readonly string[];
}

export interface SandboxesOptions {
  /** RUNTIME_HOME, absolute. */
  home: string;
  environment: Environment;
  settings: SandboxSettings;
  /** Best first. */
  levels?: readonly Level[];
}

/** Loaded when the first is looked for: most turns run no command. */
export function createSandboxes(options: SandboxesOptions): Sandboxes {
  let loaded: Promise<Sandboxes> | undefined;
  const load = (): Promise<Sandboxes> =>
    (loaded ??= import('./best-sandbox.ts').then(({ bestSandboxes }) => bestSandboxes(options)));
  return { find: async (project_root, level) => (await load()).find(project_root, level) };
}
