/** The simulated models: they answer, call tools, fail, and take their time, as the dice say. */
import type { ModelFailureClass, StopReason, Usage } from '../../../src/contract/values.ts';
import type { ModelAnswer, ModelRequest } from '../../../src/contract/messages.ts';
import type { Dice } from '../../../src/kernel/testing/dice.ts';
import type { SimulatedProcess } from '../machine/parts.ts';
import { TOOL_NAMES } from './tools.ts';
import type { World } from './parts.ts';

const ANSWER_MS = 40;
const ABORT_MS = 5;
const WIRE_HASH = '0'.repeat(64);
const FAILURES = [
  'network', 'rate_limit', 'overload', 'timeout', 'malformed', 'network', 'auth', 'context_too_long', 'refused',
  'invalid_request', 'aborted',
] as const satisfies ModelFailureClass[]; // prettier-ignore
const LOOK = { provider_id: 'p', name: 'look', arguments_raw: '{}' };
const LONG_TEXT = 'A long answer. '.repeat(80);

export function askModel(
  world: World,
  process: SimulatedProcess,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const { machine, dice } = world;
  world.watching.asked(process, request);
  machine.count('model calls');
  const slow = dice.once(12) ? dice.pick([2000, 20_000, 200_000]) : 0;
  const answer = drawAnswer(dice, request);
  return new Promise((resolve) => {
    const cancel = process.after(machine.jitter(ANSWER_MS) + slow, () => {
      machine.note(`${process.name} model answers ${request.cache_key} #${request.request}: ${told(answer)}`);
      resolve(answer);
    });
    signal.addEventListener('abort', () => {
      cancel();
      process.after(ABORT_MS, () => resolve(failure('aborted')));
    });
  });
}

function told(answer: ModelAnswer): string {
  if (!answer.ok) return answer.class;
  const { tool_calls: calls } = answer;
  if (calls.length > 10) return `${calls.length} calls`;
  return calls.length === 0 ? 'text' : calls.map(({ name }) => name).join(' ');
}

function drawAnswer(dice: Dice, request: ModelRequest): ModelAnswer {
  if (request.purpose === 'compact' && !dice.once(3)) return reply('So far.', [], 'end', drawUsage(dice, request));
  if (request.purpose === 'plan' && !dice.once(4)) return reply(drawPlan(dice), [], 'end', drawUsage(dice, request));
  const kind = dice.pick(['text', 'calls', 'calls', 'calls', 'calls', 'text', 'failure', 'odd'] as const);
  if (kind === 'failure') return drawFailure(dice);
  const usage = drawUsage(dice, request);
  if (kind === 'text') return reply(dice.once(8) ? LONG_TEXT : `Answer ${dice.roll(1000)}.`, [], 'end', usage);
  if (kind === 'calls') return reply(dice.once(3) ? 'I look.' : '', drawCalls(dice), 'tool_calls', usage);
  const odd = dice.pick(['empty', 'cut', 'cut calls', 'refused', 'flood'] as const);
  if (odd === 'empty') return reply('', [], 'end', usage);
  if (odd === 'cut') return reply('Half an ans', [], 'length', usage);
  if (odd === 'flood')
    return reply(
      '',
      Array.from({ length: 1001 }, () => LOOK),
      'tool_calls',
      usage,
    );
  if (odd === 'refused') return reply('No.', [], 'refused', usage);
  return reply('', drawCalls(dice), 'length', usage);
}

/** Of one step to five, some after others. */
function drawPlan(dice: Dice): string {
  const ids = ['a', 'b', 'c', 'd', 'e'].slice(0, dice.pick([3, 2, 1, 5]));
  const steps = ids.map((id, index) => ({
    id,
    task: `do ${id}`,
    depends_on: ids.slice(0, index).filter(() => dice.once(3)),
    ...(dice.once(6) && { check: 'true' }),
  }));
  return JSON.stringify({ steps });
}

type Calls = { provider_id: string; name: string; arguments_raw: string }[];

function reply(text: string, tool_calls: Calls, stop_reason: StopReason, usage: Usage): ModelAnswer {
  const parts = text === '' ? [] : [{ type: 'text' as const, text }];
  return { ok: true, parts, tool_calls, stop_reason, usage, model_served: 'm', wire_hash: WIRE_HASH };
}

function drawCalls(dice: Dice): Calls {
  const count = dice.pick([1, 1, 2, 3, 4]);
  return Array.from({ length: count }, (_, index) => ({
    provider_id: `p${index}`,
    name: dice.once(12) ? 'no_such_tool' : dice.pick(TOOL_NAMES),
    arguments_raw: dice.once(12) ? '{"n":' : `{"n":${dice.roll(3)}}`,
  }));
}

function drawFailure(dice: Dice): ModelAnswer {
  const found = failure(dice.pick(FAILURES));
  if (dice.once(6)) found.hint = dice.pick(['other_key', 'endpoint_down']);
  if (dice.once(4)) found.retry_after_ms = dice.pick([100, 5000, 1_000_000]);
  if (dice.once(4)) found.usage = { input: dice.roll(300), output: dice.roll(300), cached: 0, reasoning: 0 };
  return found;
}

function failure(kind: ModelFailureClass): Extract<ModelAnswer, { ok: false }> {
  return { ok: false, class: kind, code: `their_${kind}`, message: `It failed: ${kind}.` };
}

/** Mostly what is honest: no more output than was asked for, no more tokens than bytes. */
function drawUsage(dice: Dice, request: ModelRequest): Usage {
  const output = dice.roll(request.max_output_tokens + 1);
  const usage = { input: 20 + dice.roll(80), output, cached: 0, reasoning: 0 };
  if (!dice.once(24)) return usage;
  return dice.pick([
    { input: 0, output: 0, cached: 0, reasoning: 0 },
    { input: 10, output, cached: 5000, reasoning: 90_000 },
    { input: 900_000, output: 900_000, cached: 0, reasoning: 0 },
  ]);
}
