/** What a turn ends with, and the words for it where the text isn't the model's. */
import type { Decision } from '../../contract/entries.ts';
import type { ModelFailureClass, TurnReason } from '../../contract/values.ts';
import { reserve, wallLeft } from '../budget/budget.ts';
import { howItWent } from '../goal/evolve-goal.ts';
import type { Goal } from '../goal/state.ts';
import type { Ending, State, Turn } from './state.ts';

const MODEL_FAILURES: Record<ModelFailureClass, TurnReason> = {
  auth: 'auth_missing',
  rate_limit: 'unavailable',
  overload: 'unavailable',
  timeout: 'unavailable',
  network: 'unavailable',
  malformed: 'unavailable',
  invalid_request: 'validation_failed',
  refused: 'failed',
  context_too_long: 'failed',
  aborted: 'canceled',
};

/** The reason code of `turn.reflected{stop}` when the model call failed for good. */
export function failureCode(failure: ModelFailureClass): string {
  return `model_${failure}`;
}

/** The ending that follows from the reason code of `turn.reflected{stop}`. */
export function endingOf(state: State, turn: Turn, code: string): Ending {
  if (turn.ending?.code === code) return turn.ending;
  const { goal, check } = turn;
  if (code === 'task_graph_invalid' && goal) {
    const message = `No usable plan was made${goal.plans > 1 ? ` in ${goal.plans} tries` : ''}: ${goal.problem}. State the goal more narrowly, or let another model plan (models.purposes.plan).`;
    return { reason: 'task_graph_invalid', code: 'invalid_model_output', message };
  }
  if (code === 'check_failed' && check) {
    const message = `The check \`${check.command}\` did not pass: ${check.said}.`;
    return { reason: 'validation_failed', code, message };
  }
  switch (code) {
    case 'answered':
      return turn.goal ? goalEnding(turn.goal) : { reason: 'success' };
    case 'timeout':
      return {
        reason: 'timeout',
        code,
        message: outOfTime(state, turn),
      };
    case 'refused':
      return { reason: 'failed', code, message: 'The model refused to answer.' };
    case 'empty_reply':
      return { reason: 'failed', code, message: 'The model gave an empty reply.' };
    case 'cut_by_length':
      return { reason: 'failed', code, message: 'The reply was cut off at its length limit.' };
    case 'denied':
      return { reason: 'denied', code, message: 'Every call of two rounds was denied, so nothing more could be done.' };
    case 'max_turns':
      return {
        reason: 'failed',
        code,
        message: `The turn reached its limit of ${turn.limits.max_turns} model replies (orchestrator.max_turns).`,
      };
    case 'repeated':
      return { reason: 'failed', code, message: 'The model repeated the same calls with the same results.' };
  }
  const failure = turn.ask.failure;
  if (failure && code === failureCode(failure.class)) {
    const before = turn.given_up.length === 0 ? '' : ` (before it: ${turn.given_up.join('; ')})`;
    const ending = { reason: MODEL_FAILURES[failure.class], message: `${failure.message}${before}` };
    const own = ending.reason === 'failed' ? failure.class : failure.code;
    return { ...ending, code: own };
  }
  const refused = reserve(state, turn);
  return { reason: 'budget_exceeded', code, message: refused.ok ? 'A budget is used up.' : refused.message };
}

const STEPS_FAILED = 'steps_failed';

/** Causes that are told as they are: who reads the reason of the goal knows what to mend. */
const CAUSES: ReadonlySet<TurnReason> = new Set([
  'timeout', 'denied', 'budget_exceeded', 'validation_failed', 'unavailable', 'auth_missing',
]); // prettier-ignore

/** A goal is done when all its steps are; else it ends for what the first of them ended for. */
function goalEnding({ steps }: Goal): Ending {
  const lost = steps.filter(({ status }) => status !== 'done');
  if (lost.length === 0) return { reason: 'success' };
  const cause = steps.find(({ status }) => status === 'failed')?.reason;
  const reason = cause !== undefined && CAUSES.has(cause) ? cause : 'execution_failed';
  const which = lost.map((step) => `${step.title}: ${howItWent(step)}`).join('; ');
  return { reason, code: STEPS_FAILED, message: `${lost.length} of ${steps.length} steps were not done: ${which}.` };
}

function outOfTime(state: State, turn: Turn): string {
  const { code } = wallLeft(state, turn);
  const { wall_ms, left_of } = turn.limits;
  if (code === 'timeout' && left_of?.wall)
    return `All ${wall_ms / 1000} s that were left of the ${left_of.wall}'s active time are used. Raise budget.${left_of.wall}.wall to go on.`;
  if (code === 'timeout')
    return `The ${turn.goal ? 'goal' : 'turn'} reached its limit of ${wall_ms / 1000} s of active time.`;
  const name = code.slice(0, -'_wall'.length);
  // A session and its children have the limits of the session.
  const [whose, section] = name === 'tree' ? ['session and its children', 'session'] : [name, name];
  return `The limit of active time of the ${whose} is reached. Raise budget.${section}.wall to go on.`;
}

/** The ending of a turn that was cut without a last reflection. */
export function cutEnding(turn: Turn): Ending {
  if (turn.cut === 'quarantine') {
    const message = 'The program stopped three times at the same place of this turn, so the turn was given up.';
    return { reason: 'interrupted', code: 'quarantined', message };
  }
  return { reason: 'canceled' };
}

/** Every end but `canceled` and `interrupted` has a reply: the model's own, else what happened. */
export function replyMade(turn: Turn, ending: Ending): Decision {
  const base = { reply_id: `r${turn.turn}`, turn: turn.turn, to: [], final: true };
  const answered = ending.reason === 'success' || ending.code === 'refused' || ending.code === STEPS_FAILED;
  if (answered && turn.reply?.has_text) {
    return { type: 'reply.made', data: { ...base, call_id: turn.reply.call_id } };
  }
  return { type: 'reply.made', data: { ...base, parts: [{ type: 'text', text: whatHappened(turn, ending) }] } };
}

export function turnEnded(turn: Turn, ending: Ending): Decision {
  return {
    type: 'turn.ended',
    data: {
      turn: turn.turn,
      event_ids: turn.event_ids,
      reason: ending.reason,
      ...(ending.code !== undefined && { code: ending.code }),
      ...(ending.message !== undefined && { message: ending.message }),
      usage: turn.usage,
      ...(turn.priced && { cost_micro_usd: turn.cost_micro_usd }),
      model_calls: turn.model_calls,
      tool_calls: turn.started_count,
      ...(turn.given_up.length > 0 && { given_up: turn.given_up }),
    },
  };
}

function whatHappened(turn: Turn, ending: Ending): string {
  const steps = (turn.goal?.steps ?? []).map((step) => `${step.title}: ${howItWent(step)}`);
  const said = ending.message ?? 'The turn ended without an answer.';
  const message = steps.length === 0 ? said : `${said} Steps: ${steps.join('; ')}.`;
  if (turn.tally.length === 0) return message;
  const work = turn.tally.map(({ tool, ok, other }) => {
    const parts = [ok > 0 ? `${ok} done` : '', other > 0 ? `${other} not` : ''].filter((part) => part !== '');
    return `${tool} (${parts.join(', ')})`;
  });
  return `${message} Calls until then: ${work.join(', ')}.`;
}
