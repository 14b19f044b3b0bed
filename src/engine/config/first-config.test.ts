import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ModelEntry } from '../../contract/config.ts';
import { configToComplete, POLICY_PROFILES, writeFirstConfig } from './first-config.ts';
import { loadConfig } from './load.ts';
import { chooseModels } from './models.ts';

const MODEL: ModelEntry = { name: 'gpt', provider: 'openai', api_key: 'sk-1' };

let home: string;
let path: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'runtime-first-'));
  path = join(home, 'config.yaml');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const complete = (environment = {}, overrides = new Map<string, string>()) =>
  configToComplete({ home, environment, overrides });
const load = async () => (await loadConfig({ home, environment: {}, overrides: new Map() })).config;

test('where there is neither a file nor a model, there is something to ask for', async () => {
  expect(await complete()).toMatchObject({ models: { registry: [] } });
});

test('a file, also an empty one or a link to nowhere, is somebody’s decision', async () => {
  writeFileSync(path, '');
  expect(await complete()).toBeUndefined();
  rmSync(path);
  symlinkSync(join(home, 'nowhere'), path);
  expect(await complete()).toBeUndefined();
});

test('so is a key, and a model that is named in the environment', async () => {
  expect(await complete({ OPENAI_API_KEY: 'sk-1' })).toBeUndefined();
  expect(await complete({ RUNTIME_MODELS_DEFAULT: 'demo' })).toBeUndefined();
});

test('an environment that says what can’t be is an error, not a question', async () => {
  await expect(complete({ RUNTIME_BUDGET_TURN_COST: 'much' })).rejects.toMatchObject({ code: 'config_invalid' });
});

test.each([
  [0, 'careful'],
  [1, 'readonly'],
  [2, 'workspace'],
] as const)('profile %d is written for its owner only, as what it is', async (index, profile) => {
  expect(POLICY_PROFILES).toHaveLength(3);
  expect(writeFirstConfig(home, MODEL, POLICY_PROFILES[index]!)).toBe(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const config = await load();
  expect(config.models).toMatchObject({ default: 'gpt', registry: [MODEL] });
  expect(config.governance.profile).toBe(profile);
  expect(await complete()).toBeUndefined();
});

test('a home that isn’t there is made', () => {
  home = join(home, 'not', 'yet');
  expect(existsSync(writeFirstConfig(home, MODEL, POLICY_PROFILES[0]))).toBe(true);
});

test.each(['# somebody else’s\n', ''])('a file that has come meanwhile (%j) stays as it is', (content) => {
  writeFileSync(path, content);
  expect(() => writeFirstConfig(home, MODEL, POLICY_PROFILES[0])).toThrow(/has come from elsewhere/);
  expect(readFileSync(path, 'utf8')).toBe(content);
});

test.each<ModelEntry>([
  { name: 'llama3:8b', provider: 'ollama' },
  { name: 'yes', provider: 'openai', base_url: 'http://localhost:8000/v1?a=b#c', api_key: 'none' },
  { name: 'a: b # "c" \\ \'d\'', provider: 'openai', api_key: '123' },
  { name: '1e3', provider: 'openai', api_key: '0x1F' },
  { name: '~', provider: 'openai', api_key: '*anchor' },
  { name: 'ein Modell mit Ümlaut 漢字', provider: 'openai', api_key_env: 'MY_KEY' },
])('a model comes back from the file as it was chosen: $name', async (model) => {
  writeFirstConfig(home, model, POLICY_PROFILES[0]);
  const config = await load();
  expect(config.models).toEqual({ default: model.name, fallback: [], purposes: {}, registry: [model] });
  expect(chooseModels(config, {}).choices[0]?.name).toBe(model.name);
});
