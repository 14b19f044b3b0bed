/** Lines of the chained files beside the journals, the ingress event, and the owner record. Types only: the store writes them. */
import type { Digest } from '../base/digest.ts';
import type { Counted } from './cost.ts';
import type { ExactGrant, RuleGrant } from './manifest.ts';
import type { RedactionData } from './redaction.ts';
import type { Actor, Lane, Part, Usage } from './values.ts';

/** A message on its way to a session. Accepted means: durable in the ingress segment. */
export interface IngressEvent {
  event_id: string;
  session_id: string;
  mode: 'message' | 'steer';
  parts: Part[];
  actor: Actor;
  source: string;
  lane: Lane;
  /** Within its lane: -100 to 100. Absent: 0. */
  priority?: number;
  /** What its sender wants to find on it again. */
  metadata?: Record<string, string>;
  taint: string[];
  accepted_at: number;
  idempotency_key?: string;
  /** Digest of the payload, for the check of a repeated key. */
  payload_digest: Digest;
  /** What the session is made with, should the event be its first. */
  root?: string;
  title?: string;
  /** From its turn on. `model_listed`: it stood in the configuration when the event was accepted. */
  model?: string;
  model_listed?: true;
  /** Tighter than the configured ones, for its turn. */
  limits?: { wall_ms?: number; cost_micro_usd?: number };
  /** It is to be planned, and done in steps. */
  goal?: true;
  /** A command that must exit with 0 before its turn counts as done. */
  check?: string;
}

/** What the ingress log holds of an event; `at` names lines, as `ingress/2.jsonl seq 7`. */
export interface IngressTrace {
  event: IngressEvent;
  at: string;
  done?: { outcome: string; at: string };
  dead?: { why: string; at: string };
}

/** An accepted message that could not be given to its session. `at`: when it was marked so (ms UTC). */
export interface DeadLetter {
  event: IngressEvent;
  why: string;
  at: number;
}

/** Lines of `ingress/<n>.jsonl`. A dead event that is accepted again has two lines of its acceptance. */
export type IngressRecord =
  | { type: 'event.accepted'; data: { event: IngressEvent } }
  | { type: 'event.done'; data: { event_id: string; outcome: string } }
  | { type: 'event.dead'; data: { event_id: string; why: string } };

/** What a session used on a day, of one model; `source` is what made the session. */
export type SpentRow = { day: string; model: string; source: string } & Counted;

/** Lines of `audit.jsonl`: what has no session, and a head for each ended turn. */
export type AuditRecord =
  | { type: 'head'; data: { session: string; seq: number; hash: string } }
  | { type: 'policy.set'; data: { tool: string; verdict: string; by: string } }
  /** The policy is another one since. `changed`: keys of the configuration, and `policy.yaml`. */
  | { type: 'config.reloaded'; data: { changed: string[]; by: string } }
  | {
      type: 'session.removed';
      /** `spent`: what it used itself, by day and model. */
      data: { session: string; head: { seq: number; hash: string }; usage: Usage; spent?: SpentRow[]; by: string };
    }
  | {
      type: 'session.imported';
      data: {
        session: string;
        from: { session_id: string; workspace_id: string; head: { seq: number; hash: string } };
        by: string;
      };
    }
  /** These journals were written anew with placeholders, and end with `after` since; heads before it say nothing any more. */
  | { type: 'session.redacted'; data: RedactionData }
  | { type: 'access.denied'; data: { what: string; why: string; by: string } }
  /** A person has looked at the files of a project that tainted calls wrote. */
  | { type: 'files.trusted'; data: { root: string; session: string; by: string } }
  | { type: 'store.repaired'; data: StoreRepaired }
  | { type: 'store.restored'; data: { backup_at: number; epoch: number; dead_events: number; by: string } }
  | { type: 'store.migrated'; data: { from: number; to: number; kept: string } };

/**
 * A file was repaired; as it was before it lies in `folder`. Of a journal that was cut, its end after that is the newest
 * head: heads beyond it say nothing any more. `seq` 0: nothing of it could be saved.
 */
