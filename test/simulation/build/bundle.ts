/**
 * The simulated program: the product's sources as they are, with the simulation's stand-ins where the world begins. The
 * product has no hook for it; esbuild puts another module in the place of some.
 */
import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { SCALE, type Replacement } from './scale.ts';

const STAND_INS = 'test/simulation/stand-ins';

/** What is replaced, everywhere but in its stand-in. */
const REPLACED: Record<string, string> = {
  'src/adapters/models/router.ts': 'models.ts',
  'src/adapters/tools/exec-command/own-command.ts': 'own-command.ts',
  'src/base/ids.ts': 'ids.ts',
  'src/base/local-date.ts': 'local-date.ts',
  'src/engine/config/policy-now.ts': 'policy-now.ts',
  'src/engine/config/reload.ts': 'reload.ts',
  'src/engine/config/set-policy.ts': 'set-policy.ts',
  'src/engine/crash-points.ts': 'crash-points.ts',
  'src/engine/session/runner.ts': 'runner.ts',
  'src/store/lock.ts': 'lock.ts',
};

/** Bundles it into a file. @throws Error when a replacement doesn't find its text exactly once */
export async function bundleSimulation(
  root: string,
  outfile: string,
  replacements: readonly Replacement[] = [],
): Promise<void> {
  const edits = editsByFile([...SCALE, ...replacements]);
  await build({
    absWorkingDir: root,
    entryPoints: ['test/simulation/run.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24.16',
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'silent', // what is wrong is thrown
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [standInPlugin(root), editPlugin(root, edits)],
  });
  const [left] = edits.keys();
  if (left !== undefined) throw new Error(`${left} is not part of the simulated program`);
}

function standInPlugin(root: string): Plugin {
  return {
    name: 'stand-ins',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^#simulated-immediate$/ }, () => ({
        path: join(root, 'test/simulation/machine/immediates.ts'),
      }));
      esbuild.onResolve({ filter: /^node:fs$/ }, ({ importer }) =>
        relative(root, importer).startsWith('src/store/') ? { path: join(root, STAND_INS, 'fs.ts') } : null,
      );
      esbuild.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, importer }) => {
        const standIn = REPLACED[relative(root, resolve(resolveDir, path))];
        if (standIn === undefined || relative(root, importer).startsWith(STAND_INS)) return null;
        return { path: join(root, STAND_INS, standIn) };
      });
    },
  };
}

function editPlugin(root: string, edits: Map<string, Replacement[]>): Plugin {
  return {
    name: 'edits',
    setup(esbuild) {
      esbuild.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
        const file = relative(root, path);
        const source = await readFile(path, 'utf8');
        const wanted = edits.get(file) ?? [];
        edits.delete(file);
        return { contents: immediate(wanted.reduce(edited, source)), loader: 'ts' };
      });
    },
  };
}

/** Time within a moment is the simulation's, too. */
function immediate(source: string): string {
  return source.includes('setImmediate')
    ? `import { simulatedImmediate as setImmediate } from '#simulated-immediate';\n${source}`
    : source;
}

function edited(source: string, { file, find, replace }: Replacement): string {
  const parts = source.split(find);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times what is to be replaced: ${find}`);
  return parts.join(replace);
}

function editsByFile(replacements: readonly Replacement[]): Map<string, Replacement[]> {
  const edits = new Map<string, Replacement[]>();
  for (const one of replacements) edits.set(one.file, [...(edits.get(one.file) ?? []), one]);
  return edits;
}
