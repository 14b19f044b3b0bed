import { describe, expect, test } from 'vitest';
import type { ModelFailureClass } from '../../contract/values.ts';
import { planMade, reflected, replyMade, requested, turnEnded } from '../testing/expected.ts';
import { created, later, message, modelFailed, opened, replied, reservationRefused, reserved, started, timerFired } from '../testing/observations.ts'; // prettier-ignore
import { given, START_AT, type Story } from '../testing/story.ts';
import { DAY, model, type Inputs } from '../testing/values.ts';

function asking(inputs: Inputs = {}): Story {
  return given(created(), message('e1'), started(inputs));
}

function retryTimer(story: Story): unknown {
  return story.open().find((effect) => effect.kind === 'timer' && effect.of === 'retry');
}

describe('what the adapter knows of a failure', () => {
  const two = { models: [model('main'), model('other')] };

  test('another key is tried at once, and counts as an attempt', () => {
    const story = given(created(), message('e1'), started({ rules: { model_attempts: 2 } }));
    expect(story.when(modelFailed('auth', { hint: 'other_key' }))).toEqual([requested('m1.1', { attempt: 2 })]);
    expect(story.when(modelFailed('auth', { hint: 'other_key' })).at(-1)).toMatchObject({
      data: { reason: 'auth_missing' },
    });
  });

  test('A-40: where nobody answers the next model is asked at once, and the end says so', () => {
    const story = given(created(), message('e1'), started(two));
    const down = modelFailed('overload', { hint: 'endpoint_down' });
    expect(story.when(down)).toEqual([requested('m1.1', { attempt: 2, model: 'other-1' })]);
    expect(story.when(replied({ text: 'Hi' })).at(-1)).toMatchObject({
      data: { reason: 'success', given_up: [expect.stringContaining('main: ')] },
    });
  });

  test('a service that wants to be left alone for longer than is waited makes room for the next model', () => {
    const story = given(created(), message('e1'), started(two));
    const limited = modelFailed('rate_limit', { retry_after_ms: 86_400_000 });
    expect(story.when(limited)).toEqual([requested('m1.1', { attempt: 2, model: 'other-1' })]);
  });

  test('without another it is waited, as after any failure', () => {
    const story = given(created(), message('e1'), started());
    expect(story.when(modelFailed('overload', { hint: 'endpoint_down', retry_after_ms: 15_000 }))).toEqual([]);
    expect(story.open()[0]).toMatchObject({ kind: 'timer', of: 'retry', due_at: story.state.at + 15_000 });
  });
});

describe('A-29, C-77: a failure that may pass is tried again', () => {
  test.each<ModelFailureClass>(['rate_limit', 'overload', 'timeout', 'network', 'malformed'])(
    '%s: the same call, after a wait that doubles, with no reflection between',
    (failure) => {
      const story = asking();
      let at = START_AT;
      for (const [attempt, wait] of [
        [1, 500],
        [2, 1000],
        [3, 2000],
      ] as const) {
        expect(story.when(modelFailed(failure))).toEqual([]);
        const id = `rm1.1.${attempt}`;
        expect(retryTimer(story)).toEqual({ kind: 'timer', key: `timer:${id}`, id, due_at: at + wait, of: 'retry' });
        expect(story.refuses(later(wait - 1, timerFired(id)))).toBe(true);
        expect(story.when(later(wait, timerFired(id)))).toEqual([requested('m1.1', { attempt: attempt + 1 })]);
        at += wait;
      }
      expect(story.when(modelFailed(failure))).toEqual([
        reflected('stop', `model_${failure}`),
        replyMade({ said: `It failed: ${failure}.` }),
        turnEnded('unavailable', { code: `their_${failure}`, message: `It failed: ${failure}.`, model_calls: 4 }),
      ]);
    },
  );

  test('the wait never passes its longest, nor falls below what the provider asked for', () => {
    const story = asking({ rules: { model_attempts: 20, retry_base_ms: 1000, retry_max_ms: 3000 } });
    const waits = [undefined, undefined, undefined, 60_000, 10 * 60_000].map((retry_after_ms) => {
      story.when(modelFailed('overload', retry_after_ms === undefined ? {} : { retry_after_ms }));
      const { due_at, id } = retryTimer(story) as { due_at: number; id: string };
      const wait = due_at - story.state.at;
      story.when(later(wait, timerFired(id)));
      return wait;
    });
    // Retry-After is honoured up to five minutes.
    expect(waits).toEqual([1000, 2000, 3000, 60_000, 5 * 60_000]);
  });

  test('an attempt cut off by the end of the program, or aborted, counts for nothing and waits for nothing', () => {
    const story = asking({ rules: { model_attempts: 2 } });
    expect(story.when(opened())).toEqual([requested('m1.1', { attempt: 2 })]);
    expect(story.when(modelFailed('aborted'))).toEqual([requested('m1.1', { attempt: 3 })]);
    expect(story.when(modelFailed('network'))).toEqual([]);
    expect(retryTimer(story)).toMatchObject({ due_at: START_AT + 500 });
    expect(story.when(later(500, timerFired('rm1.1.3')))).toEqual([requested('m1.1', { attempt: 4 })]);
    expect(story.when(modelFailed('network')).at(-1)).toEqual(
      turnEnded('unavailable', { code: 'their_network', message: 'It failed: network.', model_calls: 4 }),
    );
  });
});

