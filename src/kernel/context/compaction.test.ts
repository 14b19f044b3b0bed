/** When a history is summed up, what by, and what stands in its place. */
import { describe, expect, test } from 'vitest';
import type { Decision } from '../../contract/entries.ts';
import { reflected, requested } from '../testing/expected.ts';
import {
  compacted, created, finished, inspected, later, message, modelFailed, opened, replied, reservationRefused, reserved,
  started, stop, timerFired,
} from '../testing/observations.ts'; // prettier-ignore
import { given, type Story } from '../testing/story.ts';
import { DAY, model, type Inputs } from '../testing/values.ts';

const SMALL: Inputs = { models: [model('main', { context: 2000 })] };
const LONG = 'x'.repeat(3000);

/** A session whose second message makes the window too full. `inputs`: of both turns. */
function full(inputs: Inputs = SMALL): Story {
  const long = message('e2', { parts: [{ type: 'text', text: LONG }] });
  const first = given(
    created(),
    message('e1'),
    started(inputs),
    replied({ text: LONG, usage: { input: 0, output: 0 } }),
  );
  first.when(long, started(inputs));
  return first;
}

function compaction(over: Parameters<typeof requested>[1] = {}): object {
  return requested('k2.1', { purpose: 'compact', keep: 0, ...over });
}

describe('a history is summed up', () => {
  test('A-89: before a think for which the window is too full, and the think follows', () => {
    const story = full();
    expect(story.entries.at(-1)).toMatchObject(compaction());
    expect(story.open()).toMatchObject([{ kind: 'ask_model', call_id: 'k2.1', attempt: 1 }, { kind: 'timer' }]);
    expect(story.when(replied({ text: 'We said x.' }))).toEqual([]);
    expect(story.open()).toMatchObject([{ kind: 'compact', call_id: 'k2.1' }, { kind: 'timer' }]);
    expect(story.when(compacted({ text: 'We said x.' }))).toEqual([requested('m2.1', { message_count: 1 })]);
    expect(story.history).toHaveLength(1);
    expect(JSON.stringify(story.history)).toContain('We said x.');
    expect(story.when(replied({ text: 'Yes.' }))[0]).toEqual(
      reflected('stop', 'answered', { turn: 2, evidence: ['m2.1'] }),
    );
    expect(story.entries.at(-1)).toMatchObject({ type: 'turn.ended', data: { reason: 'success', model_calls: 2 } });
  });

  test('and what is new and short stays as it is', () => {
    const inputs = { models: [model('main', { context: 2000 })] };
    const story = given(
      created(),
      message('e1'),
      started(inputs),
      replied({ text: LONG, usage: { input: 0, output: 0 } }),
    );
    story.when(message('e2'), started(inputs), replied({ text: LONG, usage: { input: 0, output: 0 } }));
    expect(story.when(message('e3'), started(inputs)).at(-1)).toEqual(requested('k3.1', { purpose: 'compact', keep: 1, message_count: 5 })); // prettier-ignore
    story.when(replied({ text: 'So far.' }), compacted({ text: 'So far.' }));
    expect(story.history.map((content) => content.role)).toEqual(['user', 'user']);
    expect(story.history[1]).toEqual({ role: 'user', parts: [{ type: 'text', text: 'e3' }] });
    expect(story.state.history).toMatchObject({ count: 2 });
  });

  test('by what the model counted, where it did', () => {
    const inputs = { models: [model('main', { context: 2000 })] };
    const told = given(
      created(),
      message('e1'),
      started(inputs),
      replied({ text: LONG, usage: { input: 1690, output: 1 } }),
    );
    told.when(message('e2'));
    expect(told.when(started(inputs)).at(-1)).toMatchObject({ data: { purpose: 'compact' } });
    const little = given(
      created(),
      message('e1'),
      started(inputs),
      replied({ text: LONG, usage: { input: 90, output: 1 } }),
    );
    little.when(message('e2'));
    expect(little.when(started(inputs)).at(-1)).toMatchObject({ data: { purpose: 'think' } });
  });

  test('but not by what it thought beside its reply, and is not told again', () => {
    const usage = { input: 500, output: 9000, reasoning: 8999 };
    const inputs = { models: [model('main', { context: 2000 })] };
    const story = given(created(), message('e1'), started(inputs), replied({ text: 'Aha.', usage }), message('e2'));
    story.when(started(inputs), replied({ text: 'Aha.', usage }), message('e3'));
    expect(story.when(started(inputs)).at(-1)).toMatchObject({ data: { purpose: 'think' } });
  });

  test('never where nobody knows the window, or one content would be replaced by one', () => {
    const unknown = full({ models: [model('main')] });
    expect(unknown.entries.at(-1)).toMatchObject({ data: { purpose: 'think' } });
    const alone = given(created(), message('e1', { parts: [{ type: 'text', text: LONG + LONG }] }), started(SMALL));
    expect(alone.entries.at(-1)).toMatchObject({ data: { purpose: 'think' } });
  });

  test('once a think: what is still too long is asked all the same', () => {
    const story = full();
    expect(story.when(replied({ text: 'x' }), compacted({ text: LONG + LONG }))).toEqual([requested('m2.1', { max_output_tokens: 256 })]); // prettier-ignore
  });

  test('H-81: no result is kept without its call', () => {
    const inputs = { models: [model('main', { context: 2000 })] };
    const story = given(created(), message('e1'), started(inputs));
    const calls = { calls: [['read_file', `{"path":"${'y'.repeat(4000)}"}`]] as [string, string][] };
    story.when(replied({ ...calls, usage: { input: 0, output: 0 } }), inspected('c1.1.1'));
    const decisions = story.when(finished('c1.1.1', { output: LONG }));
    expect(decisions.at(-1)).toEqual(requested('k1.2', { purpose: 'compact', keep: 0, message_count: 3 }));
  });
});

