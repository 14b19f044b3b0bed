/**
 * What a surface can do with the sessions of a workspace. Two things implement it: the process that owns the workspace
 * (`engine/hub`), and a client of that process's control socket (`adapters/control`). So a terminal needn't know which of
 * the two it has. Types only; the shapes are those of the HTTP API.
 */
import type {
  ApprovalRecord, EventState, EventStatus, HostStatus, Imported, QueueItem, SessionRow, SessionStatus, StandingGrant, UndoPlan,
} from './answers.ts'; // prettier-ignore
import type { Digest } from '../base/digest.ts';
import type { Seq } from './entries.ts';
import type { Policy } from './manifest.ts';
import type { RuleText } from './policy-rule.ts';
import type { Schedules } from './schedule.ts';
import type { StreamEvent } from './stream.ts';
import type { Lane, Verdict } from './values.ts';

export type { EventState, EventStatus, HostStatus, Imported, QueueItem, SessionRow, SessionStatus };

/** Raised when client and owner can't understand each other any more. */
export const CONTROL_PROTOCOL = 1;

/** A part of a message on its way: text, or the bytes of a file, which say by themselves what it is. */
export type SubmittedPart = { type: 'text'; text: string } | { type: 'file'; base64: string; name?: string };

/** A message on its way to a session. Body of `POST /v1/events`, with `parts` or `content`. */
export interface Submission {
  /** Absent: a new session. Created when it is valid and unknown. */
  session_id?: string;
  parts: SubmittedPart[];
  mode?: 'message' | 'steer';
  /** From now on in this session. */
  model?: string;
  /** Of a new session. */
  title?: string;
  /** What a new session's files are: an absolute real path. */
  root?: string;
  source?: string;
  /** Interactive: somebody waits for it. Background messages never keep those from going on. Default: interactive. */
  lane?: Lane;
  /** Within its lane; -100 to 100, higher goes first. Default: 0. */
  priority?: number;
  /** At most 32 pairs that the sender wants to find on it again. */
  metadata?: Record<string, string>;
  idempotency_key?: string;
  /** For the turn of this message. Of who is no operator they only tighten the configured ones. */
  limits?: { wall_ms?: number; cost_micro_usd?: number };
  /** It is to be planned, and its steps done by sessions of their own. */
  goal?: true;
  /** A command that must exit with 0 before the turn counts as done. It runs as any command of the turn does. */
  check?: string;
}

/** `runtime.accepted.v1`: the message is durable. */
export interface Accepted {
  event_id: string;
  session_id: string;
  status: EventState;
  /** The key was known: these are the ids of the first time. */
  duplicate: boolean;
  /** How many messages that wait go before it in its lane. 0: it is next, or runs. */
  position: number;
  /** Ids of approvals for which the session waits, where that is known at once. */
  waiting_on?: string[];
  /** Lines for the person, as that no model is configured. */
  notices: string[];
}

/**
 * Where a fork leaves its source, and what is otherwise in it. Body of `POST /v1/sessions/{id}/fork`. Without `at` and
 * `turn`: behind the last turn that has ended.
 */
export interface ForkOptions {
  /** Behind this entry. */
  at?: Seq;
  /** Behind the end of this turn. */
  turn?: number;
  /** From the next turn on. */
  model?: string;
  /** Holds in the fork and all forks of it beside the workspace's, for ever; the strictest wins. */
  policy?: Policy;
}

/** What is to hold for a session from its next turn on. What is absent stays. */
export interface SessionChange {
  model?: string;
  title?: string;
  /** Told to the model in this session; '' takes them back. */
  instructions?: string;
  /** A fact that the model is told for good. */
  pin?: string;
  /** The id of one that it isn't told any more. */
  unpin?: string;
  /** The conversation is summed up before the next message is answered. */
  compact?: true;
  /** Sources of its taint that a person has looked at. */
  trust?: string[];
  /** So are the files of its project that tainted calls wrote. */
  trust_files?: true;
  /** Grants of the session that count no more, by their ids. */
  revoke?: string[];
}

/** A person's answer to an approval: `POST /v1/approvals/{id}/resolve`. */
export interface Resolution {
  decision: 'grant' | 'deny';
  scope?: 'once' | 'session' | 'always';
  /** What else is granted, of `session` and `always`; absent: exactly this call. The person has seen it. */
  rule?: RuleText;
  reason?: string;
  /** Of the call as the person was shown it. Absent: of whatever the approval is for. */
  digest?: Digest;
}

/** `POST /v1/policy`. */
export interface PolicyChange {
  tool: string;
  verdict: Verdict;
  file?: string;
}

/** `POST /v1/import`: an exported session, by the absolute path of its file. */
export interface Import {
  file: string;
  /** The id here; absent: the one that it has. */
  as?: string;
}

/** The events of one session: entries in order without a gap, and what is ephemeral between them. */
export interface Watch {
  /** Ends the watching. No listener is called any more. */
  close(): void;
}

export interface WatchListener {
  onEvent(event: StreamEvent): void;
  /** The session is gone. */
  onEnd?(): void;
  /**
   * What was given doesn't stand in the journal any more (the session was removed and made anew, or its end was lost):
   * all entries follow, from the first. Without this listener entries go on behind the last seq that was given.
   */
  onReset?(): void;
}