describe('a fallback', () => {
  const inputs: Inputs = { models: [model('main'), model('other')], rules: { model_attempts: 1 } };
  const other = { provider: 'script', model: 'other-1' };

  test('A-40: is asked at once when the attempts of the model before it are used up, and stays for the turn', () => {
    const story = asking(inputs);
    expect(story.when(modelFailed('overload'))).toEqual([requested('m1.1', { attempt: 2, ...other })]);
    expect(story.when(replied({ calls: [['no_such_tool']] })).at(-1)).toEqual(requested('m1.2', other));
  });

  test('gets attempts of its own; the turn ends at the last one', () => {
    const story = asking({ ...inputs, rules: { model_attempts: 2 } });
    story.when(modelFailed('network'), later(500, timerFired('rm1.1.1')));
    expect(story.when(modelFailed('network'))).toEqual([requested('m1.1', { attempt: 3, ...other })]);
    expect(story.when(modelFailed('network'))).toEqual([]);
    expect(story.when(later(500, timerFired('rm1.1.3')))).toEqual([requested('m1.1', { attempt: 4, ...other })]);
    expect(story.when(modelFailed('network')).at(-1)).toMatchObject({
      data: { reason: 'unavailable', model_calls: 4 },
    });
  });

  test('that fails too is said together with why the one before it was given up', () => {
    const story = asking(inputs);
    story.when(modelFailed('overload', { message: 'main is overloaded' }));
    expect(story.when(modelFailed('network', { message: 'other is gone' })).at(-1)).toMatchObject({
      data: { reason: 'unavailable', message: 'other is gone (before it: main: main is overloaded)' },
    });
  });

  test('the next turn begins with the chosen model again', () => {
    const story = asking(inputs);
    story.when(modelFailed('overload'), replied({ text: 'Hi' }), message('e2'));
    expect(story.when(started(inputs))).toEqual([planMade('main', 2), requested('m2.1')]);
  });

  test('is not asked after a failure that no repetition mends', () => {
    const story = asking(inputs);
    expect(story.when(modelFailed('auth')).at(-1)).toMatchObject({ data: { reason: 'auth_missing' } });
  });
});

describe('A-34, A-36, C-77: a failure that no repetition mends ends the turn', () => {
  test.each([
    ['auth', 'auth_missing', 'their_auth'],
    ['invalid_request', 'validation_failed', 'their_invalid_request'],
    ['refused', 'failed', 'refused'],
    ['context_too_long', 'failed', 'context_too_long'],
  ] as const)('%s → %s', (failure, reason, code) => {
    const story = asking();
    const text = `It failed: ${failure}.`;
    expect(story.when(modelFailed(failure))).toEqual([
      reflected('stop', `model_${failure}`),
      replyMade({ said: text }),
      turnEnded(reason, { code, message: text }),
    ]);
    expect(story.history).toHaveLength(1);
  });
});

describe('with shared budgets', () => {
  const inputs: Inputs = { rules: { shared_scopes: [DAY] } };

  test('the ledger answers for each attempt before the model is asked', () => {
    const story = asking(inputs);
    expect(story.open()[0]).toEqual({ kind: 'reserve', key: 'reserve:m1.1.1', call_id: 'm1.1', attempt: 1 });
    expect(story.refuses(replied({ text: 'Hi' }))).toBe(true);
    expect(story.when(reserved())).toEqual([]);
    expect(story.refuses(reserved())).toBe(true);
    expect(story.open()[0]).toMatchObject({ kind: 'ask_model', attempt: 1 });
    story.when(modelFailed('network'), later(500, timerFired('rm1.1.1')));
    expect(story.open()[0]).toMatchObject({ kind: 'reserve', attempt: 2 });
    story.when(reserved());
    expect(story.when(replied({ text: 'Hi' })).at(-1)).toMatchObject({ data: { reason: 'success' } });
  });

  test('a refusal of the ledger ends the turn, and nothing is charged', () => {
    const story = asking(inputs);
    const text = 'The day budget has no room for the next model call.';
    expect(story.when(reservationRefused('day'))).toEqual([
      reflected('stop', 'day'),
      replyMade({ said: text }),
      turnEnded('budget_exceeded', { code: 'day', message: text }),
    ]);
    expect(story.state.tokens).toBe(0);
  });

  test('its own words say what was used, and of what', () => {
    const told = asking(inputs).when(reservationRefused('day_cost', '20 of 20 USD are used.'));
    expect(told.at(-1)).toEqual(turnEnded('budget_exceeded', { code: 'day_cost', message: '20 of 20 USD are used.' }));
  });

  test('no name of a scope is taken for another ending', () => {
    for (const name of ['answered', 'timeout', 'refused', 'denied']) {
      const ended = asking(inputs).when(reservationRefused(name)).at(-1);
      expect(ended).toMatchObject({ data: { reason: 'budget_exceeded', code: name } });
    }
  });
});

describe('an answer is admitted', () => {
  test('only for the attempt that is running', () => {
    const story = asking();
    const early = story.when(opened());
    expect(early).toEqual([requested('m1.1', { attempt: 2 })]);
    expect(story.refuses(modelFailed('network', { attempt: 1 }))).toBe(true);
    expect(story.refuses(modelFailed('network', { call_id: 'm1.2' }))).toBe(true);
    expect(story.refuses(modelFailed('network'))).toBe(false);
  });

  test('only with the ids that the kernel derives, and with at most 1,000 calls', () => {
    const story = asking();
    const calls = (count: number): [string][] => Array.from({ length: count }, () => ['read_file']);
    expect(story.refuses(replied({ calls: calls(1001) }))).toBe(true);
    expect(story.refuses(replied({ calls: calls(1000) }))).toBe(false);
    const renamed = replied({ calls: calls(1) });
    const step: typeof renamed = (state) => {
      const observed = renamed(state);
      if (observed.observation.type === 'model.replied') observed.observation.data.tool_calls[0]!.call_id = 'c9.9.9';
      return observed;
    };
    expect(story.refuses(step)).toBe(true);
  });
});
