import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openWorkspace, type Workspace } from '../../engine/wire.ts';
import { completionsOf } from './completions.ts';
import { COMMANDS } from './slash.ts';

let base: string;
let root: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'runtime-completions-'));
  root = join(base, 'project');
  for (const folder of ['src', 'two words', '.hidden']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['a.txt', 'ab.txt', '.env', 'src/main.ts', 'src/.cache', 'two words/in it.md'])
    writeFileSync(join(root, file), '');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const at = (text: string, workspace?: Workspace, cursor = text.length) =>
  completionsOf(text, cursor, { workspace, root });
const values = async (text: string, workspace?: Workspace) =>
  (await at(text, workspace)).items.map(({ value }) => value);

test('a slash at the beginning gives the commands, with a blank where more may follow', async () => {
  expect(await values('/')).toHaveLength(Object.keys(COMMANDS).length);
  expect(await at('/st')).toMatchObject({ from: 0, to: 3 });
  expect(await values('/st')).toEqual(['/status', '/stop', '/steer ']);
  expect(await values('/nosuch')).toEqual([]);
});

test.each([
  ['@', ['@a.txt', '@ab.txt', '@src/', '@"two words/']],
  ['@a', ['@a.txt', '@ab.txt']],
  ['see @src/', ['@src/main.ts']],
  ['@src/.', ['@src/.cache']],
  ['@.', ['@.env', '@.hidden/']],
  ['@two', ['@"two words/']],
  ['@"two words/i', ['@"two words/in it.md"']],
  ['@"tw', ['@"two words/']],
  ['@./s', ['@./src/']],
  ['@nosuch/', []],
  ['ann@a', []],
  ['plain text', []],
  ['', []],
  ['/policy exec_command ', ['allow', 'ask', 'deny']],
  ['/approve a-1 s', ['session']],
  ['/policy exec_command ask ', []],
  ['!cat a', ['a.txt', 'ab.txt']],
  ['read src/m', ['src/main.ts']],
])('%j gives %j', async (text, expected) => {
  expect(await values(text)).toEqual(expected);
});

test('a path from the top, and out of the project', async () => {
  expect(await values(`@${root}/a.`)).toEqual([`@${root}/a.txt`]);
  expect(await values('@../proj')).toEqual(['@../project/']);
  expect(await values('@/tm')).toContain('@/tmp/');
});

test('only what stands before the cursor counts, and what is behind it stays', async () => {
  expect(await at('see @a and more', undefined, 6)).toMatchObject({ from: 4, to: 6 });
});

test('many files are few candidates; a link to nowhere is one as well', async () => {
  for (let n = 0; n < 300; n++) writeFileSync(join(root, 'src', `f${n}`), '');
  symlinkSync('nowhere', join(root, 'zlink'));
  expect(await values('@src/f')).toHaveLength(200);
  expect(await values('@z')).toEqual(['@zlink']);
});

test('arguments of commands are named by the workspace, once it is open', async () => {
  const home = join(base, 'home');
  mkdirSync(home);
  writeFileSync(join(home, 'config.yaml'), 'models: {registry: [{name: mine, provider: ollama}]}\n');
  const workspace = await openWorkspace({
    environment: { RUNTIME_HOME: home, RUNTIME_SANDBOX_MODE: 'off' },
    overrides: new Map(),
  });
  expect(await values('/model ')).toEqual([]);
  expect(await values('/model ', workspace)).toEqual(['mine', 'demo']);
  expect(await values('/policy exec', workspace)).toEqual(['exec_command']);
  expect(await values('/resume s-', workspace)).toEqual([]);
  expect(await values('/constructor x', workspace)).toEqual([]);
});

test('names that can’t be read are none', async () => {
  const broken = { store: { journal: { list: () => Promise.reject(new Error('no')) } } } as unknown as Workspace;
  expect(await values('/resume s', broken)).toEqual([]);
});
