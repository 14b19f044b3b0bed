import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { realOf } from '../../base/files/resolve-real.ts';
import type { Sandboxes } from '../../contract/sandbox.ts';
import type { SandboxesOptions } from './options.ts';

/** Loaded when the first is looked for: most turns run no command. */
export function createSandboxes(options: SandboxesOptions): Sandboxes {
  type Found = Pick<Sandboxes, 'find'>;
  let loaded: Promise<Found> | undefined;
  const load = (): Promise<Found> =>
    (loaded ??= import('./best-sandbox.ts').then(({ bestSandboxes }) => bestSandboxes(options)));
  const { settings, environment, ownFiles = [] } = options;
  const home = environment['HOME'] ?? homedir();
  return {
    find: async (project_root, level) => (await load()).find(project_root, level),
    namesFile: (project_root, real) =>
      [...settings.read, ...settings.hide, ...ownFiles].some(
        (path) => realOf(resolve(project_root, path.replace(/^~(?=\/|$)/, home))) === real,
      ),
  };
}
