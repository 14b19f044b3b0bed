/**
 * What the build changes in dependencies so that a start doesn't pay for what nobody uses. Every change asserts that it
 * found what it changes: an update of a dependency must break the build rather than slow the start.
 */
import { fileURLToPath } from 'node:url';

const STAND_INS = fileURLToPath(new URL('web-stand-ins.ts', import.meta.url));
const STAND_IN_NAMES = [
  'Headers', 'Response', 'Request', 'FormData', 'Blob', 'File', 'ReadableStream', 'navigator', 'fetch',
]; // prettier-ignore

/** Of the package's API and helpers what `create({ stream: true })` needs; the rest becomes empty classes. */
const OPENAI_KEPT = new Set([
  'lib/ResponsesParser.mjs',
  'lib/chat-completions/streaming.mjs',
  'lib/parser.mjs',
  'resources/chat/chat.mjs',
  'resources/chat/completions/completions.mjs',
  'resources/chat/completions/index.mjs',
  'resources/chat/completions/messages.mjs',
  'resources/chat/index.mjs',
  'resources/index.mjs',
  'resources/responses/input-items.mjs',
  'resources/responses/input-tokens.mjs',
  'resources/responses/responses.mjs',
  'resources/shared.mjs',
]);
const OPENAI_EMPTIED = /^(resources|lib|helpers)\/|^(azure|bedrock)\.mjs$/;

/** Of the Anthropic SDK what `post({ stream: true })` needs. */
const ANTHROPIC_KEPT = new Set(['lib/internal/tracing.mjs', 'resources/index.mjs', 'resources/shared.mjs']);
const ANTHROPIC_EMPTIED = /^(resources|lib|helpers|tools)\//;
/** Files of it with other contents: it is to take nothing from the environment, and its errors by code are among the emptied. */
const ANTHROPIC_REPLACED: Record<string, string> = {
  'internal/utils/env.mjs': 'export const readEnv = () => undefined;',
  'core/error-classes.mjs': 'export const ERROR_CODE_CLASSES = new Map();',
};

/** The packages whose touch of the web's globals would load them. */
const WEB = ['openai', '@anthropic-ai/sdk', '@google/genai'];

export class DependencyTrimmer {
  readonly #found = new Set<string>();

  /** The source of a dependency's file (`path` within the package) as it goes into the bundle. */
  trim(packageName: string, path: string, source: string): string {
    if (packageName === 'commander' && path === 'lib/command.js') return this.#lazyChildProcess(source);
    if (packageName === 'pino') return this.#withoutWorkers(path, source);
    if (!WEB.includes(packageName)) return source;
    this.#found.add(packageName);
    if (packageName === 'openai') {
      if (OPENAI_KEPT.has(path)) this.#found.add(path);
      else if (OPENAI_EMPTIED.test(path)) return emptyClasses(path, source);
    }
    if (packageName === '@anthropic-ai/sdk') {
      const replaced = ANTHROPIC_REPLACED[path];
      if (ANTHROPIC_KEPT.has(path) || replaced !== undefined) this.#found.add(`anthropic ${path}`);
      else if (ANTHROPIC_EMPTIED.test(path)) return emptyClasses(path, source);
      if (replaced !== undefined) return replaced;
    }
    return this.#withoutWebGlobals(packageName, path, source);
  }

  /** Throws when a part of a package that is in the bundle was not where it was expected. */
  assertComplete(): void {
    const expected: Record<string, string[]> = {
      openai: [...OPENAI_KEPT, ...STAND_IN_NAMES],
      '@anthropic-ai/sdk': [...ANTHROPIC_KEPT, ...Object.keys(ANTHROPIC_REPLACED)].map((path) => `anthropic ${path}`),
    };
    for (const [name, parts] of Object.entries(expected)) {
      const missing = this.#found.has(name) ? parts.filter((part) => !this.#found.has(part)) : [];
      if (missing.length > 0) throw new Error(`${name} has changed, not found: ${missing.join(', ')}`);
    }
  }

  /** commander loads it for executable subcommands, which we have none of. */
  #lazyChildProcess(source: string): string {
    const before = `import childProcess from 'node:child_process';`;
    const after = `const childProcess = { get spawn() { return globalThis.process.getBuiltinModule('node:child_process').spawn; } };`;
    if (!source.includes(before)) throw new Error('commander has changed: its import of child_process is not found');
    return source.replace(before, after);
  }

  /** pino can write from a thread of its own; ours writes where it is told to. */
  #withoutWorkers(path: string, source: string): string {
    if (path === 'lib/transport.js') {
      if (!source.includes('module.exports = transport'))
        throw new Error('pino has changed: its transport is not found');
      return `module.exports = () => { throw new Error('there are no transports'); };`;
    }
    if (path !== 'lib/tools.js') return source;
    const before = `const { isMainThread } = require('worker_threads')`;
    if (!source.includes(before)) throw new Error('pino has changed: its import of worker_threads is not found');
    return source.replace(before, 'const isMainThread = true');
  }

  /** Binds the web's globals to our stand-ins. */
  #withoutWebGlobals(packageName: string, path: string, source: string): string {
    if (/getOwnPropertyDescriptors?\(globalThis/.test(source)) {
      throw new Error(`${packageName} has changed: ${path} reads descriptors of globals, which loads undici`);
    }
    const names = STAND_IN_NAMES.filter((name) => new RegExp(`\\b${name}\\b`).test(source));
    if (names.length === 0) return source;
    for (const name of names) this.#found.add(name);
    const properties = new RegExp(`\\bglobalThis\\.(${STAND_IN_NAMES.join('|')})\\b`, 'g');
    const from = JSON.stringify(STAND_INS);
    return (
      `import { ${names.join(', ')} } from ${from}; import * as webStandIns from ${from};` +
      source.replace(properties, 'webStandIns.$1')
    );
  }
}

/** A module with the same exports, each an empty class: the client makes one of each API when it is made. */
function emptyClasses(path: string, source: string): string {
  if (/^export \* /m.test(source)) throw new Error(`a package has changed: ${path} has exports that can't be listed`);
  const names = new Set<string>();
  for (const [, name] of source.matchAll(/^export (?:async )?(?:class|function\*?|const|let|var) ([\w$]+)/gm)) {
    names.add(name!);
  }
  for (const [, list] of source.matchAll(/^export \{([^}]*)\}/gm)) {
    for (const part of list!.split(',')) {
      const name = part
        .trim()
        .split(/\s+as\s+/)
        .at(-1)!;
      if (name !== '') names.add(name);
    }
  }
  return [...names].map((name) => `export class ${name} {}`).join('\n');
}
