/** What `session redact` found and did: `runtime.session_redact.v1`. Types only. */
import type { Digest } from '../base/digest.ts';
import type { Seq } from './entries.ts';

/** Where a value stands in a session: in an entry, or in a blob that the entry is the first to name. */
export interface RedactedPlace {
  seq: Seq;
  blob?: Digest;
  count: number;
}

export interface RedactedSession {
  session_id: string;
  /** Of a goal's step, whose id follows from what it was told: the one that it has now. */
  renamed?: string;
  places: RedactedPlace[];
  /** Of a dry run: why it could not be done now. */
  refused?: string;
  /** The last entry; absent after a dry run. */
  head?: { seq: Seq; before: string; after: string };
}

export interface SessionRedaction {
  schemaVersion: 'runtime.session_redact.v1';
  workspace: string;
  dry_run: boolean;
  sessions: RedactedSession[];
  /** Sessions that were not asked for and hold it too. */
  others: { session_id: string; count: number }[];
  /** Files beside the sessions that hold it no more, within the home. */
  cleaned: string[];
  /** Files of the home that hold it still, and what can be done about each. */
  left: { file: string; count: number; advice: string }[];
}

/** The audit record `session.redacted`. `renamed`: sessions that have other ids since. */
export interface RedactionData {
  sessions: RedactionRecord[];
  renamed?: { session: string; to: string }[];
  by: string;
}

export interface RedactionRecord {
  session: string;
  before: { seq: Seq; hash: string };
  after: { seq: Seq; hash: string };
  /** How often a value stood in it. */
  count: number;
  /** Entries that other sessions name, by the hashes that they had and have. */
  named?: { seq: Seq; before: string; after: string }[];
}
