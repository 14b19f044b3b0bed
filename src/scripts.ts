/**
 * Loads what the build made: the program and, apart from it, packages that only some commands need. Each is a script
 * with a record beside it (`.compiled`) of what V8 had compiled by the end of a trial run, so that a start need not do
 * it again. That is a quarter of a turn. Node's own compile cache keeps only what is compiled when a module is loaded,
 * not the functions that are called later; and each ES module costs a third of a millisecond to find.
 *
 * Another build of Node or V8, or other flags: V8 refuses the record, and the start is slower.
 */
import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';

export interface Scripts {
  /** What the script exports; a core module, when that is what the name means. */
  load(name: string): unknown;
  /** Those that were loaded, by name. */
  loaded: ReadonlyMap<string, { script: Script }>;
}

/** A script whose modules run when they are asked for. */
interface Part {
  modules: Record<string, () => unknown>;
}

/** The wrapper that the build puts around each script. */
type Run = (module: { exports: unknown }, exports: unknown, require: (name: string) => unknown) => void;

export function createScripts(folder: string): Scripts {
  const loaded = new Map<string, { script: Script; exports: unknown }>();

  function load(name: string): unknown {
    const known = loaded.get(name);
    if (known) return known.exports;
    const filename = `${folder}/${name}.js`;
    const cachedData = readOptional(`${folder}/${name}.compiled`);
    // The build leaves only ASCII in scripts.
    const script = new Script(readFileSync(filename, 'latin1'), { filename, ...(cachedData && { cachedData }) });
    const module: { exports: unknown } = { exports: {} };
    (script.runInThisContext() as Run)(module, module.exports, require);
    loaded.set(name, { script, exports: module.exports });
    return module.exports;
  }

  /** `./<script>`, `./<script>#<one of its modules>`, or a core module. */
  function require(name: string): unknown {
    if (!name.startsWith('./')) return process.getBuiltinModule(name);
    const [script, module] = name.slice(2).split('#') as [string, string?];
    const exports = load(script);
    return module === undefined ? exports : (exports as Part).modules[module]!();
  }

  return { load, loaded };
}

function readOptional(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined; // a build that is being made
  }
}
