/**
 * The program in parts, each a script: a start loads only those that it needs. Modules are shared: what two parts need is
 * in the first of them that is always loaded before the other, else in a script of its own.
 */
import { basename, join, relative } from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';

const START = 'src/surfaces/cli/cli.ts';

/** Modules that are imported when they are called for, by their part. Those that aren't named are in "seldom". */
const PARTS: Record<string, readonly string[]> = {
  turn: [
    'src/adapters/models/http/routes.ts',
    'src/adapters/models/openai/index.ts',
    'src/engine/config/load.ts',
    'src/engine/models-client.ts',
    'src/engine/telemetry/open.ts',
    'src/engine/wire.ts',
    'src/surfaces/attach.ts',
    'src/surfaces/cli/commands/run.ts',
  ],
  anthropic: ['src/adapters/models/anthropic/index.ts'],
  gemini: ['src/adapters/models/gemini/index.ts'],
  budget: ['src/engine/budget/ledger.ts'],
  shell: ['src/adapters/tools/shell/parse-command.ts'],
  sandbox: ['src/adapters/sandbox/best-sandbox.ts'],
  demo: ['src/adapters/models/script/index.ts'],
  terminal: ['src/surfaces/repl/later.ts', 'src/surfaces/repl/repl.ts'],
  daemon: ['src/surfaces/cli/commands/daemon.ts'],
  compatible: ['src/surfaces/http/openai/openai-api.ts'],
  openapi: ['build/generated/openapi.js'],
  telemetry: ['src/engine/telemetry/session-traces.ts'],
  sharing: [
    'src/adapters/control/connect-control.ts',
    'src/surfaces/http/control/control-api.ts',
    'src/surfaces/http/control/lock-holder.ts',
    'src/surfaces/http/control/serve-control.ts',
  ],
};
const SELDOM = 'seldom';

/** Parts that hold what they share with others: nearly every start loads them. */
const FIRST = ['program', 'turn'];

/**
 * Writes the pieces that the program splits into to `outdir`, as ES modules: `program`, one for each part, and what some
 * share. Gives the scripts, each with its pieces.
 * @throws Error when a module of `PARTS` is never imported late
 */
export async function splitProgram(
  outdir: string,
  options: BuildOptions,
  plugins: Plugin[],
): Promise<Map<string, string[]>> {
  const root = options.absWorkingDir!;
  const parts = await assignModules({ ...options, plugins });
  const { metafile } = await build({
    ...options,
    outdir,
    format: 'esm',
    splitting: true,
    chunkNames: 'shared-[hash]',
    entryPoints: { program: START, ...Object.fromEntries([...parts.keys()].map((part) => [part, `part:${part}`])) },
    plugins: [...plugins, lateImports(root, parts)],
    metafile: true,
  });
  return assignPieces(metafile);
}

/** Makes one script of its pieces; the others are asked for as src/scripts.ts loads them. */
export function scriptPlugin(folder: string, scripts: ReadonlyMap<string, string[]>, script: string): Plugin {
  const scriptOf = new Map([...scripts].flatMap(([name, pieces]) => pieces.map((piece) => [piece, name])));
  const shared = scripts.get(script)!.filter((piece) => piece !== script);
  const isPart = script in PARTS || script === SELDOM;
  return {
    name: 'script',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^script:/ }, () => ({ path: script, namespace: 'script' }));
      esbuild.onLoad({ filter: /./, namespace: 'script' }, () => {
        const own = `import * as own from './${script}.js'; export * from './${script}.js';`;
        const imports = shared.map((piece, at) => `import * as shared${at} from './${piece}.js';`);
        const members = shared.map((piece, at) => `'${piece}': () => shared${at}`);
        const modules = [...(isPart ? ['...own.modules'] : []), ...members];
        return { contents: `${own}${imports.join('')}export const modules = {${modules.join()}};`, resolveDir: folder };
      });
      esbuild.onResolve({ filter: /^\.\// }, ({ path }) => {
        if (!path.endsWith('.js')) return { path, external: true }; // late, or apart
        const piece = basename(path, '.js');
        const home = scriptOf.get(piece)!;
        if (home === script) return { path: join(folder, `${piece}.js`) };
        return { path: home === piece ? `./${home}` : `./${home}#${piece}`, external: true };
      });
    },
  };
}

/** Which modules are in which part. */
async function assignModules(options: BuildOptions): Promise<Map<string, string[]>> {
  const { metafile } = await build({ ...options, format: 'cjs', entryPoints: [START], metafile: true, write: false });
  const late = new Set<string>();
  for (const { imports } of Object.values(metafile.inputs)) {
    for (const { kind, path, external } of imports) {
      if (kind === 'dynamic-import' && external !== true) late.add(path);
    }
  }
  const parts = new Map(Object.entries(PARTS).map(([part, modules]) => [part, [...modules]]));
  for (const [part, modules] of parts) {
    for (const module of modules) {
      if (!late.delete(module)) throw new Error(`${module} of the part "${part}" is not imported late any more`);
    }
  }
  return parts.set(SELDOM, [...late]);
}

/** Which pieces are in which script. */
function assignPieces({ outputs }: Metafile): Map<string, string[]> {
  const nameOf = (file: string): string => basename(file, '.js');
  const loadedBy = (file: string): string[] => [
    file,
    ...outputs[file]!.imports.filter(({ kind }) => kind === 'import-statement').flatMap(({ path }) => loadedBy(path)),
  ];
  const left = new Set(Object.keys(outputs));
  const scripts = new Map<string, string[]>();
  for (const first of FIRST) {
    const entry = [...left].find((file) => nameOf(file) === first)!;
    const pieces = new Set(loadedBy(entry).filter((file) => left.delete(file)));
    scripts.set(first, [...pieces].map(nameOf));
  }
  for (const file of left) scripts.set(nameOf(file), [nameOf(file)]);
  return scripts;
}

/** A part's modules run when they are asked for; a late import asks for one. */
function lateImports(root: string, parts: ReadonlyMap<string, string[]>): Plugin {
  const partOf = new Map([...parts].flatMap(([part, modules]) => modules.map((module) => [module, part])));
  return {
    name: 'late-imports',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^part:/ }, ({ path }) => ({ path: path.slice('part:'.length), namespace: 'part' }));
      esbuild.onLoad({ filter: /./, namespace: 'part' }, ({ path }) => {
        const members = parts.get(path)!.map((module) => `'${module}': () => require('./${module}')`);
        return { contents: `export const modules = {${members.join()}}`, resolveDir: root };
      });
      esbuild.onResolve({ filter: /./ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
        if (kind !== 'dynamic-import' || pluginData !== undefined) return null;
        const resolved = await esbuild.resolve(path, { importer, kind, resolveDir, pluginData: parts });
        const module = relative(root, resolved.path);
        return { path: `./${partOf.get(module)!}#${module}`, external: true };
      });
    },
  };
}
