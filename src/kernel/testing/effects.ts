/** How the effects of a random world answer: in any way that an honest effect may. */
import { digestOf } from '../../base/digest.ts';
import type { Facts, ModelFailureClass, Usage } from '../../contract/values.ts';
import type { Effect } from '../turn/open.ts';
import type { State } from '../turn/state.ts';
import type { Dice } from './dice.ts';
import * as tell from './observations.ts';
import { commandFact, DAY, GOAL, MINUTE, model, pathFact, person, system, type Inputs, ownInputs } from './values.ts';

const PASSING = ['network', 'rate_limit', 'overload', 'timeout', 'malformed'] as const satisfies ModelFailureClass[];
const LASTING = ['auth', 'context_too_long', 'refused', 'invalid_request'] as const satisfies ModelFailureClass[];

/** What the effect reports. `maxOutput`: how long a reply the present model call may be. */
export function answer(dice: Dice, effect: Effect, state: State, maxOutput: number): tell.Step {
  switch (effect.kind) {
    case 'freeze':
      return tell.started({
        ...randomInputs(dice),
        // Now and then without them: then it is no turn of this session.
        ...(dice.once(8) ? {} : ownInputs(state.session?.own_policies)),
      });
    case 'reserve':
      return dice.once(16) ? tell.reservationRefused('day') : tell.reserved();
    case 'ask_model':
      if (effect.cancel && !dice.once(4)) return tell.modelFailed('aborted');
      if (dice.once(4)) return failure(dice, state, maxOutput);
      return state.turn?.ask.purpose === 'plan' ? plan(dice, state, maxOutput) : reply(dice, state, maxOutput);
    case 'compact':
      return tell.compacted(dice.once(2) ? { text: 'So far.' } : {});
    case 'inspect':
      return tell.inspected(effect.call_id, dice.once(8) ? { invalid: 'no' } : { facts: randomFacts(dice) });
    case 'run_tool': {
      const outcomes = ['ok', 'ok', 'ok', 'ok', 'error', 'timeout', 'void', 'unknown'] as const;
      const outcome = effect.cancel && !dice.once(4) ? 'canceled' : dice.pick(outcomes);
      return tell.finished(effect.call_id, {
        outcome,
        output: dice.once(4) ? 'other' : 'same',
        ...(dice.once(2) && { exit_code: dice.roll(2) }),
        taint: dice.once(8) ? ['web'] : [],
      });
    }
    case 'child': {
      const ends = ['success', 'success', 'success', 'failed', 'unavailable', 'denied', 'budget_exceeded'] as const;
      const reason = effect.cancel && !dice.once(4) ? 'canceled' : dice.pick(ends);
      const worked = dice.roll(2 * MINUTE);
      const { limits } = state.turn!.goal!.steps.find(({ id }) => id === effect.step_id)!;
      // What others do at the same time comes out of the same budget.
      const most = Math.floor((limits?.tokens ?? 1000) / (2 * GOAL.at_once));
      const usage = { input: dice.roll(most + 1), output: 0, cached: 0, reasoning: 0 };
      const active_ms = dice.roll(worked + 1);
      const taint = dice.once(8) ? ['web'] : [];
      return tell.later(worked, tell.childFinished(effect.session_id, { reason, usage, taint, active_ms }));
    }
    case 'timer': {
      const late = dice.once(4) ? dice.roll(20 * MINUTE) : 0;
      const wait = Math.max(0, effect.due_at - state.at) + late;
      if (effect.of !== 'approval') return tell.later(wait, tell.timerFired(effect.id));
      const isDue = state.at >= effect.due_at;
      return isDue || dice.once(4) ? tell.later(wait, expiry(effect.id)) : resolution(dice, effect.id);
    }
  }
}

/** Any answer to an approval. */
export function resolution(dice: Dice, approval_id: string): tell.Step {
  const outcome = dice.pick(['granted', 'denied']);
  const standing = outcome === 'granted' && dice.once(3) && { scope: 'session' as const, grant_id: `g-${approval_id}` };
  const by = { actor: person, via: 'api' };
  return tell.only({ type: 'approval.resolved', data: { approval_id, outcome, by, ...standing } });
}

function expiry(approval_id: string): tell.Step {
  const by = { actor: system, via: 'clock' };
  return tell.only({ type: 'approval.resolved', data: { approval_id, outcome: 'expired', by } });
}

