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
  const placesOf = (root: string, paths: readonly string[]): string[] => paths.map((path) => placeOf(root, path));
  return {
    find: async (project_root, level) => (await load()).find(project_root, level),
    namesFile: (project_root, real) =>
      placesOf(project_root, [...settings.read, ...settings.hide, ...ownFiles]).includes(real),
    hidden: (project_root) => placesOf(project_root, settings.hide),
    written: (project_root) => placesOf(project_root, settings.write),
  };
}
