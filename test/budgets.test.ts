/** Budgets: reserved before a model is asked, never passed, and said with what to do. */
import { describe, expect } from 'vitest';
import { approvalsIn, entriesOf, expectVerified, type Place, test } from './support/place.ts';

const PRICE = { price: { input: 1, output: 10 } }; // USD per million tokens

describe('money', () => {
  test('--max-cost without a price: exit 2, the key to set, nobody asked', async ({ place, mock }) => {
    place.connect(mock);
    const { code, stdout, stderr } = await place.run(['run', '--max-cost', '0.50', 'go']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('models.registry');
    expect(stderr).toContain('price');
    expect(mock.requests).toHaveLength(0);
  });

  test.for([
    ['--max-cost', '1e300', 2],
    ['--max-cost', '9007199254740993', 2],
    ['--budget.day.cost', '9007199254740993', 2],
    ['--timeout', '99999999999d', 0],
    ['--budget.day.wall', '99999999999999999999d', 0],
  ] as const)('%s %s: refused, or no more than a journal can hold', async ([flag, value, code], { place, mock }) => {
    place.connect(mock, PRICE);
    mock.reply({ text: 'ok' });
    const ran = await place.run(['run', '--session', 'one', flag, value, 'go']);
    expect(ran.code).toBe(code);
    if (code === 0) await expectVerified(place, 'one');
  });

  test.for([
    { price: { input: 1e12, output: 1 } },
    { max_output: 9007199254740991 },
  ])('%j: a figure that no model has is refused', async (entry, { place, mock }) => {
    place.connect(mock, entry);
    expect(await place.run(['run', 'go'])).toMatchObject({ code: 2, stderr: expect.stringContaining('too big') as string });
  }); // prettier-ignore

  test('the highest price, and a service that reports more than can be: the journal proves itself, and nothing more is lent', async ({ place, mock }) => {
    const usage = { input: Number.MAX_SAFE_INTEGER, output: 1e300 };
    mock.reply({ text: 'dear', usage }, { text: 'never asked', usage });
    place.connect(mock, { price: { input: 100_000, output: 100_000 } }, { budget: { turn: { cost: 0 }, session: { cost: 0 }, day: { cost: 1_000_000_000 }, month: { cost: 1_000_000_000 } } });
    expect(await place.run(['run', '--session', 'one', 'go'])).toMatchObject({ code: 0 });
    await expectVerified(place, 'one');
    expect((await place.run(['run', '--budget.day.cost', '5', 'go'])).stderr).toContain('budget_exceeded');
  }); // prettier-ignore

  test('what a turn cost is added up and shown', async ({ place, mock }) => {
    mock.reply(
      { calls: [{ name: 'time', arguments: {} }], usage: { input: 1000, output: 100, cached: 0, reasoning: 0 } },
      { text: 'late', usage: { input: 2000, output: 200 } },
    );
    place.connect(mock, PRICE);
    await place.run(['run', '--session', 'one', '--max-cost', '1', 'go']);
    const lines = place.journal('one');
    expect(entriesOf(lines, 'model.replied').map(({ cost_micro_usd }) => cost_micro_usd)).toEqual([2000, 4000]);
    expect(entriesOf(lines, 'turn.ended')).toMatchObject([
      { cost_micro_usd: 6000, usage: { input: 3000, output: 300 }, model_calls: 2, tool_calls: 1 },
    ]);
    expect((await place.run(['session', 'ls'])).stdout).toContain('$0.006');
    await expectVerified(place, 'one');
  });

  test('a limit shortens the reply that is asked for, then ends the turn before it is passed', async ({
    place,
    mock,
  }) => {
    mock.reply(
      { calls: [{ name: 'time', arguments: {} }], usage: { input: 4000, output: 2500 } },
      { text: 'never asked' },
    );
    place.connect(mock, PRICE);
    const { code, stderr } = await place.run(['run', '--session', 'one', '--max-cost', '0.03', 'go']);
    expect(code).toBe(1);
    expect(stderr).toContain('budget_exceeded');
    expect(stderr).toContain('budget.turn.cost');
    expect(mock.requests.length).toBeLessThan(3);
    const lines = place.journal('one');
    for (const { reserve, max_output_tokens } of entriesOf(lines, 'model.requested')) {
      expect(reserve.cost_micro_usd).toBeLessThanOrEqual(30_000);
      expect(max_output_tokens).toBeLessThan(3000); // by itself the model may give 16,384
    }
    const [ended] = entriesOf(lines, 'turn.ended');
    expect(ended).toMatchObject({ reason: 'budget_exceeded', code: 'turn_cost' });
    expect(ended!.cost_micro_usd).toBeLessThanOrEqual(30_000);
    await expectVerified(place, 'one');
  });
});

describe('tokens', () => {
  const script = (place: Place, budget: object): void =>
    place.play(
      [
        { match: { tool_result: 'time' }, reply: { text: 'never', usage: { input: 10, output: 10 } } },
        {
          match: { any: true },
          reply: { calls: [{ tool: 'time', arguments: {} }], usage: { input: 15_000, output: 5000 } },
        },
      ],
      { budget },
    );

  test('of a turn: used up, it ends and says what it had done', async ({ place }) => {
    script(place, { turn: { tokens: 20_500 } });
    const { code, stderr } = await place.run(['run', '--session', 'one', 'go']);
    expect(code).toBe(1);
    expect(stderr).toContain('budget.turn.tokens');
    expect(stderr).toContain('time (1 done)');
    expect(entriesOf(place.journal('one'), 'turn.ended')).toMatchObject([
      { reason: 'budget_exceeded', code: 'turn_tokens', model_calls: 1 },
    ]);
    await expectVerified(place, 'one');
  });

  test('of a session: the next turn is not begun with more than is left', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'ok', usage: { input: 15_000, output: 1000 } } }], {
      budget: { session: { tokens: 17_000 } },
    });
    expect((await place.run(['run', '--session', 'one', 'go'])).code).toBe(0);
    const second = await place.run(['run', '--session', 'one', 'go']);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('budget.session.tokens');
    expect((await place.run(['run', '--session', 'two', 'go'])).code).toBe(0);
    await expectVerified(place, 'one');
  });
});

