/**
 * The kernel: the rules of a session as pure functions over its journal. It does no I/O, reads no clock, draws no random
 * number; the digest function is given to it.
 */
import type { Hash } from '../base/digest.ts';
import type { Decision, Entry } from '../contract/entries.ts';
import { admits } from './turn/admits.ts';
import { decide, decision, type Decided } from './turn/decide.ts';
import { evolve } from './turn/evolve.ts';
import { initial, type Evolved, type Resolved, type State } from './turn/state.ts';

export interface Kernel {
  initial(): State;
  evolve(state: State, entry: Entry, resolved?: Resolved): Evolved;
  decide(state: State): Decided;
  /** What `decide` would append, without what should be running. */
  decision(state: State): Decision | undefined;
  admits(state: State, entry: Entry, resolved?: Resolved): boolean;
}

export function createKernel(hash: Hash): Kernel {
  return {
    initial,
    evolve: (state, entry, resolved) => evolve(hash, state, entry, resolved),
    decide: (state) => decide(hash, state),
    decision: (state) => decision(hash, state),
    admits: (state, entry, resolved) => admits(hash, state, entry, resolved),
  };
}
