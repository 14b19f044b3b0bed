import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ModelEntry } from '../../contract/config.ts';
import type { FoundModels } from './found-models.ts';
import { allKeys } from './keys.ts';
import { DEFAULT_OPENAI_MODEL } from './models.ts';
import { chosenTemplate, configTemplate, proposedDefault } from './template.ts';

const NOTHING = { models: null };
const KEYED: ModelEntry = { name: DEFAULT_OPENAI_MODEL, provider: 'openai', api_key_env: 'OPENAI_API_KEY' };
const CLAUDE: ModelEntry = { name: 'claude', provider: 'anthropic', api_key_env: 'ANTHROPIC_API_KEY' };

/** Keys that are switched on, without the sections that hold none. */
function switchedOn(text: string): unknown {
  const strip = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value ?? undefined;
    const entries = Object.entries(value).map(([key, inner]) => [key, strip(inner)] as const);
    const kept = entries.filter(([, inner]) => inner !== undefined);
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  };
  return strip(parse(text));
}

test('where nothing was found nothing is switched on, and the example is OpenAI’s', () => {
  const text = configTemplate({});
  expect(switchedOn(text)).toBeUndefined();
  expect(parse(text)).toMatchObject(NOTHING);
  expect(text).toContain(`#default: ${DEFAULT_OPENAI_MODEL}`);
});

test.each<[FoundModels, string | undefined]>([
  [{}, undefined],
  [{ ollama: [] }, undefined],
  [{ ollama: ['llama', 'other'] }, 'llama'],
  [{ keyed: [KEYED], ollama: ['llama'] }, DEFAULT_OPENAI_MODEL],
  [{ keyed: [CLAUDE, KEYED] }, 'claude'],
])('%j proposes %s', (found, expected) => {
  expect(proposedDefault(found)).toBe(expected);
  const models = expected === undefined ? undefined : expect.objectContaining({ default: expected });
  expect((switchedOn(configTemplate(found)) as { models?: unknown } | undefined)?.models).toEqual(models);
});

test('of what was found the first Ollama model stands beside OpenAI', () => {
  expect(switchedOn(configTemplate({ keyed: [KEYED], ollama: ['llama', 'other'] }))).toEqual({
    models: {
      default: DEFAULT_OPENAI_MODEL,
      registry: [
        { name: DEFAULT_OPENAI_MODEL, provider: 'openai', api_key_env: 'OPENAI_API_KEY' },
        { name: 'llama', provider: 'ollama' },
      ],
    },
  });
});

test('what was chosen is switched on, and nothing else', () => {
  const settings = new Map([['governance.deny', ['exec_command', 'a b', 'yes']]]);
  expect(switchedOn(chosenTemplate({ name: 'gpt', provider: 'openai', api_key: 'k1' }, settings))).toEqual({
    models: { default: 'gpt', registry: [{ name: 'gpt', provider: 'openai', api_key: 'k1' }] },
    governance: { deny: ['exec_command', 'a b', 'yes'] },
  });
});

test('each key stands there once with its description, and taking its # away leaves a file that can be read', () => {
  const text = configTemplate({});
  for (const { path, description } of allKeys) {
    if (!path.startsWith('models.')) expect(text.split(`# ${description}\n`).length, path).toBeGreaterThan(1);
  }
  const switched = text.replace(/^( *)#(?! )/gm, '$1');
  expect(() => parse(switched)).not.toThrow();
});
