/**
 * The program as scripts that src/scripts.ts loads, dependencies included: its parts (parts.ts), and what stands apart.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { build, type BuildOptions, type Metafile, type Plugin } from 'esbuild';
import { rewriteCoreImports } from './core-imports.ts';
import { scriptPlugin, splitProgram } from './parts.ts';
import { DependencyTrimmer } from './trim-dependencies.ts';

/**
 * What is a script of its own: packages, and modules of ours that stand before a package. Each holds all that it imports,
 * so none may share anything that has an identity (a class, a state) with the program.
 */
const APART: Record<string, string> = {
  openai: 'openai',
  'anthropic-sdk': '@anthropic-ai/sdk',
  'google-genai': '@google/genai/web',
  'js-yaml': 'js-yaml',
  yaml: 'yaml',
  ajv: 'ajv',
  marked: 'marked',
  pino: 'pino',
  'open-telemetry': 'src/adapters/telemetry/otlp-sink.ts',
  grammars: 'src/surfaces/terminal/markdown/grammars.ts',
  'config-schema': 'src/contract/config.ts',
  'script-schema': 'src/contract/script.ts',
  'entry-validator': 'build/generated/entry-validator.js',
  'page-reader': 'build/generated/page-reader.js',
};

export async function bundle(root: string, outdir: string): Promise<void> {
  const trimmer = new DependencyTrimmer();
  const sources = sourcePlugin(root, trimmer);
  const options: BuildOptions = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node24.16',
    minifyWhitespace: true,
    minifySyntax: true, // but names stay: stack traces show them
    legalComments: 'none',
    charset: 'ascii',
    supported: { 'dynamic-import': false }, // what is imported late is in a script too, and runs late
    logLevel: 'warning',
  };
  await build({ ...options, outdir, format: 'cjs', entryPoints: { main: 'src/main.ts' }, plugins: [sources] });
  const script: BuildOptions = {
    ...options,
    outdir,
    format: 'cjs',
    banner: { js: '(function(module,exports,require){' },
    footer: { js: '})' },
  };
  const make = async (entryPoints: Record<string, string>, plugin: Plugin): Promise<void> => {
    const { metafile } = await build({ ...script, entryPoints, plugins: [plugin], metafile: true });
    assertNoImports(metafile);
    for (const file of Object.keys(metafile.outputs)) await escapeRest(join(root, file));
  };
  const pieces = join(root, 'build/pieces');
  await rm(pieces, { recursive: true, force: true });
  const scripts = await splitProgram(pieces, options, [apartPlugin(root), sources]);
  for (const name of scripts.keys()) await make({ [name]: `script:${name}` }, scriptPlugin(pieces, scripts, name));
  for (const [name, path] of Object.entries(APART)) await make({ [name]: path }, sources);
  await writeFile(join(outdir, 'package.json'), '{"type":"commonjs"}\n');
  trimmer.assertComplete();
}

/** In the program, what is apart is asked for by `require`. */
function apartPlugin(root: string): Plugin {
  const names = new Map(Object.entries(APART).map(([name, path]) => [path, name]));
  return {
    name: 'apart',
    setup(esbuild) {
      esbuild.onResolve({ filter: /./ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
        if (kind === 'entry-point' || pluginData !== undefined) return null; // asked from here, or by the parts
        const resolved = names.has(path)
          ? path
          : relative(root, (await esbuild.resolve(path, { importer, kind, resolveDir, pluginData: names })).path);
        const name = names.get(resolved);
        if (name === undefined) return null;
        return kind === 'dynamic-import' ? { path: `./${name}`, external: true } : { path: name, namespace: 'apart' };
      });
      // A module, not an external import: that would run with the part, not when what imports it is run.
      esbuild.onLoad({ filter: /./, namespace: 'apart' }, ({ path }) => ({
        contents: `module.exports = require('./${path}')`,
      }));
      esbuild.onResolve({ filter: /./, namespace: 'apart' }, ({ path }) => ({ path, external: true }));
    },
  };
}

function sourcePlugin(root: string, trimmer: DependencyTrimmer): Plugin {
  return {
    name: 'sources',
    setup(esbuild) {
      esbuild.onLoad({ filter: /\.([cm]?js|ts)$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const parts = relative(root, path).split(sep);
        const start = parts.lastIndexOf('node_modules') + 1;
        const depth = parts[start]?.startsWith('@') === true ? 2 : 1;
        const name = parts.slice(start, start + depth).join('/');
        const trimmed = start === 0 ? source : trimmer.trim(name, parts.slice(start + depth).join('/'), source);
        return { contents: rewriteCoreImports(trimmed), loader: path.endsWith('.ts') ? 'ts' : 'js' };
      });
    },
  };
}

/** Scripts are read byte by byte, and `charset` leaves regular expressions as they are. */
async function escapeRest(file: string): Promise<void> {
  const code = await readFile(file, 'utf8');
  const escaped = code.replace(/[^\0-\x7F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (escaped !== code) await writeFile(file, escaped);
}

/** A core module would be asked for with all its members, which loads much of Node at start and shows nowhere else. */
function assertNoImports({ outputs }: Metafile): void {
  for (const [file, { imports, inputs }] of Object.entries(outputs)) {
    for (const { path, kind, external } of imports) {
      if (external === true && kind !== 'require-call') {
        const among = Object.keys(inputs).filter((input) => !input.includes('node_modules'));
        throw new Error(
          `${file} still has an ${kind} of ${path}; import core modules by a plain static import (from ${among.join(', ')})`,
        );
      }
    }
  }
}
