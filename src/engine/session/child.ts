/** A step that is to be done by a session of its own, put together from the state and contents of its parent. */
import { RuntimeError } from '../../contract/errors.ts';
import type { Content } from '../../contract/messages.ts';
import type { ChildRequest } from '../../contract/ports.ts';
import type { Part } from '../../contract/values.ts';
import type { Hash } from '../../base/digest.ts';
import { stepAgain, stepInput } from '../../kernel/goal/step-input.ts';
import type { Goal, Step } from '../../kernel/goal/state.ts';
import type { Seq } from '../../contract/entries.ts';
import { pendingOf } from '../../kernel/turn/history.ts';
import type { State } from '../../kernel/turn/state.ts';
import type { Folded } from './fold.ts';

/** `fold` as it is while the step's try is open; `opened_at`: the last entry when it was read. @throws RuntimeError internal when contents and state differ */
export function childRequest(
  hash: Hash,
  state: State,
  fold: Pick<Folded, 'pending' | 'goal'>,
  { step_id, opened_at }: { step_id: string; opened_at: Seq },
): ChildRequest {
  const session = state.session!;
  const turn = state.turn!;
  const goal = turn.goal!;
  const step = goal.steps.find(({ id }) => id === step_id)!;
  const { actor, source, lane, parts } = fold.goal!;
  checkDigest(hash, { parts, role: 'user' }, goal.objective);
  return {
    session_id: step.session_id!,
    attempt: step.attempt,
    parent: {
      session_id: session.id,
      seq: step.seq!,
      step_id,
      root: session.tree ?? session.id,
      scopes: turn.manifest.rules.shared_scopes,
    },
    title: step.title,
    project_root: session.project_root,
    rights: turn.rights,
    epoch: session.epoch,
    ...(session.own_policies && { own_policies: session.own_policies }),
    ...(session.model !== undefined && { model: session.model }),
    ...(session.model_listed && { model_listed: true as const }),
    ...(session.instructions !== undefined && { instructions: session.instructions }),
    pins: (session.pins ?? []).map(({ text }) => text),
    actor,
    source: turn.steered?.channels[0] ?? source, // nobody speaks to a goal before its steps are done, but who forks it
    lane,
    parts: stepInput(parts, step, resultsOf(hash, fold.pending, goal, step)),
    again: stepAgain(step),
    taint: state.taint,
    ...(step.check !== undefined && { check: step.check }),
    limits: step.limits!,
    recovered: step.seq! <= opened_at,
  };
}

function resultsOf(hash: Hash, pending: ReadonlyMap<Seq, Content>, { steps }: Goal, { depends_on }: Step): Part[][] {
  return depends_on.map((id) => {
    const result = steps.find((step) => step.id === id)?.result;
    const content = result && pending.get(result.seq);
    if (!content || content.role !== 'user') throw differs();
    checkDigest(hash, content, result.digest);
    return content.parts;
  });
}

function checkDigest(hash: Hash, content: Content, digest: string): void {
  if (pendingOf(hash, 0, content).digest !== digest) throw differs();
}

function differs(): RuntimeError {
  return new RuntimeError('internal', 'The contents of the goal differ from what the journal says of them.');
}
