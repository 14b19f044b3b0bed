/** Changes of the policy: `runtime.policy-audit.v1`, what `runtime policy audit -o json` prints. Types only. */
import type { Verdict } from './values.ts';

interface InSession {
  session_id: string;
  turn: number;
  seq: number;
}

/** `at`: ms UTC. */
export type PolicyChanged =
  | { at: number; type: 'policy.set'; by: string; tool: string; verdict: Verdict }
  /** Read again by a process that stays. */
  | { at: number; type: 'config.reloaded'; by: string; changed: string[] }
  /** An open turn met another policy. */
  | ({ at: number; type: 'policy.changed'; by: string } & InSession)
  /** The first turn under another policy, of whose change nothing else is on record: a file was edited, or a flag given. */
  | ({ at: number; type: 'turn.started'; changed: string[] } & InSession);

export interface PolicyAudit {
  schemaVersion: 'runtime.policy-audit.v1';
  since?: string;
  until?: string;
  /** Newest first. */
  changes: PolicyChanged[];
  /** Sessions that are damaged: they are read up to there. */
  unreadable: string[];
}
