/** `runtime.event.v1`: standard output of `--json`, later SSE and webhooks; `session show -o json` is an array of it. */
import type { EntryType } from './entries.ts';
import type { TurnReason, Usage } from './values.ts';

interface Envelope {
  schemaVersion: 'runtime.event.v1';
  /** `<seq>-<first 8 hex of the line's hash>` of an entry; null for what is never stored. */
  id: string | null;
  seq: number;
  at: number;
  scope: { kind: 'session'; id: string } | { kind: 'process' };
  turn?: number;
}

export type StreamEvent = EntryEvent | DeltaEvent | StatusEvent | RunFinishedEvent;

export interface EntryEvent extends Envelope {
  id: string;
  type: EntryType;
  data: unknown;
}

export interface DeltaEvent extends Envelope {
  type: 'delta';
  data: { call_id: string; attempt: number; kind: 'text' | 'reasoning' | 'tool_output' | 'arguments'; text: string };
}

export interface StatusEvent extends Envelope {
  type: 'status';
  data: { message: string };
}

export interface RunFinishedEvent extends Envelope {
  type: 'run.finished';
  terminal: true;
  data: RunOutcome;
}

/** How a run left. `open`: resumable, left by a signal. */
export interface RunOutcome {
  state: 'ended' | 'waiting_approval' | 'open' | 'error';
  reason?: TurnReason;
  code?: string;
  exit_code: number;
  text: string;
  approvals: string[];
  usage: Usage;
  cost_micro_usd?: number;
  error?: { code: string; message: string; next: string };
}
