import { realOf } from '../../base/files/resolve-real.ts';
import type { Sandboxes } from '../../contract/sandbox.ts';
import { namedPath } from './named-path.ts';
import type { SandboxesOptions } from './options.ts';

/** Loaded when the first is looked for: most turns run no command. */
export function createSandboxes(options: SandboxesOptions): Sandboxes {
  type Found = Pick<Sandboxes, 'find'>;
  let loaded: Promise<Found> | undefined;
  const load = (): Promise<Found> =>
    (loaded ??= import('./best-sandbox.ts').then(({ bestSandboxes }) => bestSandboxes(options)));
  const { settings, environment, ownFiles = [] } = options;
  const placeOf = (root: string, path: string): string => realOf(namedPath(root, path, environment));
  return {
    find: async (project_root, level) => (await load()).find(project_root, level),
    namesFile: (project_root, real) =>
      [...settings.read, ...settings.hide, ...ownFiles].some((path) => placeOf(project_root, path) === real),
    hidden: (project_root) => settings.hide.map((path) => placeOf(project_root, path)),
  };
}