function reply(dice: Dice, state: State, maxOutput: number): tell.Step {
  const usage = randomUsage(dice, state, maxOutput);
  const kind = dice.pick([
    'text',
    'calls',
    'calls',
    'calls',
    'same',
    'same',
    'same',
    dice.pick(['empty', 'cut', 'refused']),
  ]);
  if (kind === 'text') return tell.replied({ text: `t${dice.roll(3)}`, usage });
  if (kind === 'same') return tell.replied({ calls: [['read_file']], usage });
  if (kind === 'empty') return tell.replied({ usage });
  if (kind === 'refused') return tell.replied({ usage, text: 'no', stop_reason: 'refused' });
  const names = [
    'read_file', 'read_file', 'list_files', 'exec_command', 'exec_command', 'apply_patch', 'send_mail', 'no_such_tool',
  ] as const; // prettier-ignore
  const calls = Array.from({ length: dice.pick([1, 1, 2, 3, 5]) }, (): [string, string] => [
    dice.pick(names),
    dice.once(4) ? '{"n":1}' : '{}',
  ]);
  if (kind === 'cut') return tell.replied({ text: 'I', calls, usage, stop_reason: 'length' });
  return tell.replied({ calls, usage, ...(dice.once(2) && { text: 'I look.' }) });
}

/** Plans of any shape, and what is none. */
function plan(dice: Dice, state: State, maxOutput: number): tell.Step {
  const usage = randomUsage(dice, state, maxOutput);
  const ids = ['a', 'b', 'c', 'd', 'e'].slice(0, 1 + dice.roll(5));
  const steps = ids.map((id, index) => ({
    id,
    task: `do ${id}`,
    depends_on: ids.slice(0, index).filter(() => dice.once(2)),
    ...(dice.once(4) && { check: 'true' }),
  }));
  return tell.replied({ usage, text: dice.once(6) ? 'no idea' : JSON.stringify({ steps }) });
}

function failure(dice: Dice, state: State, maxOutput: number): tell.Step {
  return tell.modelFailed(dice.once(8) ? dice.pick(LASTING) : dice.pick(PASSING), {
    ...(dice.once(3) && { retry_after_ms: dice.roll(2 * MINUTE) }),
    ...(dice.once(3) && { usage: randomUsage(dice, state, maxOutput) }),
  });
}

/** Never more than was reserved: so are honest providers. */
function randomUsage(dice: Dice, state: State, maxOutput: number): Usage {
  const { tokens } = state.turn!.ask.reserve;
  const input = dice.roll(tokens - maxOutput + 1);
  return { input, cached: dice.roll(input + 1), output: dice.roll(maxOutput + 1), reasoning: 0 };
}

function randomFacts(dice: Dice): Partial<Facts> {
  const paths: Facts['paths'] = [
    pathFact('a'), pathFact('b'), pathFact('/x', { inside_root: false }), pathFact('.env', { secret_shaped: true }),
    pathFact('/home', { closed: true, inside_root: false }),
  ]; // prettier-ignore
  const command = commandFact('x', { dynamic: [0], via: 'sudo > xargs', unclear: 'options', names_runtime: true });
  const commands = dice.once(8) ? [command] : [];
  const preimages = dice.once(2) ? [{ path: 'a', before: digestOf('before'), after: digestOf('after') }] : [];
  const secrets = [{ variable: 'DEPLOY_TOKEN', name: 'deploy' }];
  return {
    paths: dice.once(3) ? [dice.pick(paths)] : [],
    commands,
    preimages,
    ...(dice.once(8) && { secrets }),
  };
}

function randomInputs(dice: Dice): Inputs {
  const context = dice.once(3) ? { context: 600 + dice.roll(2000) } : {};
  const price = { input: 1_000_000 + dice.roll(9), output: 3_000_000 + dice.roll(9), cached: dice.roll(2_000_000) };
  const models = [model('main', { ...context, ...(dice.once(2) && { price }) }), model('other', { price })].slice(
    0,
    1 + dice.roll(2),
  );
  const lists: Inputs['policy'][] = [
    { allow: ['exec_command', 'send_mail'], require_approval: [] },
    { require_approval: ['exec_command'] },
    { deny: ['read_file'] },
  ];
  return {
    models,
    ...(dice.once(4) && { compactor: model('small', { price }) }),
    ...(dice.once(4) && { planner: model('planner', { price }) }),
    policy: dice.pick(lists) ?? {},
    rules: {
      calls_per_reply: 3,
      model_attempts: 1 + dice.roll(3),
      ...(!dice.once(4) && { goal: GOAL }),
      shared_scopes: dice.once(3) ? [DAY] : [],
      ...(dice.once(3) && { session_tokens: 20_000 }),
      ...(dice.once(3) && { session_cost_micro_usd: 60_000 }),
    },
    limits: {
      max_turns: 1 + dice.roll(8),
      max_calls: 1 + dice.roll(20),
      wall_ms: MINUTE * (1 + dice.roll(5)),
      ...(dice.once(3) && { tokens: 1500 + dice.roll(15_000) }),
      ...(dice.once(3) && { cost_micro_usd: 2000 + dice.roll(60_000) }),
    },
  };
}
