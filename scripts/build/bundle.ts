/** src/main.ts and all that it needs, dependencies included, as minified ESM chunks. */
import { readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { rewriteCoreImports } from './core-imports.ts';
import { DependencyTrimmer } from './trim-dependencies.ts';

export async function bundle(root: string, outdir: string): Promise<void> {
  const trimmer = new DependencyTrimmer();
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { main: 'src/main.ts' },
    outdir,
    bundle: true,
    splitting: true, // what is imported late costs nothing before
    format: 'esm',
    platform: 'node',
    target: 'node24.16',
    minify: true,
    keepNames: true, // of classes and functions: in stack traces, and the openai client sends its own
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    chunkNames: '[name]-[hash]',
    // Bundled CommonJS packages ask for core modules only. Not createRequire: that loads node:module.
    banner: { js: 'const require=id=>globalThis.process.getBuiltinModule(id);' },
    plugins: [sourcePlugin(root, trimmer)],
  });
  trimmer.assertComplete();
  assertNoCoreImports(metafile);
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

/** Each would load all of that module at start, and shows nowhere else. */
function assertNoCoreImports({ outputs }: Metafile): void {
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
