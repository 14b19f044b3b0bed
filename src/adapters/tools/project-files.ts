/** The port `ProjectFiles`: files are looked at and changed with what apply_patch is made of. */
import type { FilesPutBack, ProjectFiles } from '../../contract/project-files.ts';
import { commitPatch, type Committed, currentContent } from './apply-patch/commit-patch.ts';
import type { Content } from './apply-patch/plan-patch.ts';
import { NEVER } from '../../base/never.ts';
import { type CommandGates, keptFrom } from './kept-from-commands.ts';
import { pathFact } from './paths/path-facts.ts';
import { sceneOf, type SceneOptions } from './scene.ts';

/** `gates`: as the tools have them. */
export function createProjectFiles(options: SceneOptions & { gates: CommandGates }): ProjectFiles {
  return {
    async look(project_root, path) {
      const scene = sceneOf(options, { project_root });
      if ('invalid' in scene) return { refused: scene.invalid[0]!.message };
      const content = await currentContent(scene, path);
      if (content === undefined) return {};
      return 'code' in content ? { refused: content.message } : { bytes: content.bytes };
    },

    async marks(paths) {
      const { marksOf } = await import('./changed-files.ts');
      return marksOf(paths);
    },

    async changed(request) {
      const { changesIn } = await import('./changed-files.ts');
      return changesIn(request, options.home, options.clock.now());
    },

    async named({ arguments_raw, commands, folder }) {
      const { namedPlaces } = await import('./exec-command/named-places.ts');
      const { cmd: text = '' } = JSON.parse(arguments_raw) as { cmd?: string };
      return namedPlaces({ commands, text, folder }, options.environment);
    },

    async putBack({ project_root, files, contents, key, preserve }) {
      const scene = sceneOf(options, { project_root });
      if ('invalid' in scene) return { failed: scene.invalid[0]!.message, left_changed: false };
      const put = (): Promise<Committed> =>
        commitPatch({
          scene,
          files,
          contents: new Map(files.flatMap((file) => contentOf(file, contents))),
          key,
          context: { signal: NEVER, onOutput: () => {}, preserve },
        });
      const facts = files.flatMap(({ path }) => {
        const fact = pathFact(scene, 'path', path);
        return 'invalid' in fact ? [] : [fact];
      });
      const from = keptFrom(scene, facts);
      const root = from === 'all' ? undefined : project_root;
      const committed = await options.gates.pass(root, from === false ? 'confined' : 'alone', NEVER, put);
      if (committed === 'canceled' || committed.state === 'done' || committed.state === 'canceled') return undefined;
      return { failed: committed.failure.message, left_changed: committed.state === 'unknown' };
    },
  };
}

function contentOf(
  { path, after, mode }: FilesPutBack['files'][number],
  contents: FilesPutBack['contents'],
): [string, Content][] {
  const bytes = contents.get(path);
  if (after === undefined || bytes === undefined) return [];
  return [[path, { bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), mode }]];
}
