import { expect, test } from 'vitest';
import { configSchema } from '../../contract/config.ts';
import { limitsOf } from './limits.ts';

test('the defaults', () => {
  expect(limitsOf(configSchema.parse({}))).toEqual({
    max_turns: 10,
    max_calls: 200,
    wall_ms: 600_000,
    tokens: 1_000_000,
    cost_micro_usd: 2_000_000,
  });
});

test('0 is no limit', () => {
  const config = configSchema.parse({ budget: { turn: { tokens: 0, cost: 0, wall: '1m30s' } } });
  expect(limitsOf(config)).toEqual({ max_turns: 10, max_calls: 200, wall_ms: 90_000 });
});

test('what the caller asks for beats the configuration', () => {
  const config = configSchema.parse({ budget: { turn: { cost: 0 } } });
  expect(limitsOf(config, { wall_ms: 30_000, cost_micro_usd: 500_000 })).toMatchObject({
    wall_ms: 30_000,
    cost_micro_usd: 500_000,
  });
});