describe('what comes into the history while it is summed up stays there, and so does all behind it', () => {
  const lost = opened({ reason: 'repair', cut_bytes: 1, cut_from: 1 });
  const inputs: Inputs = { models: [model('main', { context: 2000 })] };

  /** The last message is kept, and nothing of what stands before it. */
  function keepsOne(): Story {
    const story = given(created(), message('e1'), started(inputs), replied({ text: LONG }));
    story.when(message('e2'), started(inputs), replied({ text: LONG }));
    expect(story.when(message('e3'), started(inputs)).at(-1)).toMatchObject({ data: { purpose: 'compact', keep: 1 } });
    return story;
  }

  test('where the summary is asked for again', () => {
    const story = keepsOne();
    expect(story.when(lost)).toMatchObject([{ data: { purpose: 'compact', attempt: 2, keep: 2 } }]);
    story.when(replied({ text: 'So far.' }), compacted({ text: 'So far.' }));
    expect(story.history.map((content) => content.role)).toEqual(['user', 'user', 'note']);
    expect(story.state.history).toMatchObject({ count: 3 });
  });

  test('where the summary only has to be placed', () => {
    const story = keepsOne();
    story.when(replied({ text: 'So far.' }), lost, compacted({ text: 'So far.' }));
    expect(story.history.map((content) => content.role)).toEqual(['user', 'user', 'note']);
    expect(story.history[1]).toEqual({ role: 'user', parts: [{ type: 'text', text: 'e3' }] });
  });

  test('however often', () => {
    const story = keepsOne();
    for (let time = 0; time < 50; time++) story.when(lost);
    expect(() => story.when(replied({ text: 'So far.' }), compacted({ text: 'So far.' }))).not.toThrow();
    expect(story.state.turn).toMatchObject({ ask: { purpose: 'think', status: 'running' } });
    expect(story.state.history.count).toBe(story.history.length);
  });
});

describe('when the model says that it was too long', () => {
  test('A-90: it is summed up once, and asked again', () => {
    const told = full({ models: [model('main')] });
    expect(told.when(modelFailed('context_too_long'))).toEqual([compaction({ message_count: 3 })]);
    expect(told.when(replied({ text: 'Short.' }), compacted({ text: 'Short.' }))).toEqual([
      requested('m2.1', { attempt: 2 }),
    ]);
    expect(told.when(modelFailed('context_too_long'))).toMatchObject([
      reflected('stop', 'model_context_too_long', { turn: 2, evidence: ['m2.1'] }),
      { type: 'reply.made' },
      { type: 'turn.ended', data: { reason: 'failed', code: 'context_too_long' } },
    ]);
    told.when(message('e3'), started({ models: [model('main')] }));
    expect(told.when(replied({ text: 'Yes.' })).at(-1)).toMatchObject({ data: { reason: 'success' } });
  });

  test('and nothing can be summed up, it fails', () => {
    const told = given(created(), message('e1'), started());
    expect(told.when(modelFailed('context_too_long')).at(-1)).toMatchObject({
      data: { reason: 'failed', code: 'context_too_long' },
    });
  });
});

