/** The configuration and the policy of a world. Limits are low, so that they are met. */
import { validate } from '#generated/config-validator.js';
import type { Config } from '../../../src/contract/config.ts';
import type { Policy } from '../../../src/contract/manifest.ts';
import type { PolicyRule } from '../../../src/contract/policy-rule.ts';
import type { Verdict } from '../../../src/contract/values.ts';
import type { LoadedConfig } from '../../../src/engine/config/load.ts';
import type { Dice } from '../../../src/kernel/testing/dice.ts';

const PRICE = { input: 10, output: 30, cached: 1 };

export function drawConfig(dice: Dice): LoadedConfig {
  const priced = dice.once(2);
  const window = dice.pick([0, 0, 0, 0, 0, 700, 1500]);
  const model = (name: string) => ({
    name,
    provider: 'openai',
    api_key: 'none',
    max_output: 500,
    ...(window > 0 && { context: window }),
    ...(priced && { price: PRICE }),
  });
  const config: unknown = {
    models: {
      default: 'main',
      fallback: dice.once(3) ? ['other'] : [],
      purposes: { ...(dice.once(4) && { compact: 'small' }), ...(dice.once(4) && { plan: 'small' }) },
      registry: [model('main'), model('other'), model('small')],
    },
    governance: {
      approval_ttl: dice.pick(['1h', '5m', '20s']),
      idempotency_ttl: dice.pick(['24h', '24h', '1m']),
    },
    orchestrator: {
      max_turns: dice.pick([6, 3, 2]),
      max_tool_calls: dice.pick([12, 4, 2]),
      max_calls_per_reply: dice.pick([8, 2]),
      model_attempts: dice.pick([3, 2, 1]),
      max_parallel_subtasks: dice.pick([4, 2, 1]),
      subtask_retry_max: dice.pick([2, 3, 1]),
      instructions: 'Help.',
    },
    budget: {
      turn: {
        tokens: dice.pick([0, 6000, 3000]),
        cost: dice.pick([2, 0.15, 0.06]),
        wall: dice.pick(['10m', '1m', '5s']),
      },
      goal: { tokens: dice.pick([0, 30_000, 9000]), cost: dice.pick([0, 0.3]), wall: dice.pick(['2h', '1m', '5s']) },
      session: { tokens: dice.pick([0, 0, 12_000]), cost: dice.pick([0, 0, 0.3]) },
      ...(dice.once(3) ? drawShared(dice) : { day: { cost: 0 }, month: { cost: 0 } }),
    },
    ingress: {
      interactive_queue_size: dice.pick([100, 3, 1]),
      background_queue_size: dice.pick([1000, 2, 1]),
      delivery_attempts: dice.pick([3, 1]),
    },
    worker: {
      interactive_concurrency: dice.pick([8, 2, 1]),
      background_concurrency: dice.pick([4, 1]),
      sender_concurrency: dice.pick([0, 0, 1]),
    },
    scheduler: { history: dice.pick([1000, 2]), max_catchup_runs: dice.pick([10, 2]) },
  };
  if (!validate(config)) throw new Error('the drawn configuration is not valid');
  return {
    config: config satisfies Config,
    file: { path: 'config.yaml', text: '', exists: true },
    inFile: {},
    originOf: () => ({ from: 'file' }),
    warnings: [],
  };
}

/** Limits of budgets that sessions share. Where there are none, nothing ends for them, and other faults come to light. */
function drawShared(dice: Dice) {
  return {
    day: { calls: dice.pick([0, 0, 20]), cost: dice.pick([20, 0.5, 0.1]), wall: dice.pick(['0s', '0s', '2m']) },
    month: { tokens: dice.pick([0, 0, 60_000]) },
    sender: { tokens: dice.pick([0, 0, 15_000]), calls: dice.pick([0, 0, 9]) },
    schedule: { calls: dice.pick([0, 3]) },
  };
}

/** In some worlds tools may be called a few times a day only. */
export function drawToolLimits(side: Dice, loaded: LoadedConfig): LoadedConfig {
  if (!side.once(3)) return loaded;
  const daily_tool_limit = { work: side.pick([1, 2, 4]), send: side.pick([1, 3]), look: side.pick([0, 2, 6]) };
  const { config } = loaded;
  return { ...loaded, config: { ...config, governance: { ...config.governance, daily_tool_limit } } };
}

/** Each world has its tools on these lists; `setPolicy` moves one. */
export function drawPolicy(dice: Dice): Policy {
  const lists = dice.pick<Pick<Policy, 'allow' | 'require_approval' | 'deny'>>([
    { allow: ['look', 'work', 'exec_command'], require_approval: ['send', 'patch'], deny: [] },
    { allow: ['look', 'patch', 'send'], require_approval: ['work', 'exec_command'], deny: [] },
    { allow: ['look'], require_approval: ['send', 'patch'], deny: ['work', 'exec_command'] },
  ]);
  return { v: 1, ...lists, sandbox: 'off', approver_roles: ['operator'] };
}

/** Whoever changes a list may change who answers, too, and the rules about arguments: stricter or looser than they were. */
export function drawGovernance(side: Dice, policy: Policy): Policy {
  if (!side.once(2)) return policy;
  const { rules: _, ...others } = policy;
  const approver_roles = side.pick<Policy['approver_roles']>([['operator'], ['operator', 'admin'], ['admin']]);
  const decision = side.pick(['require_approval', 'allow', 'deny', 'require_approval'] as const);
  const rule: PolicyRule = {
    id: 'r',
    tool: [side.pick(['work', 'send', 'patch', 'look'])],
    args: { n: String(side.roll(3)) },
    decision,
    ...(decision === 'require_approval' && side.once(2) && { approvers: [side.pick(['admin', 'operator'])] }),
  };
  return { ...others, approver_roles, ...(side.once(2) && { rules: [rule] }) };
}

const LISTS = { allow: 'allow', require_approval: 'require_approval', deny: 'deny' } as const;

export function movedIn(policy: Policy, tool: string, verdict: Verdict): Policy {
  const without = (names: string[]): string[] => names.filter((name) => name !== tool);
  const moved = {
    ...policy,
    allow: without(policy.allow),
    require_approval: without(policy.require_approval),
    deny: without(policy.deny),
  };
  const list = LISTS[verdict];
  return { ...moved, [list]: [...moved[list], tool].sort() };
}
