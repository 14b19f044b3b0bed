import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createScripts } from './scripts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runtime-scripts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a script as the build does. */
function write(name: string, body: string): void {
  writeFileSync(join(folder, `${name}.js`), `(function(module,exports,require){${body}})`);
}

test('a script gets core modules and other scripts, and runs once', () => {
  write('main', 'exports.parts = [require("./part"), require("./part")]; exports.base = require("path").basename;');
  write('part', 'module.exports = { made: Symbol() };');
  const scripts = createScripts(folder);
  const { parts, base } = scripts.load('main') as { parts: unknown[]; base: unknown };
  expect(parts[0]).toBe(parts[1]);
  expect(base).toBe(basename);
  expect(scripts.load('part')).toBe(parts[0]);
  expect([...scripts.loaded.keys()].sort()).toEqual(['main', 'part']);
});

test('a module of a part runs when it is asked for, and the part once', () => {
  write('main', 'exports.ask = () => require("./part#src/asked.ts");');
  write(
    'part',
    'const asked = { part: Symbol() }; exports.modules = { "src/asked.ts": () => asked, "src/other.ts": () => { throw 0; } };',
  );
  const { ask } = createScripts(folder).load('main') as { ask: () => unknown };
  expect(ask()).toBe(ask());
});

test('a record of what was compiled is taken, also of functions that were called later', () => {
  write('main', 'exports.later = () => ({ value: 42 });');
  const first = createScripts(folder);
  (first.load('main') as { later: () => unknown }).later();
  writeFileSync(join(folder, 'main.compiled'), first.loaded.get('main')!.script.createCachedData());
  const second = createScripts(folder);
  expect((second.load('main') as { later: () => unknown }).later()).toEqual({ value: 42 });
  expect(second.loaded.get('main')!.script.cachedDataRejected).toBe(false);
});

test.each([
  ['of another build', Buffer.from('not what V8 wrote')],
  ['that is empty', Buffer.alloc(0)],
])('a record %s is no obstacle', (_, record) => {
  write('main', 'exports.value = 42;');
  writeFileSync(join(folder, 'main.compiled'), record);
  const scripts = createScripts(folder);
  expect(scripts.load('main')).toEqual({ value: 42 });
  expect(scripts.loaded.get('main')!.script.cachedDataRejected).toBe(true);
});