describe('within the budgets that hold by default', () => {
  const price = { input: 3_000_000, output: 15_000_000, cached: 300_000 };
  const limits = { tokens: 1_000_000, cost_micro_usd: 2_000_000 };
  const large = (over: Partial<Inputs> = {}): Inputs => ({
    models: [model('main', { context: 200_000, max_output_tokens: 16_000, price })],
    limits,
    ...over,
  });
  const text = 'x'.repeat(680_000);

  /** A conversation that takes so much of the window by the model's own count, at four bytes a token. */
  function long(inputs: Inputs): Story {
    const story = given(created(), message('e1', { parts: [{ type: 'text', text }] }), started(large({ limits: {} })));
    story.when(replied({ text: 'Aha.', usage: { input: 172_000, output: 10 } }), message('e2'), started(inputs));
    return story;
  }

  test('a model of usual prices sums a full window up', () => {
    expect(long(large()).entries.at(-1)).toMatchObject({ data: { purpose: 'compact' } });
  });

  test('without room for a summary the call itself is made, as long as it can be', () => {
    const story = long(large({ limits: { ...limits, cost_micro_usd: 820_000 } }));
    expect(story.entries.at(-1)).toMatchObject({ data: { purpose: 'think' } });
    expect(story.when(modelFailed('context_too_long')).at(-1)).toMatchObject({
      type: 'turn.ended',
      data: { reason: 'budget_exceeded', code: 'turn_cost' },
    });
  });

  /** Of a summary that was tried once there is no room for a second time, but there is for the call. */
  const tight = large({ limits: { ...limits, cost_micro_usd: 1_640_000 } });

  test.each<[string, (story: Story) => Decision[]]>([
    ['that was killed', (story) => story.when(opened())],
    ['that failed', (story) => story.when(modelFailed('network'), later(500, timerFired('rk2.1.1')))],
  ])('nor for trying one %s again', (_, again) => {
    const story = long(tight);
    expect(story.entries.at(-1)).toMatchObject({ data: { purpose: 'compact' } });
    expect(again(story)).toMatchObject([{ data: { purpose: 'think', call_id: 'm2.1', attempt: 1 } }]);
    expect(story.when(replied({ text: 'Yes.' })).at(-1)).toMatchObject({ data: { reason: 'success' } });
  });

  test('unless the service has said that the call is too long', () => {
    const told = given(created(), message('e1', { parts: [{ type: 'text', text }] }), started(large({ limits: {} })));
    const unknown = { ...tight, models: [model('main', { max_output_tokens: 16_000, price })] };
    told.when(replied({ text: 'Aha.', usage: { input: 172_000, output: 10 } }), message('e2'), started(unknown));
    expect(told.when(modelFailed('context_too_long'))).toMatchObject([{ data: { purpose: 'compact' } }]);
    expect(told.when(opened()).at(-1)).toMatchObject({ data: { reason: 'budget_exceeded', code: 'turn_cost' } });
  });

  test('nor where budgets that sessions share refuse it', () => {
    const story = long(large({ rules: { shared_scopes: [DAY] } }));
    expect(story.when(reservationRefused('day_cost'))).toMatchObject([{ data: { purpose: 'think', call_id: 'm2.1', attempt: 1 } }]); // prettier-ignore
    story.when(reserved());
    expect(story.when(replied({ text: 'Yes.' })).at(-1)).toMatchObject({ data: { reason: 'success' } });
  });

  test('and they end the turn when they refuse the call, too, or one that is too long', () => {
    const both = long(large({ rules: { shared_scopes: [DAY] } }));
    both.when(reservationRefused('day_cost'));
    expect(both.when(reservationRefused('day_cost')).at(-1)).toMatchObject({
      data: { reason: 'budget_exceeded', code: 'day_cost' },
    });
    const models = [model('main', { max_output_tokens: 16_000, price })];
    const wanted = long(large({ models, rules: { shared_scopes: [DAY] } }));
    wanted.when(reserved(), modelFailed('context_too_long'));
    expect(wanted.entries.at(-1)).toMatchObject({ data: { purpose: 'compact' } });
    expect(wanted.when(reservationRefused('day_cost')).at(-1)).toMatchObject({
      data: { reason: 'budget_exceeded', code: 'day_cost' },
    });
  });
});

