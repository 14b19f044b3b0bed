import { expect, test } from 'vitest';
import { digestOf } from '../base/digest.ts';
import type { Config } from '../contract/config.ts';
import type { ModelChoice } from '../contract/manifest.ts';
import { initial, type State } from '../kernel/turn/state.ts';
import { createFreeze, type FrozenTurn } from './freeze.ts';
import { defaultConfig } from './testing/default-config.ts';

function frozen(
  sandbox: 'off' | 'auto' | 'required',
  made: 'off' | 'auto' | 'required',
  queue: State['queue'] = [],
  { tokens = 0, config = defaultConfig(), planner }: { tokens?: number; config?: Config; planner?: ModelChoice } = {},
): Promise<FrozenTurn> {
  const rights = { policy: digestOf(''), sandbox: made, role: 'member' as const };
  const state: State = { ...initial(), queue, tokens, session: { id: 's', project_root: '/p', rights, epoch: 1 } };
  const policy = { v: 1 as const, deny: [], require_approval: [], allow: [], sandbox, approver_roles: [] };
  const limits = { max_turns: 1, max_calls: 1, wall_ms: 1 };
  const freeze = createFreeze({
    config,
    chooseModels: () => ({ models: [], ...(planner && { planner }) }),
    policy: () => policy,
    limitsOf: async () => limits,
    belongsTo: async () => ({}),
    askerOf: async (event_id) =>
      event_id === 'step'
        ? undefined
        : {
            actor: { id: 'a', role: event_id === 'e-2' ? 'viewer' : 'operator' },
            source: `from ${event_id}`,
            lane: event_id === 'e-2' ? 'interactive' : 'background',
          },
    utcOffset: () => 120,
    tools: [],
    instructions: { read: async () => [] },
    grants: { list: async () => [] },
    blobs: { get: async () => undefined },
    time_zone: 'UTC',
  });
  return freeze({ state, minimal: false });
}

test.each([
  ['off', 'required', 'required'],
  ['off', 'auto', 'auto'],
  ['required', 'off', 'required'],
  ['auto', 'required', 'required'],
  ['off', 'off', 'off'],
] as const)('sandbox %s for a session made with %s is %s', async (now, made, expected) => {
  const { manifest, rights } = await frozen(now, made);
  expect([manifest.policy.sandbox, rights.sandbox]).toEqual([expected, expected]);
});

test('a session never gets a higher role than it was made with', async () => {
  expect((await frozen('off', 'off')).rights.role).toBe('member');
});

test('a turn has the lowest role of those whose messages it answers', async () => {
  const queued = (event_id: string): State['queue'][number] => ({
    event_id,
    content: { seq: 1, digest: '', bytes: 0 },
    taint: [],
    stopped: false,
  });
  expect((await frozen('off', 'off', [queued('e-1'), queued('e-2')])).rights.role).toBe('viewer');
  const { manifest } = await frozen('off', 'off', [queued('e-1'), queued('e-2')]);
  expect(manifest.asker).toEqual({ channels: ['from e-1', 'from e-2'], lane: 'interactive', utc_offset_min: 120 });
  expect((await frozen('off', 'off')).manifest.asker).toBeUndefined();
});

test('the message of a step was accepted by nobody: its own entry says for whom it is', async () => {
  const by = { role: 'viewer', source: 'telegram', lane: 'background' } as const;
  const { manifest, rights } = await frozen('off', 'off', [
    { event_id: 'step', content: { seq: 1, digest: '', bytes: 0 }, taint: [], stopped: false, by },
  ]);
  expect(rights.role).toBe('viewer');
  expect(manifest.asker).toEqual({ channels: ['telegram'], lane: 'background', utc_offset_min: 120 });
});

const goal = { event_id: 'e-1', content: { seq: 1, digest: '', bytes: 0 }, taint: [], stopped: false, goal: true as const }; // prettier-ignore

test('what the steps of a goal share is no more than what is left of its session', async () => {
  const config = defaultConfig();
  config.budget.session.tokens = 1000;
  const { manifest } = await frozen('off', 'off', [goal], { tokens: 900, config });
  const shared = manifest.rules.shared_scopes.find(({ scope }) => scope === 'goal:s.1');
  expect(shared?.limits.tokens).toBe(100);
  expect(shared?.left_of).toMatchObject({ tokens: 'session' });
});

test('money is limited also where only the model that plans has a price', async () => {
  const planner = { name: 'p', provider: 'openai', model: 'p', max_output_tokens: 1, price: { input: 1, output: 1, cached: 1 } }; // prettier-ignore
  const { manifest } = await frozen('off', 'off', [goal], { planner });
  const shared = manifest.rules.shared_scopes.find(({ scope }) => scope === 'day');
  expect(shared?.limits.cost_micro_usd).toBe(20_000_000);
});
