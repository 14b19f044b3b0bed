import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { sha256 } from '../../base/digest.ts';
import type { Entry } from '../../contract/entries.ts';
import { createResolver } from './fold.ts';

test('a resolver keeps the values that are in use, not all that ever were', async () => {
  let reads = 0;
  const resolve = createResolver({
    async get(digest) {
      reads++;
      return Buffer.from(JSON.stringify({ v: 1, instructions: digest }));
    },
  });
  const manifestOf = async (n: number): Promise<object> => {
    const entry = { type: 'turn.started', data: { frozen: `sha256:${sha256(String(n))}` } } as Entry;
    return (await resolve(entry)).manifest!;
  };
  const seen: WeakRef<object>[] = [];
  for (let n = 0; n < 500; n++) {
    seen.push(new WeakRef(await manifestOf(n)));
    await manifestOf(n);
  }
  expect(reads).toBe(500);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  while (seen.filter((one) => one.deref() !== undefined).length > 100) {
    await new Promise(setImmediate);
    collect();
  }
});
