import type { Sandboxes } from '../../contract/sandbox.ts';
import type { SandboxesOptions } from './options.ts';

/** Loaded when the first is looked for: most turns run no command. */
export function createSandboxes(options: SandboxesOptions): Sandboxes {
  let loaded: Promise<Sandboxes> | undefined;
  const load = (): Promise<Sandboxes> =>
    (loaded ??= import('./best-sandbox.ts').then(({ bestSandboxes }) => bestSandboxes(options)));
  return { find: async (project_root, level) => (await load()).find(project_root, level) };
}
