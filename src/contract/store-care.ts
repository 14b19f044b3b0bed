/** What the commands about the files of a workspace print: `runtime.store_check.v1`, `runtime.store_repair.v1`, … Types only. */
import type { VerifyFailureCode } from './verify.ts';

/** Where in the workspace something is, for a person who looks for it. */
interface Place {
  /** Within the workspace's folder. */
  file: string;
  session_id?: string;
  seq?: number;
}

export interface StoreProblem extends Place {
  code: VerifyFailureCode | 'missing' | 'not_plain' | 'record_damaged' | 'store_too_new' | 'unreadable';
  message: string;
}

export interface StoreNote extends Place {
  code:
    | 'crash_tail'
    | 'leftover'
    | 'foreign'
    | 'open_to_others'
    | 'stray_blobs'
    | 'snapshot_unusable'
    | 'kept'
    | 'copied'
    | 'absent';
  message: string;
}

export interface StoreCheck {
  schemaVersion: 'runtime.store_check.v1';
  workspace: string;
  folder: string;
  /** Of the files, and the epoch; 0 where `workspace.json` can't be read. */
  format: number;
  epoch: number;
  status: 'whole' | 'damaged';
  /** Were the decisions of all journals derived again? */
  deep: boolean;
  counts: {
    journals: number;
    entries: number;
    events: number;
    audit_records: number;
    grant_records: number;
    tainted_file_records: number;
    schedule_records: number;
    usage_records: number;
    blobs: number;
    bytes: number;
  };
  problems: StoreProblem[];
  notes: StoreNote[];
}

/** What is, or would be, done to one file. */
export interface RepairStep extends Place {
  /**
   * `heal`: made as it was, proved by hash. `cut`: ended behind the last entry that can be proved. `rebuild`: made anew from
   * what can be read. `move`: taken out of the way. `blob`: put back from a copy. `leave`: can't be repaired.
   */
  action: 'heal' | 'cut' | 'rebuild' | 'move' | 'blob' | 'leave';
  message: string;
  /** How many lines were healed in which way, as `bytes: 1, derived: 2`. */
  healed?: string;
  /** Of what is cut: its bytes, how many entries of it can be read, and where it is kept (once applied). */
  cut_bytes?: number;
  readable?: number;
  torn_file?: string;
}

export interface StoreRepair {
  schemaVersion: 'runtime.store_repair.v1';
  workspace: string;
  applied: boolean;
  /** Where the files lie as they were before; absent when nothing was done. */
  kept?: string;
  steps: RepairStep[];
  /** Accepted messages that are not run any more, since their turns may have run in what was cut. */
  dead_events: { event_id: string; session_id: string }[];
}

/** `backup.json`, written last: a folder without it is no backup. */
export interface BackupRecord {
  v: 1;
  at: number;
  build: string;
  workspace: string;
  epoch: number;
  format: number;
  /** Paths within the backup. */
  files: { path: string; bytes: number; sha256: string }[];
  /** What was damaged already, and what is not in it on purpose. */
  damaged: string[];
  left_out: string[];
}

export interface StoreRestored {
  schemaVersion: 'runtime.store_restore.v1';
  workspace: string;
  folder: string;
  /** Of the backup (ms UTC). */
  backup_at: number;
  epoch: number;
  files: number;
  bytes: number;
  dead_events: { event_id: string; session_id: string }[];
  /** Sessions that were redacted since: values that were taken out of them are back. */
  unredacted: string[];
  /** Standing grants of the backup that were taken back since, and so are not in force. */
  still_revoked: string[];
  /** Names of its jobs that weren't in force in the workspace that it replaces: they are paused. */
  paused_jobs: string[];
  /** The rules of the backup (`policy.yaml`), where those in force are others: they stay in force. */
  rules_left?: string;
  /** The workspace that stood there before. */
  replaced?: string;
}

export interface StoreGc {
  schemaVersion: 'runtime.store_gc.v1';
  workspace: string;
  dry_run: boolean;
  blobs: number;
  temporaries: number;
  snapshots: number;
  bytes: number;
  /** Blobs that nothing names and that are too young to go. */
  kept_young: number;
}
