import { expect, test } from 'vitest';
import { modelRequest } from '../../../test/support/model-request.ts';
import { manualClock } from '../../base/testing/manual-clock.ts';
import type { ModelAnswer } from '../../contract/messages.ts';
import type { ModelFailureClass } from '../../contract/values.ts';
import { createKeyRotation } from './key-rotation.ts';

/** Keys, each with how a request by it fails; absent: it is answered. */
function keyed(...keys: (ModelFailureClass | undefined)[]) {
  const clock = manualClock(0);
  const fails = [...keys];
  const used: number[] = [];
  let retry_after_ms: number | undefined;
  const client = createKeyRotation(
    keys.map((_, index) => ({
      ask: async (): Promise<ModelAnswer> => {
        used.push(index);
        const failure = fails[index];
        if (failure)
          return {
            ok: false,
            class: failure,
            code: 'x',
            message: 'x',
            ...(retry_after_ms !== undefined && { retry_after_ms }),
          };
        const usage = { input: 1, output: 1, cached: 0, reasoning: 0 };
        return { ok: true, parts: [], tool_calls: [], stop_reason: 'end', model_served: 'm', wire_hash: '', usage };
      },
    })),
    clock,
  );
  const context = { signal: new AbortController().signal, onDelta: () => {} };
  const retryAfter = (ms: number): void => void (retry_after_ms = ms);
  return { clock, fails, used, retryAfter, ask: () => client.ask(modelRequest(), context) };
}

test('a key that is refused or limited rests, and the next is used', async () => {
  const keys = keyed('auth', 'rate_limit', undefined);
  expect(await keys.ask()).toMatchObject({ class: 'auth', hint: 'other_key' });
  expect(await keys.ask()).toMatchObject({ class: 'rate_limit', hint: 'other_key' });
  expect(await keys.ask()).toMatchObject({ ok: true });
  expect(await keys.ask()).toMatchObject({ ok: true });
  expect(keys.used).toEqual([0, 1, 2, 2]);
});

test('a limited key that needn’t rest is no other key: who asks waits as long as ever', async () => {
  const keys = keyed('rate_limit', 'rate_limit');
  keys.retryAfter(0);
  expect(await keys.ask()).not.toHaveProperty('hint');
});

test('when all rest it is said without a hint, and the one that is free soonest is used', async () => {
  const keys = keyed('auth', 'rate_limit');
  expect(await keys.ask()).toMatchObject({ hint: 'other_key' });
  const last = await keys.ask();
  expect(last.ok || last.hint).toBeUndefined();
  keys.fails[1] = undefined;
  expect(await keys.ask()).toMatchObject({ ok: true });
  expect(keys.used).toEqual([0, 1, 1]);
});

test('a key has rested when its time is over', async () => {
  const keys = keyed('rate_limit', 'rate_limit');
  await keys.ask();
  await keys.ask();
  keys.clock.pass(60_000);
  expect(await keys.ask()).toMatchObject({ hint: 'other_key' });
  expect(keys.used).toEqual([0, 1, 1]);
});

test('other failures say nothing of the key', async () => {
  const keys = keyed('overload', undefined);
  const answer = await keys.ask();
  expect(answer.ok || answer.hint).toBeUndefined();
  await keys.ask();
  expect(keys.used).toEqual([0, 0]);
});
