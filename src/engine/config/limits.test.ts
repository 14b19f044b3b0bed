import { expect, test } from 'vitest';
import { configSchema } from '../../contract/config.ts';
import type { Role } from '../../contract/values.ts';
import { limitsOf, tighterLimits } from './limits.ts';

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

const asked = (role: Role, limits: { wall_ms?: number; cost_micro_usd?: number }) => ({
  actor: { id: 'somebody', role },
  limits,
});

test('what an operator asks for beats the configuration', () => {
  const config = configSchema.parse({ budget: { turn: { cost: 0 } } });
  expect(limitsOf(config, asked('operator', { wall_ms: 30_000, cost_micro_usd: 500_000 }))).toMatchObject({
    wall_ms: 30_000,
    cost_micro_usd: 500_000,
  });
  const more = { wall_ms: 3_600_000, cost_micro_usd: 9_000_000 };
  expect(limitsOf(configSchema.parse({}), asked('operator', more))).toMatchObject(more);
});

test('what a member asks for only tightens it', () => {
  const config = configSchema.parse({});
  const less = { wall_ms: 30_000, cost_micro_usd: 500_000 };
  expect(limitsOf(config, asked('member', less))).toMatchObject(less);
  const more = { wall_ms: 3_600_000, cost_micro_usd: 9_000_000 };
  expect(limitsOf(config, asked('member', more))).toEqual(limitsOf(config));
});

test('what a limit is left of is told where it is the tighter one', () => {
  const own = { max_turns: 10, max_calls: 200, wall_ms: 1000, tokens: 500 };
  const left_of = { tokens: 'goal', wall: 'session' } as const;
  expect(tighterLimits(own, { ...own, tokens: 100, wall_ms: 2000, left_of })).toEqual({
    ...own,
    tokens: 100,
    left_of: { tokens: 'goal' },
  });
  expect(tighterLimits(own, { ...own, tokens: 600, wall_ms: 900, left_of })).toEqual({
    ...own,
    wall_ms: 900,
    left_of: { wall: 'session' },
  });
});
