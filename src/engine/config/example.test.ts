import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from './load.ts';
import { chooseModels } from './models.ts';

test('the example loads, and its models can be chosen', async () => {
  const file = join(import.meta.dirname, '../../../config/example.yaml');
  const { config, warnings } = await loadConfig({ home: '/nowhere', environment: {}, overrides: new Map(), file });
  expect(warnings).toEqual([]);
  expect(chooseModels(config, {}).choices.map(({ name }) => name)).toEqual(['main', 'local']);
});
