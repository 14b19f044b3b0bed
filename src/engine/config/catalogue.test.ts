import { expect, test } from 'vitest';
import { configSchema, type ModelEntry } from '../../contract/config.ts';
import { findInCatalogue, wholeCatalogue } from './catalogue.ts';
import { chooseModels, entryFigures } from './models.ts';

const KEY = { OPENAI_API_KEY: 'sk-123456' };
const figures = (entry: ModelEntry) => entryFigures(entry, KEY);
const CATALOGUED = { as_of: '2026-07-02', source: 'models.dev f3fc6922' };

test('every line is whole, and stands once; prices are not negative, cached input costs no more than input', () => {
  const all = wholeCatalogue();
  expect(all.length).toBeGreaterThan(50);
  expect(new Set(all.map(({ provider, id }) => `${provider} ${id}`)).size).toBe(all.length);
  for (const entry of all) {
    expect(findInCatalogue(entry.provider, entry.id)).toEqual(entry);
    const { price, context = 1, max_output = 1, as_of, source } = entry;
    expect(Object.values(price).every((usd) => usd >= 0)).toBe(true);
    expect(price.cached).toBeLessThanOrEqual(price.input);
    expect(Number.isInteger(context) && Number.isInteger(max_output)).toBe(true);
    expect(as_of).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(source).toMatch(/^models\.dev [0-9a-f]{8}$/);
  }
});

test.each(['', 'gpt', 'gpt-5.4 1050000', 'gpt-5.4\n', '.*'])('%j is in no catalogue', (id) => {
  expect(findInCatalogue('openai', id)).toBeUndefined();
});

test('a model without figures of its own has those of the catalogue, and that is said', () => {
  expect(figures({ name: 'x', provider: 'openai', model: 'gpt-5.4' })).toEqual({
    context: 1_050_000,
    max_output: 128_000,
    price: { input: 2_500_000, output: 15_000_000, cached: 250_000 },
    sees: ['image', 'file'],
    reasons: true,
    from: { config: false, catalogue: CATALOGUED },
  });
});

test('what the entry says beats it, each by itself', () => {
  const price = { input: 1, output: 2 };
  expect(figures({ name: 'gpt-5.4', provider: 'openai', price, context: 1000 })).toMatchObject({
    context: 1000,
    max_output: 128_000,
    price: { input: 1_000_000, output: 2_000_000, cached: 1_000_000 },
    from: { config: true, catalogue: CATALOGUED },
  });
  const own = figures({ name: 'gpt-5.4', provider: 'openai', price, context: 1000, max_output: 10 });
  expect(own).toEqual({
    context: 1000,
    max_output: 10,
    price: { input: 1_000_000, output: 2_000_000, cached: 1_000_000 },
    sees: ['image', 'file'],
    reasons: true,
    from: { config: true },
  });
});

test.each([
  [{ provider: 'zai', name: 'glm-5' } as const, []],
  [{ provider: 'zai', name: 'glm-5', sees: ['image' as const] } as const, ['image']],
  [{ provider: 'openai', name: 'gpt-5.4', sees: [] } as const, []],
  [{ provider: 'anthropic', name: 'claude-opus-5-5' } as const, undefined],
  [{ provider: 'ollama', name: 'gpt-5.4' } as const, undefined],
])('what %j sees is known, that it sees nothing, or not known: %j', (entry, sees) => {
  const { choices } = chooseModels(configSchema.parse({ models: { registry: [entry] } }), KEY);
  expect(choices[0]!.sees).toEqual(sees);
});

test('the same name behind another address is another model', () => {
  expect(figures({ name: 'gpt-5.4', provider: 'openai', base_url: 'https://other.example/v1' })).toEqual({});
  expect(figures({ name: 'gpt-5.4', provider: 'ollama' })).toEqual({});
  expect(entryFigures({ name: 'gpt-5.4', provider: 'openai' }, { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' })).toEqual(
    {},
  );
  expect(figures({ name: 'gpt-5.4', provider: 'openai', base_url: 'https://api.openai.com/v1' })).toHaveProperty(
    'price',
  );
});

test('by a login it has the sizes, but no price: the plan pays', () => {
  const found = figures({ name: 'openai-codex/gpt-5.4', provider: 'openai-codex' });
  expect(found).toMatchObject({ context: 1_050_000 });
  expect(found).not.toHaveProperty('price');
});

test('a choice has what the kernel needs; a reply is no longer than usual, whatever the model could say', () => {
  const { choices } = chooseModels(configSchema.parse({}), KEY, { model: 'gpt-5.4' });
  expect(choices).toEqual([
    {
      name: 'gpt-5.4',
      provider: 'openai',
      model: 'gpt-5.4',
      context: 1_050_000,
      max_output_tokens: 16_384,
      price: { input: 2_500_000, output: 15_000_000, cached: 250_000 },
      sees: ['image', 'file'],
    },
  ]);
});