describe('when no summary can be had', () => {
  test('what was too long is shown shorter each time', () => {
    const story = full();
    const digests = [story.entries.at(-1)];
    for (let n = 2; n <= 4; n++) digests.push(...(story.when(modelFailed('context_too_long')) as never[]));
    expect(digests).toMatchObject([1, 2, 3, 4].map((attempt) => compaction({ attempt })));
    expect(
      new Set(digests.map((entry) => (entry as { data: { request_digest: string } }).data.request_digest)).size,
    ).toBe(4);
    expect(story.when(modelFailed('context_too_long'))).toEqual([]);
    expect(story.open()[0]).toMatchObject({ kind: 'compact' });
  });

  test('a passing failure is waited out, a lasting one goes without a model', () => {
    const story = full();
    expect(story.when(modelFailed('overload'))).toEqual([]);
    expect(story.when(later(500, timerFired('rk2.1.1')))).toEqual([compaction({ attempt: 2 })]);
    expect(story.when(modelFailed('refused'))).toEqual([]);
    expect(story.when(compacted())).toEqual([requested('m2.1')]);
    expect(JSON.stringify(story.history)).toContain('Nobody could sum it up');
  });

  test('the compactor is asked first, then the model of the turn', () => {
    const story = full({ ...SMALL, compactor: model('small') });
    expect(story.entries.at(-1)).toMatchObject(compaction({ model: 'small-1' }));
    expect(story.when(modelFailed('auth'))).toEqual([compaction({ attempt: 2, model: 'main-1' })]);
    expect(story.when(modelFailed('refused'))).toEqual([]);
    expect(story.when(compacted())).toEqual([requested('m2.1')]);
  });

  test('because nobody answers, the conversation stays as it is, and the call is tried', () => {
    const story = full();
    const before = story.history.length;
    for (let n = 1; n < 4; n++) story.when(modelFailed('overload'), later(60_000, timerFired(`rk2.1.${n}`)));
    expect(story.when(modelFailed('overload'))).toMatchObject([{ data: { purpose: 'think', call_id: 'm2.1' } }]);
    expect(story.history).toHaveLength(before);
    story.when(replied({ text: 'Yes.' }), message('e3'), started(SMALL));
    expect(story.entries.at(-1)).toMatchObject({ data: { purpose: 'compact', call_id: 'k3.1' } });
  });

  test('because nobody answers, and the call is too long as it is: the record stands in its place', () => {
    const story = given(created(), message('e1', { parts: [{ type: 'text', text: 'x'.repeat(9000) }] }), started());
    story.when(replied({ text: 'Aha.' }), message('e2'), started());
    expect(story.when(modelFailed('context_too_long'))).toMatchObject([{ data: { purpose: 'compact' } }]);
    expect(story.when(modelFailed('auth'))).toEqual([]);
    expect(story.when(compacted())).toMatchObject([{ data: { purpose: 'think', call_id: 'm2.1' } }]);
  });
});

describe('cut at any place', () => {
  test('killed while a summary is made, it is asked for again', () => {
    const story = full();
    expect(story.when(opened())).toEqual([compaction({ attempt: 2 })]);
  });

  test('killed before it is in its place, it is put there', () => {
    const story = full();
    story.when(replied({ text: 'x' }));
    expect(story.when(opened())).toEqual([]);
    expect(story.open()[0]).toMatchObject({ kind: 'compact' });
    expect(story.when(compacted({ text: 'x' }))).toEqual([requested('m2.1')]);
  });

  test('a stop ends it', () => {
    const story = full();
    story.when(stop('e2'));
    expect(story.open()).toMatchObject([{ kind: 'ask_model', cancel: true }]);
    expect(story.when(modelFailed('aborted')).at(-1)).toMatchObject({
      type: 'turn.ended',
      data: { reason: 'canceled' },
    });
    const answered = full();
    answered.when(replied({ text: 'x' }));
    expect(answered.when(stop('e2')).at(-1)).toMatchObject({ type: 'turn.ended', data: { reason: 'canceled' } });
  });
});

test('what is no summary of this call is not admitted', () => {
  const story = full();
  expect(story.refuses(compacted())).toBe(true);
  story.when(replied({ text: 'x' }));
  expect(story.refuses((state) => ({ ...compacted()(state), resolved: {} }))).toBe(true);
  const other = (data: object) => (state: typeof story.state) => {
    const step = compacted()(state);
    return { ...step, observation: { ...step.observation, data: { ...step.observation.data, ...data } } as never };
  };
  expect(story.refuses(other({ kept: 1 }))).toBe(true);
  expect(story.refuses(other({ call_id: 'k1.1' }))).toBe(true);
  expect(story.refuses(other({}))).toBe(false);
  expect(story.open()[0]).toMatchObject({ kind: 'compact' });
});
