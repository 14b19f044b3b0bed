/**
 * What comes after a think and its calls: continue, retry, replan or stop, by rule and without a model. The first rule
 * that matches decides.
 */
import type { Hash } from '../../base/digest.ts';
import type { Decision } from '../../contract/entries.ts';
import { checkRequested } from '../goal/check.ts';
import { allLoops } from './loops.ts';
import type { Turn } from './state.ts';

/** Identical rounds in a row after which the model is told to try something else; one more ends the turn. */
const REPEATS_TO_REPLAN = 3;

export function reflect(hash: Hash, turn: Turn): Decision {
  const { reply, calls, check } = turn;
  if (check && (check.status === 'passed' || check.status === 'failed')) {
    return reflected(turn, 'stop', check.status === 'passed' ? 'answered' : 'check_failed');
  }
  if (calls.length === 0) {
    if (reply?.stop_reason === 'refused') return reflected(turn, 'stop', 'refused');
    if (!reply?.has_text || reply.stop_reason === 'length') {
      const why = reply?.has_text ? 'cut_by_length' : 'empty_reply';
      return reflected(turn, turn.retried || lastThink(turn) ? 'stop' : 'retry', why);
    }
    if (turn.steers.length > 0 && !lastThink(turn)) return reflected(turn, 'continue', 'steer');
    return check ? checkRequested(turn) : reflected(turn, 'stop', 'answered');
  }
  if (allDenied(turn) && turn.denied_rounds > 0) return reflected(turn, 'stop', 'denied');
  if (lastThink(turn)) return reflected(turn, 'stop', 'max_turns');
  // Told once, by these refusals or by the note of a replan, it goes on repeating.
  const told = turn.loop_rounds > 0 || turn.repeat.count >= REPEATS_TO_REPLAN;
  if (allLoops(turn) && told) return reflected(turn, 'stop', 'repeated');
  const { count } = repetition(hash, turn);
  if (count > REPEATS_TO_REPLAN) return reflected(turn, 'stop', 'repeated');
  if (count === REPEATS_TO_REPLAN) return reflected(turn, 'replan', 'repeated');
  return reflected(turn, 'continue', 'results');
}

export function reflected(
  turn: Turn,
  signal: 'continue' | 'retry' | 'replan' | 'stop',
  reason: string,
): Extract<Decision, { type: 'turn.reflected' }> {
  const evidence = turn.calls.length > 0 ? turn.calls.map((call) => call.call_id) : [turn.ask.call_id];
  return { type: 'turn.reflected', data: { turn: turn.turn, think: turn.think, signal, reason, evidence } };
}

/** Whether this round has calls and every one was denied, by policy or by a person. */
export function allDenied(turn: Turn): boolean {
  return (
    turn.calls.length > 0 &&
    turn.calls.every((call) => call.result?.status === 'denied' || call.result?.status === 'approval_denied')
  );
}

/** The signature of this round, and how many rounds in a row have had it, this one included. */
export function repetition(hash: Hash, turn: Turn): Turn['repeat'] {
  if (turn.calls.length === 0) return { signature: '', count: 0 };
  const signature = hash(turn.calls.map((call) => call.result?.signature ?? '').join(' '));
  return { signature, count: signature === turn.repeat.signature ? turn.repeat.count + 1 : 1 };
}

function lastThink(turn: Turn): boolean {
  return turn.think >= turn.limits.max_turns;
}
