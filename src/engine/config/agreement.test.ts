/** The validator generated at build time and the fast YAML parser must mean what zod and the slow one mean. */
import fc from 'fast-check';
import * as jsYaml from 'js-yaml';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { validate } from '#generated/config-validator.js';
import type { JsonValue } from '../../base/json.ts';
import { configSchema } from '../../contract/config.ts';
import { allKeys } from './keys.ts';
import { configTemplate } from './template.ts';
import { setAt } from './tree.ts';

const odd = fc.oneof(
  fc.constantFrom<JsonValue>(null, true, '', 'x', 0, -1, 1, 1.5, 2 ** 53, '5m', '1m30s', '5', 'auto', 'operator', 'openai', 'chat', [], {}),
  fc.constantFrom<JsonValue>(['a'], ['a', ''], [1], [['a']], { a: 1 }, [{ name: 'a' }], [{ name: 'a', x: 1 }], [null], 'd-1_', 'D'),
); // prettier-ignore

const entry = fc.dictionary(
  fc.constantFrom(
    'name',
    'provider',
    'model',
    'base_url',
    'api_key',
    'wire',
    'price',
    'context',
    'request_timeout',
    'x',
  ),
  fc.oneof(odd, fc.constant({ input: 1, output: 2 }), fc.constant({ input: 1, output: 2, cached: -1, y: 0 })),
);

const section = [
  ...new Set(allKeys.flatMap(({ path }) => path.split('.').map((_, n, words) => words.slice(0, n + 1).join('.')))),
];
const change = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom(...allKeys.map(({ path }) => path)), odd) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...section, 'x', 'budget.x'), odd) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('models.registry'), fc.array(entry, { maxLength: 2 })) },
);

test('the generated validator and zod accept the same configurations, and fill in the same defaults', () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(change, { maxLength: 4 }), (changes) => {
      const tree = {};
      for (const [path, value] of changes) setAt(tree, path, structuredClone(value));
      const filled = structuredClone(tree);
      const valid = validate(filled);
      const parsed = configSchema.safeParse(tree);
      expect(valid).toBe(parsed.success);
      if (parsed.success) expect(filled).toEqual(parsed.data);
      accepted += valid ? 1 : 0;
    }),
    { numRuns: 2000 },
  );
  expect(accepted).toBeGreaterThan(200);
});

const KEYED = { name: 'gpt-x', provider: 'openai' as const, api_key_env: 'OPENAI_API_KEY' };

test.each([
  configTemplate({}),
  configTemplate({ keyed: [KEYED], ollama: ['qwen3:8b'] }),
  'a: yes\nb: off\nc: ~\nd: 012\ne: 0o17\nf: 0x1f\ng: 1_000\nh: 1e3\ni: .inf\nj: -0\nk: 2026-01-01\nl: 12:30:45\n',
  'a: "x\\ty\\u00e9"\nb: \'it\'\'s\'\nc: plain # comment\nd: a#b\ne: "[x]"\n',
  'a: |\n  one\n   two\n\nb: >-\n  one\n  two\n\n  three\nc: |+\n  x\n\n',
  'a: &x [1, 2]\nb: *x\nc: {<<: 1}\n',
  '? a\n: 1\n? b\n',
  '{"a": [1, {"b": null}], "c": "\\u0041"}',
  '{\n\t"a": 1\n}',
  '\ufeffa: 1\r\nb:\r\n- 1\r\n-   - 2\r\n',
  'a:\n- b: 1\n  c: 2\n-\n  d: 3\n',
  'a: b: c\n',
  'a: [1\n',
  'a: 1\na: 2\n',
  'a: "unfinished\n',
  '\ta: 1\n',
  'a: *nowhere\n',
])('both YAML parsers read the same in %j', (text) => {
  const read = (parser: (text: string) => unknown): unknown => {
    try {
      return { value: parser(text) };
    } catch {
      return 'refused';
    }
  };
  expect(read(jsYaml.load)).toEqual(read(parse));
});
