/** `runtime.replay.v1`: what `session replay --model … -o json` prints. Types only. */
import type { ModelFailureClass, Usage } from './values.ts';

/** What a reply comes to. */
export interface SaidByModel {
  kind: 'calls' | 'answers' | 'refuses' | 'says_nothing';
  text: string;
  /** In order; the arguments as canonical JSON. */
  calls: { name: string; arguments: string }[];
}

/** `after_difference`: the turn went another way before. */
export type NotAsked = 'after_difference' | 'stopped' | 'max_calls' | 'max_cost';

/** A recorded model request, asked of another model. */
export interface ComparedThink {
  turn: number;
  think: number;
  call_id: string;
  /** Of its `model.requested`. */
  seq: number;
  /** `failed`: the other model gave no reply. */
  outcome: 'same' | 'diverged' | 'failed' | 'not_asked';
  why?: NotAsked;
  recorded: SaidByModel;
  other?: SaidByModel;
  failure?: { class: ModelFailureClass; code: string; message: string };
  usage?: Usage;
  /** Absent: the model has no price. */
  cost_micro_usd?: number;
}

export interface ReplayReport {
  schemaVersion: 'runtime.replay.v1';
  session_id: string;
  model: string;
  same: number;
  diverged: number;
  failed: number;
  not_asked: number;
  usage: Usage;
  cost_micro_usd?: number;
  thinks: ComparedThink[];
}