describe('time', () => {
  test('--timeout ends a silent model: exit 1, reason timeout', async ({ place }) => {
    place.play([{ match: { any: true }, stall: '40s', reply: { text: 'late' } }]);
    const { code, stdout, stderr } = await place.run(['run', '--session', 'one', '--timeout', '200ms', 'go']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('timeout');
    const lines = place.journal('one');
    expect(entriesOf(lines, 'turn.ended')).toMatchObject([{ reason: 'timeout' }]);
    expect(entriesOf(lines, 'turn.reflected')).toMatchObject([{ signal: 'stop', reason: 'timeout' }]);
    await expectVerified(place, 'one');
  });

  test('--timeout ends a command that runs', async ({ place }) => {
    place.play(
      [
        {
          match: { any: true },
          reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'sleep 60; touch ran.txt' } }] },
        },
      ],
      { governance: { auto_allow: ['exec_command'] } },
    );
    expect((await place.run(['run', '--session', 'one', '--timeout', '1s', 'go'])).code).toBe(1);
    expect(entriesOf(place.journal('one'), 'call.finished')).toMatchObject([{ outcome: 'canceled' }]);
    await expectVerified(place, 'one');
  });

  test('waiting for a person does not count', async ({ place }) => {
    place.play([
      { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'true' } }] } },
    ]);
    const asked = await place.run(['run', '--session', 'one', '--timeout', '1500ms', 'go']);
    expect(asked.code).toBe(5);
    await new Promise((resolve) => setTimeout(resolve, 1600));
    await place.run(['approve', approvalsIn(asked)[0]!]);
    expect(await place.run(['run', '--session', 'one'])).toMatchObject({ code: 0, stdout: 'done\n' });
    await expectVerified(place, 'one');
  });
});
