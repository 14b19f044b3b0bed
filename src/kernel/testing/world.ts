/**
 * A random world that drives the kernel as the runner does: decisions are appended until there are none (an intent may
 * wait while a bystander has the word), observations are appended when the kernel admits them, and dropped when not.
 * People write, steer, stop and answer approvals, also late, twice and against each other; the program is killed,
 * the store restored, the session forked, policy changed; time jumps. When the tape ends, only effects still answer.
 */
import type { Entry, NewEntry } from '../../contract/entries.ts';
import { isIntent } from '../../contract/entry-types.ts';
import { isBystander } from '../turn/admits.ts';
import type { Effect } from '../turn/open.ts';
import type { Resolved, State } from '../turn/state.ts';
import { diceOf, type Dice } from './dice.ts';
import { answer, resolution } from './effects.ts';
import * as tell from './observations.ts';
import { kernel } from './story.ts';
import { MINUTE, OWN_POLICIES } from './values.ts';

export interface Lived {
  entry: Entry;
  resolved: Resolved;
  /** The state after it. */
  after: State;
}

export interface World {
  lived: Lived[];
  state: State;
  /** Observations that the kernel did not admit. */
  dropped: number;
  /** Whether everything had ended when the world stopped. */
  ended: boolean;
}

/** A world that doesn't come to its end in so many steps after the tape's has none. */
const STEPS_TO_END = 5000;

export function live(tape: readonly number[], after: 'calm' | 'wild' = 'calm'): World {
  const dice = diceOf(tape, after);
  const lived: Lived[] = [];
  let state = kernel.initial();
  let dropped = 0;

  function append(next: NewEntry, resolved: Resolved, at: number): void {
    const entry = { v: 1, seq: state.seq + 1, at, ...next } as Entry;
    state = kernel.evolve(state, entry, resolved).state;
    lived.push({ entry, resolved, after: state });
  }

  function post(step: tell.Step): void {
    const { observation, resolved = {}, after_ms } = step(state);
    const at = state.at + (after_ms ?? dice.roll(2000));
    const entry = { v: 1, seq: state.seq + 1, at, ...observation } as Entry;
    if (kernel.admits(state, entry, resolved)) append(observation, resolved, at);
    else dropped++;
  }

  function drain(): void {
    for (;;) {
      const { append: decision } = kernel.decide(state);
      if (!decision) return;
      if (isIntent(decision.type) && !dice.ended() && dice.once(12)) {
        const step = bystander(dice, lived);
        if (isBystander(step(state).observation)) {
          post(step);
          continue;
        }
      }
      append(decision, {}, state.at);
    }
  }

  post(tell.created());
  post(tell.message('e1'));
  let steps = 0;
  let events = 1;
  while (steps < STEPS_TO_END) {
    drain();
    const { open } = kernel.decide(state);
    if (dice.ended()) {
      steps++;
      if (open.length === 0) break;
    }
    if (open.length > 0 && (dice.ended() || dice.roll(4) < 3)) {
      post(answer(dice, chosen(dice, open), state, maxOutput(lived)));
    } else {
      const id = `e${++events}`;
      const known = `e${1 + dice.roll(events)}`;
      post(
        dice.pick([
          () => tell.message(id, kindOf(dice)),
          () => tell.steer(id),
          () => tell.stop(known),
          () => bystander(dice, lived),
          () => bystander(dice, lived),
          () => killed(lived),
          () => killed(lived),
          () => replayed(dice, lived),
        ])(),
      );
    }
  }
  return { lived, state, dropped, ended: steps < STEPS_TO_END };
}

/** Some messages are goals, or are checked. */
function kindOf(dice: Dice): { goal?: true; check?: string } {
  return { ...(dice.once(3) && { goal: true as const }), ...(dice.once(6) && { check: 'npm test' }) };
}

/** The limit of active time rarely strikes. */
function chosen(dice: Dice, open: Effect[]): Effect {
  const effect = dice.pick(open);
  return effect.kind === 'timer' && effect.of === 'wall' && !dice.once(40) ? open[0]! : effect;
}

/** Someone who needs no owner: an approver, an operator, or the next owner. */
function bystander(dice: Dice, lived: Lived[]): tell.Step {
  const approvals = lived.flatMap(({ entry }) => (entry.type === 'approval.requested' ? [entry.data.approval_id] : []));
  const epoch = lived.at(-1)!.after.session!.epoch;
  return dice.pick([
    () => killed(lived),
    () => (approvals.length > 0 ? resolution(dice, dice.pick(approvals)) : killed(lived)),
    () => (approvals.length > 0 ? resolution(dice, approvals.at(-1)!) : killed(lived)),
    () => tell.policyChanged({ deny: [dice.pick(['exec_command', 'read_file', 'send_mail'])] }),
    () => tell.policyChanged({ require_approval: ['read_file', 'exec_command', 'apply_patch', 'send_mail'] }),
    () => tell.later(dice.roll(90 * MINUTE), tell.opened({ epoch })),
    () => tell.opened({ epoch: epoch + 1, reason: 'restore' }),
    () => tell.opened({ epoch, reason: 'repair', cut_bytes: 1, cut_from: 1 }),
    () => tell.forked(`s-${lived.length}`, ...(dice.once(2) ? [dice.pick(OWN_POLICIES)] : [])),
    () => tell.undone(1 + dice.roll(3), [{ path: 'a.txt' }]),
    () => tell.imported(`s-${lived.length}`, dice.roll(5)),
    () => tell.stop(lived.at(-1)!.after.turn?.event_ids[0] ?? 'e1'),
  ])();
}

/** The program ended, and starts again. */
function killed(lived: Lived[]): tell.Step {
  return tell.opened({ epoch: lived.at(-1)!.after.session!.epoch });
}

/** An observation that came before comes again. */
function replayed(dice: Dice, lived: Lived[]): tell.Step {
  const { entry, resolved } = lived[dice.roll(lived.length)]!;
  const { type, data } = entry;
  return () => ({ observation: { type, data } as tell.Observed['observation'], resolved });
}

function maxOutput(lived: Lived[]): number {
  const last = lived.findLast(({ entry }) => entry.type === 'model.requested')?.entry;
  return last?.type === 'model.requested' ? last.data.max_output_tokens : 0;
}
