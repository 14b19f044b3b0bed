/**
 * Given – when – then for the kernel. A story is a journal that grows by observations; after each the decisions that
 * follow are appended, as the runner does.
 *
 *   const story = given(created(), message('e1'), started());
 *   expect(story.when(replied({ text: 'Hi' }))).toEqual([reflected('stop', 'answered'), replyMade(…), turnEnded(…)]);
 */
import { sha256 } from '../../base/digest.ts';
import type { Decision, Entry, NewEntry, Seq } from '../../contract/entries.ts';
import type { Content } from '../../contract/messages.ts';
import { createKernel } from '../kernel.ts';
import type { Effect } from '../turn/open.ts';
import type { Resolved, State, Turn } from '../turn/state.ts';
import type { Step } from './observations.ts';

export const kernel = createKernel(sha256);

const INTENTS: ReadonlySet<string> = new Set(['model.requested', 'call.started', 'child.started']);
export const START_AT = 1_000_000;

export interface Story {
  readonly state: State;
  /** The open turn. Throws when there is none. */
  readonly turn: Turn;
  readonly entries: Entry[];
  /** The contents of the history, in order. */
  readonly history: Content[];
  /** Takes the observations one after the other; gives the decisions that followed the last one. */
  when(...steps: Step[]): Decision[];
  /** The same by a bystander while the owner is away: no intent is appended. */
  whenAlone(...steps: Step[]): Decision[];
  refuses(step: Step): boolean;
  open(): Effect[];
}

/** A journal that began with these observations. */
export function given(...steps: Step[]): Story {
  let state = kernel.initial();
  const entries: Entry[] = [];
  const contents = new Map<Seq, Content>();
  const history: Content[] = [];

  function place(entry: NewEntry, afterMs: number): Entry {
    return { v: 1, seq: state.seq + 1, at: Math.max(state.at, START_AT) + afterMs, ...entry };
  }

  function append(entry: Entry, resolved: Resolved = {}): void {
    const evolved = kernel.evolve(state, entry, resolved);
    state = evolved.state;
    entries.push(entry);
    if (evolved.content) contents.set(entry.seq, evolved.content);
    for (const seq of evolved.joined) history.push(contents.get(seq)!);
    if (evolved.kept !== undefined) history.splice(0, history.length - evolved.kept, evolved.content!);
  }

  function take(step: Step): { entry: Entry; resolved: Resolved | undefined } {
    const { observation, resolved, after_ms } = step(state);
    return { entry: place(observation, after_ms ?? 0), resolved };
  }

  function drain(withIntents: boolean): Decision[] {
    const decisions: Decision[] = [];
    for (;;) {
      const { append: decision } = kernel.decide(state);
      if (!decision || (!withIntents && INTENTS.has(decision.type))) return decisions;
      decisions.push(decision);
      append(place(decision, 0));
    }
  }

  function tell(told: Step[], withIntents: boolean): Decision[] {
    let decisions: Decision[] = [];
    for (const step of told) {
      const { entry, resolved } = take(step);
      if (!kernel.admits(state, entry, resolved)) throw new Error(`${entry.type} is not admitted here`);
      append(entry, resolved);
      decisions = drain(withIntents);
    }
    return decisions;
  }

  tell(steps, true);
  return {
    get state() {
      return state;
    },
    get turn() {
      if (!state.turn) throw new Error('No turn is open.');
      return state.turn;
    },
    entries,
    history,
    when: (...told) => tell(told, true),
    whenAlone: (...told) => tell(told, false),
    refuses(step) {
      const { entry, resolved } = take(step);
      return !kernel.admits(state, entry, resolved);
    },
    open: () => kernel.decide(state).open,
  };
}
