import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from './canonical-json.ts';

/** What it says, or that it says nothing. */
function said(write: (value: unknown) => string | undefined, value: unknown): string {
  try {
    return write(value) ?? 'nothing';
  } catch {
    return 'nothing';
  }
}

function agree(value: unknown): void {
  expect(said(canonicalJson, value)).toBe(said(canonicalize, value));
}

const key = fc.oneof(fc.string({ unit: 'binary', maxLength: 4 }), fc.constantFrom('1', '10', '9', '__proto__', 'toJSON', 'é', '\ud800', 'b', 'a')); // prettier-ignore
const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, undefined, '\udfff', '\\ud800', -0, 1e21, new Date(0), Symbol('x')),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('any')), fc.dictionary(key, tie('any'))),
})).any;

test('says of any value what the library says, also where there is no form', () => {
  fc.assert(fc.property(value, agree), { numRuns: 5000 });
});

test.each([
  ['keys that look like numbers', JSON.parse('{"10":1,"9":2,"a":{"2":1,"1":2}}')],
  ['a key named __proto__', JSON.parse('{"b":1,"__proto__":{"z":1},"a":2}')],
  ['an own toJSON', { b: 1, a: { toJSON: () => [3] } }],
  ['numbers that are none', [Number.NaN]],
  ['what stands for nothing', [undefined, { b: undefined, a: () => 1 }]],
  ['a text that looks like an escape', { text: '\\ud800 \ud83d\ude00' }],
  ['a circle', circle()],
  ['a value deeper than the stack', JSON.parse('['.repeat(50_000) + ']'.repeat(50_000))],
])('%s', (_, odd) => agree(odd));

function circle(): object {
  const self: { b: number; a?: object } = { b: 1 };
  self.a = self;
  return self;
}