export interface StoreRepaired {
  file: string;
  folder: string;
  /** Lines that were made as they had been, proved by hash. */
  healed: number;
  by: string;
  /** Of a journal that was cut, whose it is. */
  session?: string;
  cut?: JournalCut;
}

/** Where a repair cut a journal. What stood behind is kept as `torn_file`; absent: nothing did, the end was missing. */
export interface JournalCut {
  seq: number;
  hash: string;
  cut_from: number;
  cut_bytes: number;
  torn_file?: string;
}

/** Lines of `governance/grants.jsonl`. */
export type GrantRecord =
  | {
      type: 'grant.added';
      data: {
        grant_id: string;
        rule: Omit<ExactGrant, 'grant_id'> | Omit<RuleGrant, 'grant_id'>;
        by: string;
        session_id: string;
        approval_id: string;
        expires_at?: number;
      };
    }
  | { type: 'grant.revoked'; data: { grant_id: string; by: string } };

/**
 * Lines of `governance/tainted-files.jsonl`: what calls wrote in whose conversation was content from outside. Paths are real
 * ones; that of a folder is all that lies in it.
 */
export type TaintedFileRecord =
  /** Durable before the call does anything. What it names, it writes; below these folders anything, until it has ended. */
  | {
      type: 'write.begun';
      data: { id: string; call: string; root: string; paths?: string[]; below?: string[]; sources: string[] };
    }
  /** What it wrote there. Without this line it may have written anything there. */
  | { type: 'write.ended'; data: { id: string; paths: string[] } }
  /** A person has looked at what lies there by then. */
  | { type: 'files.trusted'; data: { root: string; by: string } };

/** How much was used of something; all counts, micro-USD or ms. */
export interface UsageAmounts {
  calls: number;
  tokens: number;
  cost_micro_usd: number;
  wall_ms: number;
}

/** What was used of a budget that sessions share, and by which models. */
export interface UsageTotal extends UsageAmounts {
  models: Record<string, { tokens: number; cost_micro_usd: number }>;
}

/** Which attempt of which session: the hash of its intent's line is never that of another. */
export interface UsageKey {
  session: string;
  /** Call and attempt. */
  for: string;
  intent: { seq: number; hash: string };
}

export interface UsageReservation extends UsageKey {
  /** Name of the model. */
  model: string;
  /** The budgets, with the day or month of each: `day:2026-11-21`, `tree:s-1`. */
  budgets: string[];
  tokens: number;
  cost_micro_usd: number;
  /** Active time that the turn may have until the next reservation; 0 where none is limited. */
  wall_ms: number;
  /** It was lent before, by a line that a power cut took: its journal says so, and no limit was asked. */
  again?: true;
}

/** Lines of `usage/<yyyy-mm>.jsonl`. */
export type UsageRecord =
  /** All that stands before it, so that nobody has to read that. */
  | { type: 'usage.totals'; data: { totals: Record<string, UsageTotal>; open: UsageReservation[] } }
  | { type: 'usage.reserved'; data: UsageReservation }
  /** `in_full`: nobody knows what it used. */
  | { type: 'usage.settled'; data: UsageKey & Omit<UsageAmounts, 'calls'> & { in_full?: true } }
  /** Nothing was sent. */
  | { type: 'usage.released'; data: UsageKey }
  /** Active time of a turn beside its model calls. */
  | { type: 'usage.worked'; data: { session: string; budgets: string[]; wall_ms: number } }
  /** A call of a tool that has a limit is about to run: it counts against `tool:<day>:<name>`. */
  | { type: 'usage.called'; data: { session: string; call_id: string; budget: string } };

/** A line of a chained file, read back. `id` is `<seq>-<first 8 hex of the hash>`. */
export interface Stored<R> {
  seq: number;
  at: number;
  id: string;
  hash: string;
  prev: string;
  durable: number;
  record: R;
}

/** `owner.json`: who holds the workspace, for messages only; the lock itself decides. */
export interface OwnerRecord {
  pid: number;
  /** How people call it: `runtime`, or `runtime daemon`. */
  program: string;
  version: string;
  started_at: number;
}

/** `workspace.json`; `v` is the format of all files. A restore, a copied folder or an import raises the epoch. */
export interface WorkspaceRecord {
  v: number;
  id: string;
  epoch: number;
}
