import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../base/canonical-json.ts';
import { reflected, replyMade, requested, someText, turnEnded } from '../testing/expected.ts';
import { created, message, modelFailed, opened, replied, started } from '../testing/observations.ts';
import { given, type Story } from '../testing/story.ts';
import { catalog, model, type Inputs } from '../testing/values.ts';
import { addUsage, costOf, countedTokens } from './budget.ts';

/** What the request of the first think measures: instructions, tools, and the message `e1` with its envelope. */
const TOOLS = canonicalJson(catalog.map(({ name, description, parameters }) => ({ name, description, parameters })));
const INPUT = Buffer.byteLength('Be brief.') + Buffer.byteLength(TOOLS) + 32 + 'e1'.length;
const price = { input: 2_000_000, output: 10_000_000, cached: 1_000_000 };

function asking(inputs: Inputs = {}): Story {
  return given(created(), message('e1'), started(inputs));
}

function lastRequest(story: Story): unknown {
  const entry = story.entries.findLast((one) => one.type === 'model.requested');
  return entry?.type === 'model.requested' ? { max: entry.data.max_output_tokens, ...entry.data.reserve } : undefined;
}

describe('a model call reserves the worst that it can cost', () => {
  test('a token a byte of input, and the longest reply', () => {
    expect(lastRequest(asking())).toEqual({ max: 1000, tokens: INPUT + 1000, cost_micro_usd: 0 });
  });

  test('in money where the model has a price', () => {
    const cost = INPUT * 2 + 1000 * 10;
    expect(lastRequest(asking({ models: [model('main', { price })] }))).toEqual({
      max: 1000,
      tokens: INPUT + 1000,
      cost_micro_usd: cost,
    });
  });
});

describe.each<[string, (limit: number) => Inputs]>([
  ['turn_tokens', (tokens) => ({ limits: { tokens } })],
  ['session_tokens', (session_tokens) => ({ rules: { session_tokens } })],
])('the limit %s', (code, inputs) => {
  test('shortens the reply to what is left', () => {
    expect(lastRequest(asking(inputs(INPUT + 1000)))).toMatchObject({ max: 1000 });
    expect(lastRequest(asking(inputs(INPUT + 999)))).toMatchObject({ max: 999, tokens: INPUT + 999 });
    expect(lastRequest(asking(inputs(INPUT + 256)))).toMatchObject({ max: 256 });
  });

  test('ends the turn `budget_exceeded` before a call that could pass it', () => {
    const story = given(created(), message('e1'));
    expect(story.when(started(inputs(INPUT + 255))).slice(1)).toEqual([
      reflected('stop', code),
      replyMade({}),
      turnEnded('budget_exceeded', { code, message: someText, model_calls: 0 }),
    ]);
  });

  test('is not passed by a second call', () => {
    const story = asking(inputs(INPUT + 1000));
    const told = story.when(replied({ calls: [['no_such_tool']], usage: { input: INPUT, output: 900 } }));
    expect(told.at(-1)).toMatchObject({ data: { reason: 'budget_exceeded', code } });
  });
});

describe.each<[string, (limit: number) => Inputs]>([
  ['turn_cost', (cost_micro_usd) => ({ limits: { cost_micro_usd } })],
  ['session_cost', (session_cost_micro_usd) => ({ rules: { session_cost_micro_usd } })],
])('the limit %s', (code, inputs) => {
  const priced = (limit: number): Inputs => ({ models: [model('main', { price })], ...inputs(limit) });

  test('shortens the reply to what is left, to the micro-dollar', () => {
    expect(lastRequest(asking(priced(INPUT * 2 + 10_000)))).toMatchObject({ max: 1000 });
    expect(lastRequest(asking(priced(INPUT * 2 + 9_999)))).toMatchObject({ max: 999 });
    expect(lastRequest(asking(priced(INPUT * 2 + 2_560)))).toMatchObject({ max: 256 });
  });

  test('ends the turn `budget_exceeded` before a call that could pass it', () => {
    const story = given(created(), message('e1'));
    expect(story.when(started(priced(INPUT * 2 + 2_559))).at(-1)).toMatchObject({
      data: { reason: 'budget_exceeded', code, cost_micro_usd: 0 },
    });
  });

  test('is skipped for a model without a price', () => {
    expect(lastRequest(asking(inputs(1)))).toMatchObject({ max: 1000, cost_micro_usd: 0 });
  });

  test('holds for a model whose output costs nothing', () => {
    const free = [model('main', { price: { input: 1_000_000, output: 0, cached: 0 } })];
    expect(lastRequest(asking({ models: free, ...inputs(INPUT) }))).toMatchObject({ cost_micro_usd: INPUT, max: 1000 });
    const story = given(created(), message('e1'));
    const told = story.when(started({ models: free, ...inputs(INPUT - 1) }));
    expect(told.at(-1)).toMatchObject({ data: { reason: 'budget_exceeded' } });
  });

  test('reserves cached input at its price where that is the dearer one', () => {
    const odd = [model('main', { price: { input: 1_000_000, output: 0, cached: 3_000_000 } })];
    expect(lastRequest(asking({ models: odd, ...inputs(INPUT * 3) }))).toMatchObject({ cost_micro_usd: INPUT * 3 });
  });
});