/** Why a host can't be used any more: its process left or died, or its store failed. */
export interface Loss {
  /** It said before that it would leave, and left everything at a safe point. */
  handed_over: boolean;
  /** Another process waits for the workspace, and is to have it before anybody else. */
  awaited?: true;
  error?: { code: string; message: string; next: string };
}

/** How the configuration of the owner is another one. */
export interface Differing {
  /** Of the keys that it was asked for, those that have another value there. */
  differing: string[];
  /** Digests of what it was given itself, by flags and such, by key. None of a daemon, whose configuration is meant for all. */
  given: Record<string, Digest>;
}

export interface Host {
  /** The process that owns the workspace. */
  status(): Promise<HostStatus>;
  /** Is that this one? */
  readonly here: boolean;
  /** Asked with digests of values, by key of the configuration. */
  differing(digests: Readonly<Record<string, Digest>>): Promise<Differing>;

  /** Resolves when the message is durable. @throws RuntimeError invalid_id | idempotency_key_reused | shutting_down | … */
  submit(message: Submission): Promise<Accepted>;
  /** @throws RuntimeError not_found */
  event(event_id: string): Promise<EventStatus>;
  /** Resolves when the message is done or dead, or its session waits for a person. @throws RuntimeError not_found */
  settled(event_id: string): Promise<EventStatus>;
  /** Works on what a session has left: an open turn, accepted messages. Gives what is the case then. */
  resume(session_id: string): Promise<SessionStatus>;
  /** Asks a turn or queued message to stop. Resolves when the request is durable. @throws RuntimeError not_found */
  stop(session_id: string, event_id: string): Promise<void>;
  /** The messages that aren't done, in the order in which they would go on, lane by lane; then the dead letters. */
  queue(): Promise<QueueItem[]>;
  /** One of them; `event_id`: whole, or its beginning. @throws RuntimeError not_found | ambiguous_id */
  queueItem(event_id: string): Promise<QueueItem>;
  /** Accepts a dead letter again, as the same message. @throws RuntimeError not_found | ambiguous_id | lane_full */
  retryDead(event_id: string): Promise<QueueItem>;
  /**
   * Ends a dead letter, or a message that no session has yet. Gives what it was.
   * @throws RuntimeError not_found | ambiguous_id | message_begun
   */
  dropQueued(event_id: string): Promise<QueueItem>;

  /** Changes what holds for a session from its next turn on. */
  configure(session_id: string, change: SessionChange): Promise<void>;

  /** Of every session on which something is being done, or waits. */
  sessions(): Promise<SessionRow[]>;
  session(session_id: string): Promise<SessionStatus>;
  /** Makes another session of the beginning of one. @throws RuntimeError not_found | config_invalid */
  fork(session_id: string, options: ForkOptions): Promise<{ session_id: string }>;
  /**
   * Puts back the files that a turn changed; without one: the last that changed any and wasn't undone. All or none.
   * @throws RuntimeError not_found | session_busy | files_changed | preimage_missing
   */
  undo(session_id: string, options: { turn?: number }): Promise<UndoPlan>;
  /**
   * Takes in an exported session, as a fork of it.
   * @throws RuntimeError not_found | verify_failed | redacted_file | session_exists
   */
  import(session: Import): Promise<Imported>;
  /** Removes a session for good. @throws RuntimeError not_found | session_busy (without `force`) */
  remove(session_id: string, options: { force: boolean }): Promise<void>;

  /** Those that wait, oldest first. */
  approvals(): Promise<ApprovalRecord[]>;
  /**
   * Records an answer; the turn goes on by itself. `id`: whole, or its beginning.
   * @throws RuntimeError not_found | ambiguous_id | approval_already_resolved | approval_expired | approval_void | role_not_allowed | rule_refused
   */
  resolve(approval_id: string, resolution: Resolution): Promise<ApprovalRecord>;
  /** Takes a standing grant back; `id`: whole, or its beginning. @throws RuntimeError not_found | ambiguous_id */
  revokeGrant(grant_id: string): Promise<StandingGrant>;
  /** Changes what the configuration file says of a tool; `file`: another one than the default. */
  setPolicy(change: PolicyChange): Promise<{ path: string; changed: boolean }>;

  /** Jobs that run by themselves. */
  readonly schedules: Schedules;

  /** Gives the entries behind `after`, then what comes, in order and each once. A session that isn't there yet may come. */
  watch(session_id: string, after: Seq, listener: WatchListener): Watch;

  /**
   * Asks the owner to give up the workspace for good, so that this process can have it. It does so only when nothing runs;
   * resolves when it has begun to.
   * @throws RuntimeError session_busy | locked (it keeps it)
   */
  handOver(): Promise<void>;
  /** Resolves when this host can't be used any more. */
  readonly lost: Promise<Loss>;
  /** Leaves: as a client at once; as the owner when everything is at a safe point and durable. */
  /** `patience_ms`: what runs may take so long to end by itself, before it is cancelled. Called again, patience ends. */
  leave(options?: { patience_ms?: number }): Promise<void>;
}
