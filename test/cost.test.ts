/** `runtime cost`: what was used, from the journals alone. */
import { describe, expect } from 'vitest';
import type { CostReport } from '../src/contract/cost.ts';
import { type Place, test } from './support/place.ts';

const PRICE = { price: { input: 1, output: 10 } }; // USD per million tokens
const usage = { input: 1000, output: 100 };

async function report(place: Place, ...args: string[]): Promise<CostReport> {
  const { code, stdout, stderr } = await place.run(['cost', '-o', 'json', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as CostReport;
}

const total = { calls: 2, usage: { input: 2000, output: 200 }, cost_micro_usd: 4000, unpriced_tokens: 0 };

describe('cost', () => {
  test('adds up by day, session, model and source, and says the same after a session is removed', async ({
    place,
    mock,
  }) => {
    mock.reply({ text: 'one', usage }, { text: 'two', usage });
    place.connect(mock, PRICE);
    await place.run(['run', '--session', 'one', 'go']);
    await place.run(['run', '--session', 'two', 'go']);
    const byDay = await report(place);
    expect(byDay).toMatchObject({ by: 'day', rows: [{ ...total, key: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) }], total }); // prettier-ignore
    expect((await report(place, '--by', 'session')).rows.map(({ key }) => key).sort()).toEqual(['one', 'two']);
    expect(await report(place, '--by', 'source')).toMatchObject({ rows: [{ key: 'cli', ...total }] });
    const byModel = await report(place, '--by', 'model');
    expect(byModel).toMatchObject({ rows: [total] });
    expect((await place.run(['session', 'rm', 'two'])).code).toBe(0);
    expect(await report(place)).toEqual(byDay);
    expect(await report(place, '--by', 'model')).toEqual(byModel);
    expect((await report(place, '--by', 'session')).rows.map(({ key }) => key).sort()).toEqual(['one', 'two']);
    const shown = await place.run(['cost']);
    expect(shown.stdout).toContain('$0.0040');
    expect(shown.stdout).toMatch(/2000 +0 +200/);
  });

  test('a fork counts only what it asked itself', async ({ place, mock }) => {
    mock.reply({ text: 'one', usage }, { text: 'two', usage });
    place.connect(mock, PRICE);
    await place.run(['run', '--session', 'one', 'go']);
    const fork = (await place.run(['session', 'fork', 'one'])).stdout.trim().split('\n')[0]!;
    expect((await report(place)).total.calls).toBe(1);
    await place.run(['run', '--session', fork, 'on']);
    expect((await report(place)).total).toMatchObject(total);
  });

  test('K-32: tells cached and reasoning tokens, too', async ({ place, mock }) => {
    mock.reply({ text: 'one', usage: { ...usage, cached: 400, reasoning: 60 } });
    place.connect(mock, PRICE);
    await place.run(['run', '--session', 'one', 'go']);
    const used = { ...usage, cached: 400, reasoning: 60 };
    expect(await report(place, '--by', 'session')).toMatchObject({ rows: [{ key: 'one', usage: used, cost_micro_usd: 2000 }] }); // prettier-ignore
  });

  test('tokens without a price are counted, and said', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'ok', usage: { input: 70, output: 7 } } }]);
    await place.run(['run', '--session', 'one', 'go']);
    const { stdout, stderr } = await place.run(['cost']);
    expect(stdout).toContain('unknown');
    expect(stderr).toContain('Of 77 tokens the price');
  });

  test('days bound it; what is none is refused', async ({ place, mock }) => {
    mock.reply({ text: 'one', usage });
    place.connect(mock, PRICE);
    await place.run(['run', '--session', 'one', 'go']);
    expect(await report(place, '--until', '2020-01-01')).toMatchObject({ rows: [], total: { calls: 0 } });
    expect(await report(place, '--since', '2020-01-01')).toMatchObject({ total: { calls: 1 } });
    for (const day of ['yesterday', '2026-02-30', '2026-13-01']) {
      expect((await place.run(['cost', '--since', day])).code, day).toBe(2);
    }
    const { code, stderr } = await place.run(['cost', '--since', 'yesterday']);
    expect(code).toBe(2);
    expect(stderr).toContain('2026-11-21');
    expect((await place.run(['cost', '--by', 'moon'])).code).toBe(2);
  });

  test('nothing used is said', async ({ place }) => {
    expect(await place.run(['cost'])).toMatchObject({ code: 0, stderr: 'no model was asked\n' });
  });
});