describe('what a call did cost is settled', () => {
  const inputs: Inputs = { models: [model('main', { price })] };

  test('by the usage of the reply', () => {
    const story = asking(inputs);
    story.when(replied({ text: 'Hi', usage: { input: 1000, cached: 500, output: 10 }, cost_micro_usd: 42 }));
    expect(story.entries.at(-1)).toMatchObject({
      data: { usage: { input: 1000, cached: 500, output: 10, reasoning: 0 }, cost_micro_usd: 42 },
    });
    // Cached input counts a tenth of its tokens.
    expect(story.state.tokens).toBe(500 + 50 + 10);
    expect(story.state.cost_micro_usd).toBe(42);
  });

  test('at the price of the model where the reply names no cost', () => {
    const story = asking(inputs);
    story.when(replied({ text: 'Hi', usage: { input: 1000, cached: 500, output: 10 } }));
    expect(story.state.cost_micro_usd).toBe(500 * 2 + 500 + 10 * 10);
  });

  test.each(['network', 'timeout', 'malformed', 'aborted'] as const)(
    'in full after %s, unless the usage is known',
    (failure) => {
      const story = asking(inputs);
      const { tokens, cost_micro_usd } = story.turn.ask.reserve;
      story.when(modelFailed(failure));
      expect(story.turn).toMatchObject({ tokens, cost_micro_usd });

      const known = asking(inputs);
      known.when(modelFailed(failure, { usage: { input: 10, output: 1, cached: 0, reasoning: 0 } }));
      expect(known.turn).toMatchObject({ tokens: 11, cost_micro_usd: 30 });
    },
  );

  test.each(['rate_limit', 'overload'] as const)('with nothing after %s: refused before any work', (failure) => {
    const story = asking(inputs);
    story.when(modelFailed(failure));
    expect(story.turn).toMatchObject({ tokens: 0, cost_micro_usd: 0 });
  });

  test('in full when the program stopped while it ran', () => {
    const story = asking(inputs);
    const { reserve } = story.turn.ask;
    story.when(opened());
    expect(story.turn).toMatchObject(reserve);
  });

  test('so that a session limit holds over turns', () => {
    const limited: Inputs = { rules: { session_tokens: INPUT + 1500 } };
    const story = asking(limited);
    story.when(replied({ text: 'Hi', usage: { input: 1000, output: 1000 } }), message('e2'));
    expect(story.when(started(limited)).at(-1)).toMatchObject({ data: { turn: 2, code: 'session_tokens' } });
  });
});

test('no claim of a provider gives a budget back', () => {
  const claimed = { input: 0, output: 0, cached: 1_000_000, reasoning: 0 };
  expect(countedTokens(claimed)).toBe(100_000);
  expect(costOf(claimed, price)).toBe(1_000_000);
});

test('cost is rounded up to the micro-dollar', () => {
  const cheap = { input: 1, output: 0, cached: 0 };
  expect(costOf({ input: 1, output: 0, cached: 0, reasoning: 0 }, cheap)).toBe(1);
});

test('usages add up', () => {
  const one = { input: 1, output: 2, cached: 3, reasoning: 4 };
  expect(addUsage(one, one)).toEqual({ input: 2, output: 4, cached: 6, reasoning: 8 });
});

test('a shortened reply is what is asked for', () => {
  const story = given(created(), message('e1'));
  expect(story.when(started({ limits: { tokens: INPUT + 300 } }))[1]).toEqual(
    requested('m1.1', { max_output_tokens: 300, reserve: { tokens: INPUT + 300, cost_micro_usd: 0 } }),
  );
});
