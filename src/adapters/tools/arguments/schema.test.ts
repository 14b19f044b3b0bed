import { Ajv } from 'ajv';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonValue } from '../../../base/json.ts';
import { checkArguments, type ObjectSchema } from './schema.ts';

const schema: ObjectSchema = {
  type: 'object',
  properties: {
    name: { type: 'string', minLength: 1, pattern: '^[^x]*$' },
    kind: { type: 'string', enum: ['a', 'b'] },
    count: { type: 'integer', minimum: 1, maximum: 5 },
    words: { type: 'array', items: { type: 'string' } },
  },
  required: ['name'],
  additionalProperties: false,
};

const member = fc.oneof(
  fc.constantFrom<JsonValue>('', 'a', 'b', 'x', '😀', 0, 1, 5, 6, 1.5, null, true, [], ['a'], ['a', 1], {}),
  fc.jsonValue(),
);
const value = fc.oneof(
  fc.dictionary(fc.constantFrom('name', 'kind', 'count', 'words', 'other', 'a/b', 'toString'), member),
  fc.jsonValue(),
);

test('H-110 our reading of the schema is that of a general validator', () => {
  const validate = new Ajv().compile(schema);
  fc.assert(
    fc.property(value, (args) => {
      expect(checkArguments(schema, args as JsonValue).length === 0).toBe(validate(args));
    }),
    { numRuns: 2000 },
  );
});

test('H-110 messages name what is wrong', () => {
  expect(checkArguments(schema, { name: 5, kind: 'c', count: 1.5, words: ['a', null], 'a/b': 1 })).toEqual([
    { path: '/name', message: 'must be a string, not 5' },
    { path: '/kind', message: 'must be one of a, b' },
    { path: '/count', message: 'must be an integer, not 1.5' },
    { path: '/words/1', message: 'must be a string, not null' },
    { path: '/a~1b', message: 'unknown property "a/b"; there are: name, kind, count, words' },
  ]);
});
