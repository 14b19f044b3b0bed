/**
 * The next decision, or, when there is none, the effects that should be running. The runner appends decisions until
 * there is nothing more to append before it takes the next observation; so a verifier can derive every one of them.
 *
 *   plan    → plan.made; of a goal model.requested first
 *   steps   → child.started … until all have ended, then turn.reflected
 *   think   → model.requested … until a reply, or turn.reflected{stop}
 *   act     → for each call: refused, or decided, asked, started … until all are settled
 *   reflect → turn.reflected; check.requested before, where the turn has one
 *   end     → reply.made, turn.ended
 *
 * A turn that is cut leaves this path at once: what runs is cancelled and awaited, the rest is refused.
 */
import type { Hash } from '../../base/digest.ts';
import type { Decision } from '../../contract/entries.ts';
import { nextStep } from '../goal/steps.ts';
import { act, cutCalls } from './act.ts';
import { askedChoice } from './choice.ts';
import { cutEnding, replyMade, turnEnded } from './ending.ts';
import { openEffects, type Effect } from './open.ts';
import { reflect, reflected } from './reflect.ts';
import type { State, Turn } from './state.ts';
import { think } from './think.ts';

export interface Decided {
  append?: Decision;
  /** Counts only when there is nothing to append. */
  open: Effect[];
}

/** The next decision alone, for who proves a journal: nothing is to be run. */
export function decision(hash: Hash, state: State): Decision | undefined {
  return state.turn ? nextDecision(hash, state, state.turn) : undefined;
}

export function decide(hash: Hash, state: State): Decided {
  const append = decision(hash, state);
  return append ? { append, open: [] } : { open: openEffects(state) };
}

function nextDecision(hash: Hash, state: State, turn: Turn): Decision | undefined {
  if (turn.phase === 'end') return end(turn);
  if (turn.cut !== null) return cutShort(turn);
  switch (turn.phase) {
    case 'plan': {
      if (turn.goal) return plan(hash, state, turn);
      const steps = [{ id: 's1', title: 'Answer the message', depends_on: [] }];
      const model = turn.manifest.models[turn.choice]!.name;
      return { type: 'plan.made', data: { turn: turn.turn, by: 'rule', model, steps } };
    }
    case 'steps':
      return nextStep(hash, state, turn);
    case 'think':
      return think(hash, state, turn);
    case 'act':
      return act(hash, state, turn);
    case 'reflect':
      return reflect(hash, turn);
  }
}

/** A goal's plan is a model's: asked for until there is one that can be used, or too often. */
function plan(hash: Hash, state: State, turn: Turn): Decision | undefined {
  const { draft, problem } = turn.goal!;
  if (draft) {
    const model = askedChoice(turn).name;
    return { type: 'plan.made', data: { turn: turn.turn, by: 'model', model, steps: draft } };
  }
  if (problem !== undefined && turn.ask.purpose === 'plan' && turn.ask.status === 'answered')
    return reflected(turn, 'stop', 'task_graph_invalid');
  return think(hash, state, turn);
}

function cutShort(turn: Turn): Decision | undefined {
  const call = cutCalls(turn);
  if (call) return call;
  const isRunning = ({ status }: { status: string }): boolean => status === 'running';
  if (isRunning(turn.ask) || turn.calls.some(isRunning) || turn.goal?.steps.some(isRunning)) return undefined;
  if (turn.cut === 'timeout') return reflected(turn, 'stop', 'timeout');
  return turnEnded(turn, cutEnding(turn));
}

function end(turn: Turn): Decision {
  const ending = turn.ending ?? cutEnding(turn);
  return turn.reply_made ? turnEnded(turn, ending) : replyMade(turn, ending);
}
