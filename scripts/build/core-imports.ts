/**
 * Rewrites imports of core modules so that nothing of them is loaded but what is used. Importing a core module by ESM
 * reads *every* export of it, and that runs Node's lazy members: `node:http` so loads undici, `node:fs` its promises.
 * A quarter of a start goes there. `process.getBuiltinModule` reads nothing.
 *
 * `globalThis.process`, as a module may have a `process` of its own: `import process from 'node:process'`.
 */
import { isBuiltin } from 'node:module';

const IMPORT = /(?<![\w$.])import\b\s*(?:([\w$\s{},*]+?)\s*\bfrom\b\s*)?(['"])([^'"\n]+)\2/g;

/** `await import('node:x')`: loads late, and would read every export just as well. */
const DYNAMIC_IMPORT = /(?<![\w$.])import\s*\(\s*(['"])([^'"\n]+)\1\s*\)/g;

/** The source with its imports of core modules rewritten. Type-only imports stay: the bundler drops them. */
export function rewriteCoreImports(source: string): string {
  const late = source.replace(DYNAMIC_IMPORT, (expression: string, _quote: string, name: string) =>
    isBuiltin(name) ? `Promise.resolve(${getterOf(name)})` : expression,
  );
  return late.replace(IMPORT, (statement: string, clause: string | undefined, _quote: string, name: string) => {
    if (!isBuiltin(name)) return statement;
    const get = getterOf(name);
    if (clause === undefined) return get;
    if (/^type\s+[\w${*]/.test(clause)) return statement;
    return `const ${bindings(clause, get).join(', ')}`;
  });
}

/** `fs, { readFileSync as read }` → `fs = get(…)`, `{ readFileSync: read } = get(…)`. */
function bindings(clause: string, get: string): string[] {
  const [, names] = /\{([^}]*)\}/.exec(clause) ?? [];
  const whole = clause
    .replace(/\{[^}]*\}/, '')
    .split(',')
    .map((part) => part.replace(/\*\s*as\s/, '').trim())
    .filter((part) => part !== '');
  const named: string[] = [];
  for (const part of (names ?? '').split(',')) {
    const [imported, local] = part.trim().split(/\s+as\s+/);
    if (imported === undefined || imported === '' || imported.startsWith('type ')) continue;
    if (imported === 'default') whole.push(local ?? imported);
    else named.push(local === undefined ? imported : `${imported}: ${local}`);
  }
  const bound = whole.map((name) => `${name} = ${get}`);
  if (named.length > 0 || bound.length === 0) bound.push(`{ ${named.join(', ')} } = ${get}`);
  return bound;
}

function getterOf(name: string): string {
  return `globalThis.process.getBuiltinModule('node:${name.replace(/^node:/, '')}')`;
}
