import { expect, test } from 'vitest';
import { DependencyTrimmer } from './trim-dependencies.ts';

const trim = (name: string, path: string, source: string): string => new DependencyTrimmer().trim(name, path, source);

test('what openai has and nobody uses becomes empty classes', () => {
  const source = `import x from './x.mjs';
export class Audio extends x {}
export const one = 1;
export async function run() {}
export { Inner, Other as Renamed, } from './inner.mjs';
`;
  expect(trim('openai', 'resources/audio/audio.mjs', source)).toBe(
    ['Audio', 'one', 'run', 'Inner', 'Renamed'].map((name) => `export class ${name} {}`).join('\n'),
  );
});

test('its web globals are ours, also by way of globalThis', () => {
  const trimmed = trim('openai', 'client.mjs', 'new Headers(); globalThis.Blob; globalThis.Date;');
  expect(trimmed).toMatch(/^import \{ Headers, Blob \} from ".*web-stand-ins\.ts"; import \* as webStandIns from/);
  expect(trimmed).toMatch(/new Headers\(\); webStandIns\.Blob; globalThis\.Date;$/);
});

test('a dependency that is not as expected breaks the build', () => {
  expect(() => trim('commander', 'lib/command.js', '')).toThrow('child_process is not found');
  expect(() => trim('openai', 'lib/AssistantStream.mjs', `export * from './x.mjs';`)).toThrow("can't be listed");
  const probe = 'Object.getOwnPropertyDescriptor(globalThis, name)';
  expect(() => trim('openai', 'client.mjs', probe)).toThrow('reads descriptors of globals');
  const trimmer = new DependencyTrimmer();
  trimmer.trim('openai', 'client.mjs', 'new Headers()');
  expect(() => trimmer.assertComplete()).toThrow('not found: lib/ResponsesParser.mjs');
});

test('the rest stays', () => {
  expect(trim('yaml', 'dist/index.js', 'new Headers()')).toBe('new Headers()');
  expect(trim('openai', 'version.mjs', 'export const VERSION = 1;')).toBe('export const VERSION = 1;');
  expect(() => new DependencyTrimmer().assertComplete()).not.toThrow();
});
