import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Headers as StandIn, Request, Response } from './web-stand-ins.ts';

const name = fc.constantFrom('Accept', 'accept', 'X-One', 'x-two');
const value = fc.stringMatching(/^[ a-z0-9]{0,5}$/);
const change = fc.oneof(
  fc.tuple(fc.constant('append' as const), name, value),
  fc.tuple(fc.constant('set' as const), name, value),
  fc.tuple(fc.constant('delete' as const), name),
);

test('Headers holds what the real one holds', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, value), { maxLength: 4 }),
      fc.array(change, { maxLength: 8 }),
      (init, changes) => {
        const [ours, real] = [new StandIn(init), new Headers(init)];
        for (const [method, key, text = ''] of changes) {
          for (const headers of [ours, real]) headers[method](key, text);
        }
        expect([...ours]).toEqual([...real]);
        expect([...ours.keys()]).toEqual([...real.keys()]);
        expect([...ours.values()]).toEqual([...real.values()]);
        expect(['ACCEPT', 'x-one', 'none'].map((key) => [ours.get(key), ours.has(key)])).toEqual(
          ['ACCEPT', 'x-one', 'none'].map((key) => [real.get(key), real.has(key)]),
        );
      },
    ),
  );
});

test('nothing is an instance of what is absent, and making one says so', () => {
  expect(new globalThis.Response('') instanceof Response).toBe(false);
  expect(() => new Request()).toThrow('Not part of this build');
});

test('a response holds a text of JSON', () => {
  const response = new Response('{"a":1}');
  expect(response.json()).toEqual({ a: 1 });
  expect([...response.headers.entries()]).toEqual([]);
});
