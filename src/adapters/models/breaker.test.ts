import { expect, test } from 'vitest';
import { modelRequest } from '../../../test/support/model-request.ts';
import { manualClock } from '../../base/testing/manual-clock.ts';
import type { ModelAnswer } from '../../contract/messages.ts';
import type { ModelFailureClass } from '../../contract/values.ts';
import { createBreaker } from './breaker.ts';

const failing = (failure: ModelFailureClass): ModelAnswer => ({ ok: false, class: failure, code: 'x', message: 'x' });
const FINE: ModelAnswer = {
  ok: true, parts: [], tool_calls: [], stop_reason: 'end', model_served: 'm', wire_hash: '',
  usage: { input: 1, output: 1, cached: 0, reasoning: 0 },
}; // prettier-ignore

/** A service that answers as the test says, behind a breaker. */
function behindBreaker() {
  const clock = manualClock(0);
  const breaker = createBreaker(clock);
  let answer: ModelAnswer | Promise<ModelAnswer> = FINE;
  let asked = 0;
  const client = breaker.guard('the service', { ask: async () => (asked++, answer) });
  const context = { signal: new AbortController().signal, onDelta: () => {} };
  return {
    clock,
    asked: () => asked,
    answers: (next: ModelAnswer | Promise<ModelAnswer>) => void (answer = next),
    ask: () => client.ask(modelRequest(), context),
    async askOften(times: number) {
      const answers: ModelAnswer[] = [];
      for (let n = 0; n < times; n++) answers.push(await client.ask(modelRequest(), context));
      return answers;
    },
  };
}

test('A-39: after five failures in a row nobody is asked for a while, and then one request tries', async () => {
  const service = behindBreaker();
  service.answers(failing('overload'));
  const answers = await service.askOften(5);
  expect(answers.map((answer) => !answer.ok && answer.hint)).toEqual([undefined, undefined, undefined, undefined, 'endpoint_down']); // prettier-ignore
  expect(await service.ask()).toMatchObject({
    class: 'overload', code: 'endpoint_down', hint: 'endpoint_down', retry_after_ms: 15_000, usage: { input: 0 },
  }); // prettier-ignore
  expect(service.asked()).toBe(5);
  service.clock.pass(15_000);
  const later = Promise.withResolvers<ModelAnswer>();
  service.answers(later.promise);
  const tried = service.ask();
  expect(await service.ask()).toMatchObject({ code: 'endpoint_down' });
  later.resolve(FINE);
  expect(await tried).toMatchObject({ ok: true });
  service.answers(FINE);
  expect(await service.ask()).toMatchObject({ ok: true });
});

test('each try that fails makes the while longer, to a limit', async () => {
  const service = behindBreaker();
  service.answers(failing('network'));
  await service.askOften(5);
  const waits: number[] = [];
  for (let n = 0; n < 8; n++) {
    const refused = await service.ask();
    const wait = refused.ok ? 0 : refused.retry_after_ms!;
    waits.push(wait);
    service.clock.pass(wait);
    await service.ask();
  }
  expect(waits).toEqual([15, 30, 60, 120, 240, 300, 300, 300].map((seconds) => seconds * 1000));
});

test('what the request is to blame for, and an abort, say nothing of the service; an answer makes all well', async () => {
  const service = behindBreaker();
  for (const failure of ['auth', 'invalid_request', 'rate_limit', 'refused'] as const) {
    service.answers(failing(failure));
    await service.askOften(6);
  }
  service.answers(failing('timeout'));
  await service.askOften(4);
  service.answers(failing('aborted'));
  await service.askOften(3);
  service.answers(FINE);
  await service.ask();
  service.answers(failing('timeout'));
  await service.askOften(4);
  service.answers(FINE);
  expect(await service.ask()).toMatchObject({ ok: true });
});

test('what is known of an endpoint is known to all its models', async () => {
  const clock = manualClock(0);
  const breaker = createBreaker(clock);
  const context = { signal: new AbortController().signal, onDelta: () => {} };
  const broken = breaker.guard('a', { ask: async () => failing('network') });
  for (let n = 0; n < 5; n++) await broken.ask(modelRequest(), context);
  expect(await breaker.guard('a', { ask: async () => FINE }).ask(modelRequest(), context)).toMatchObject({ ok: false });
  expect(await breaker.guard('b', { ask: async () => FINE }).ask(modelRequest(), context)).toMatchObject({ ok: true });
});
