/**
 * The ports: what the engine needs of the world. Small, async, batched, and without paths, offsets or descriptors, so
 * that another store or host can stand behind them. Types only.
 */
import type { Digest } from '../base/digest.ts';
import type { StandingGrant } from './answers.ts';
import type { CallFinished, CallInspected, Entry, EntryData, Seq } from './entries.ts';
import type { SharedScope, ToolSpec } from './manifest.ts';
import type { ModelAnswer, ModelDelta, ModelRequest } from './messages.ts';
import type {
  AuditRecord,
  DeadLetter,
  GrantRecord,
  IngressEvent,
  IngressTrace,
  JournalCut,
  Stored,
  UsageRecord,
} from './records.ts';
import type { ScheduleRecord } from './schedule.ts';
import type { Actor, ConnectTarget, Facts, FileChange, Lane, Limits, Part, Rights, SandboxLevel } from './values.ts';
import type { VerifyFailureCode } from './verify.ts';

/** A journal entry as it stands in the file. `id` is `<seq>-<first 8 hex of hash>`. */
export interface StoredEntry {
  entry: Entry;
  id: string;
  hash: string;
  /** The highest seq whose sync had returned when the line was built. */
  durable: Seq;
}

/** Where a journal ends and what state it is in. */
export interface JournalEnd {
  status: 'absent' | 'whole' | 'crash_tail' | 'damaged' | 'too_new';
  seq: Seq;
  hash: string;
  durable: Seq;
  /** A crash tail: bytes after the last whole chained line, and where they begin. */
  tail?: { from: number; bytes: number };
  failure?: { line: number; seq: Seq; code: VerifyFailureCode; message: string };
}

/** What a cut crash tail left, for `session.opened`. */
export interface CutTail {
  cut_bytes: number;
  cut_from: number;
  torn_file: string;
}

/** Where an opened journal ends, and what was cut there: a crash tail now, what could not be repaired before. */
export type OpenedEnd = JournalEnd & { cut?: CutTail; repaired?: JournalCut };

/** A place in a journal, right behind an entry. Only the store that gave it can read it. */
export type JournalPlace = string;

/** Called with each line. When it gives a promise, the reader waits for it. */
export type Visit = (stored: StoredEntry) => void | Promise<void>;

export interface Journal {
  /**
   * Visits every intact line in order, awaiting each visit. Never changes anything; works without the lock. With `from`
   * only the entries behind a seq, or the last so many: what stands before them isn't looked at.
   */
  read(session: string, visit: Visit, from?: { after: Seq } | { last: number }): Promise<JournalEnd>;
  /**
   * The lines up to an entry, each with its newline, byte for byte as they stand there and durable before the first is
   * given. The bytes are good until the next ones are asked for. Works without the lock.
   */
  lines(session: string, upTo: Seq): AsyncIterable<Uint8Array>;
  /**
   * Opens for appending, as the owner: visits as `read` does, then cuts a crash tail, which is kept aside. With a place
   * that the journal `holds`, what stands before it is neither visited nor looked at. `repaired`: where a repair cut it
   * since the last head.
   * @throws RuntimeError store_damaged | entry_too_new (the file is untouched)
   */
  open(session: string, visit: Visit, after?: JournalPlace): Promise<OpenedEnd>;
  /** How long an open journal is (bytes). */
  size(session: string): number;
  /** The place behind the last entry of an open journal, as it is at the time of the call. */
  place(session: string): Promise<JournalPlace>;
  /** Does all that stood before the place when it was given still stand there, byte for byte? */
  holds(session: string, place: JournalPlace): Promise<boolean>;
  /**
   * Appends entries in one write. Compare-and-set: the first entry's seq must follow the last one in the file.
   * With `sync` it resolves when all of the file up to here is durable. A failed write or sync is final: every later
   * call on the session is refused until it is opened anew.
   */
  append(
    session: string,
    condition: { expected_seq: Seq; fence: number },
    entries: Entry[],
    options: { sync: boolean },
  ): Promise<{ stored: StoredEntry[]; durable: Seq }>;
  /** Makes everything appended so far durable; concurrent calls share one sync. Gives the durable seq. */
  sync(session: string): Promise<Seq>;
  /** Closes the file; nothing is synced by this. */
  close(session: string): Promise<void>;
  /**
   * Makes a session's journal of the entries that `fill` gives, in order: it is there as a whole and durable, or, when
   * `fill` fails, not at all. However many there are, few are held.
   * @throws RuntimeError session_exists
   */
  create(session: string, fill: (write: (entry: Entry) => void) => Promise<void>): Promise<void>;
  /** The session ids of all journals, newest change first, with the time of the last write (ms UTC). */
  list(): Promise<{ session_id: string; changed_at: number; bytes: number }[]>;
  /** Removes a session's journal for good. */
  remove(session: string): Promise<void>;
}

/** What was made of journals, one value a session. A cache: any may be gone at any time. */
export interface Snapshots {
  /** A value as it was written; undefined when there is none, or it isn't whole. */
  read(session: string): Promise<unknown>;
  /** Keeps a JSON value instead of the one before. Where that fails there is none. */
  write(session: string, value: unknown): Promise<void>;
  remove(session: string): Promise<void>;
}

/** Content-addressed bytes. */
export interface Blobs {
  /** Resolves when the bytes are durable. Known content is not written again. `private`: never exported. */
  put(data: string | Uint8Array, options?: { private?: boolean }): Promise<Digest>;
  /**
   * The bytes, checked against the digest; undefined when there are none. `private: false`: not those that are never
   * exported. @throws RuntimeError store_damaged
   */
  get(digest: Digest, options?: { private?: boolean }): Promise<Uint8Array | undefined>;
}

/** What is remembered of an event for as long as its idempotency key. */
export type AcceptedEvent = Pick<IngressEvent, 'event_id' | 'session_id' | 'accepted_at' | 'payload_digest'>;

export interface Ingress {
  /**
   * Makes an event durable. All accepts that wait at the same time share one sync.
   * A known idempotency key of the same actor tells which event came first (`duplicate`).
   */
  accept(event: IngressEvent): Promise<{ event: AcceptedEvent; duplicate: boolean }>;
  /** Is an event with this idempotency key of the actor accepted already, or being so? */
  knows(actor_id: string, idempotency_key: string): Promise<boolean>;
  /** Accepted events without a done mark, oldest first: the work list. */
  pending(): Promise<IngressEvent[]>;
  /** One of those, by its id. */
  pendingEvent(event_id: string): Promise<IngressEvent | undefined>;
  /** Those of a session. */
  pendingOf(session_id: string): Promise<IngressEvent[]>;
  /** What is still held of an event, done or not: old ones are forgotten. Takes no lock. */
  find(event_id: string): Promise<IngressTrace | undefined>;
  /** Marks an event done, also a dead one; not synced by itself. */
  done(event_id: string, outcome: string): Promise<void>;
  /** Takes a pending event off the work list, and says why. Resolves when that is durable. */
  dead(event_id: string, why: string): Promise<void>;
  /** What was marked dead and is still kept, oldest first. */
  deadLetters(): Promise<DeadLetter[]>;
  /** Puts a dead event on the work list again, as it was. Resolves with it when that is durable; undefined: it isn't dead. */
  revive(event_id: string): Promise<IngressEvent | undefined>;
  /** Makes all marks so far durable. */
  sync(): Promise<void>;
}

/** What the audit log says of the end of a journal: this entry was durable. `cut`: a repair ended the journal there. */
export interface AuditHead {
  seq: Seq;
  hash: string;
  cut?: JournalCut;
}

export interface Audit {
  append(record: AuditRecord, options?: { sync?: boolean }): Promise<void>;
  /** The newest head of a session's journal, when there is one. */
  head(session: string): Promise<AuditHead | undefined>;
  /** Visits every record in order. With `after`: what stands up to there isn't looked at. Works without the lock. */
  read(visit: (stored: Stored<AuditRecord>) => void, from?: { after: Seq }): Promise<JournalEnd>;
}

export interface Grants {
  /** Standing grants that are in force, oldest first. */
  list(): Promise<StandingGrant[]>;
  /** Is it in force? What is, is durable then. */
  holds(grant_id: string): Promise<boolean>;
  /** Resolves when the line is durable. */
  append(record: GrantRecord): Promise<void>;
}

/** What is recorded of jobs and their firings. Short: it is written anew when it is not. */
export interface ScheduleLog {
  /** Visits every record in order. Works without the lock. @throws RuntimeError store_damaged | entry_too_new */
  read(visit: (record: ScheduleRecord, seq: number) => void): Promise<void>;
  /** Resolves when the records are durable; without `sync` at once. */
  append(records: ScheduleRecord[], options: { sync: boolean }): Promise<void>;
  /** These stand there instead of all before, durably; or, when that fails, all before still does. */
  replace(records: ScheduleRecord[]): Promise<void>;
}

/** What was used of budgets that sessions share: a file a month. */
export interface UsageLog {
  /** The months of which there is a file, as `2026-11`, oldest first. */
  months(): string[];
  /** Visits every record of a month. Works without the lock. @throws RuntimeError store_damaged | entry_too_new */
  read(month: string, visit: (record: UsageRecord, at: number) => void): Promise<void>;
  /**
   * Opens a month for appending, as the owner. Visits the records from the newest totals on that are durable: what stands
   * before them isn't looked at. @throws RuntimeError store_damaged | entry_too_new
   */
  open(month: string, visit: (record: UsageRecord) => void): Promise<UsageMonth>;
}

export interface UsageMonth {
  /** Writes at once, syncs nothing. A failed write or sync is final: the month is opened anew then. */
  append(records: UsageRecord[]): void;
  /** Makes all that was appended durable; concurrent calls share one sync. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** One attempt of a model call, as the ledger of shared budgets gets it. */
export interface ReserveRequest {
  session: string;
  /** Call and attempt: `m2.1.1`. */
  for: string;
  /** Where its intent stands in the session's journal. */
  intent: { seq: Seq; hash: string };
  /** Name of the model, to say what budgets were spent on. */
  model: string;
  scopes: SharedScope[];
  tokens: number;
  /** Absent: the model has no price, and limits of money don't count for it. */
  cost_micro_usd?: number;
  /** How long the turn may be active yet, and has been. */
  wall_ms: number;
  active_ms: number;
}

export type Reserved = Pick<EntryData<'budget.refused'>, 'scopes' | 'refused_by' | 'message'> & { ok: boolean };

/** The ledger of budgets that sessions share. Turn and session limits are the kernel's own. */
export interface Budget {
  /**
   * Reserves for one attempt of a model call in every scope, or in none. A session has one reservation at a time.
   * @throws RuntimeError store_damaged | disk_full | store_unavailable | no_permission
   */
  reserve(request: ReserveRequest): Promise<Reserved>;
  /** What a session's attempt did count. Nothing where none is reserved. @throws as `reserve` */
  settle(session: string, charge: Charge): Promise<void>;
  /**
   * Settles what a process before left open, and makes what it wrote durable. `recorded`: calls that a journal says were
   * reserved; those that a power cut took from the ledger are counted anew. @throws as `reserve`
   */
  begin(recorded: RecordedCall[]): Promise<void>;
  /** Resolves when the session's reservation can't be lost any more. @throws as `reserve` */
  durable(session: string): Promise<void>;
  /** The session's turn has ended, after so much active time. @throws as `reserve` */
  ended(session: string, active_ms: number): Promise<void>;
}

/** A reserved call as its journal has it, requested at a time (ms UTC). */
export type RecordedCall = Omit<ReserveRequest, 'wall_ms' | 'active_ms'> & { at: number };

export interface Charge {
  tokens: number;
  cost_micro_usd: number;
  /** Was anything sent? Else it counts as no call either. */
  sent: boolean;
  /** Active time of the turn by now. */
  active_ms: number;
}

/** A try of a goal's step, for the session that does it. */
export interface ChildRequest {
  session_id: string;
  attempt: number;
  parent: NonNullable<EntryData<'session.created'>['parent']>;
  title: string;
  project_root: string;
  rights: Rights;
  epoch: number;
  own_policies?: Digest[];
  /** As its parent has them. `model_listed`: it stood in the configuration when it was chosen there. */
  model?: string;
  model_listed?: true;
  instructions?: string;
  pins: string[];
  actor: Actor;
  source: string;
  lane: Lane;
  /** What it is told; `again`: when a try before has told it all that. */
  parts: Part[];
  again: Part[];
  taint: string[];
  check?: string;
  limits: Limits;
  /** Its intent was found in the journal: a process before may have made the session, and somebody removed it since. */
  recovered: boolean;
}

/** How a try ended. */
export type ChildEnd = Omit<EntryData<'child.finished'>, 'session_id' | 'attempt'>;

/** The sessions that do the steps of goals. */
export interface Children {
  /**
   * Makes the session where it isn't there yet, gives it the try where it doesn't have it, and resolves when that has
   * ended, durably; a try is done once, however often it is asked for. `signal`: it is to be stopped. `changed`: called
   * whenever it may have begun or ceased to wait for a person.
   */
  work(request: ChildRequest, context: { signal: AbortSignal; changed: () => void }): Promise<ChildEnd>;
  /** The approvals that a session waits for, when it does nothing but that. */
  waitsFor(session_id: string): string[];
}

export interface ModelClient {
  /** Asks once. Never throws for a failure of the model or the network; ends soon after `signal` aborts (class `aborted`). */
  ask(
    request: ModelRequest,
    context: { signal: AbortSignal; onDelta: (delta: ModelDelta) => void },
  ): Promise<ModelAnswer>;
}

/** A call as the tool host gets it. `spec` is the tool as frozen for the turn: its schema judges the arguments. */
export interface ToolRequest {
  call_id: string;
  spec: ToolSpec;
  arguments_raw: string;
  project_root: string;
  /** Arguments of which rules of the policy speak: they become facts. */
  named_args?: readonly string[];
  /** What a command is to be confined by; `best`: by the best there is. Absent: it runs unconfined. */
  sandbox?: 'best' | SandboxLevel;
  /** Should a command run without one, all links of its project count: confined ones may have put them there. They become facts. */
  links?: true;
}

/** What an inspection observed. With `invalid` the facts are empty and the presentation is the tool's name. */
export type Inspection = Omit<CallInspected, 'call_id'>;

export interface ToolRun extends ToolRequest {
  attempt: number;
  args_digest: Digest;
  facts_digest: Digest;
  /** As they are recorded, to tell what is otherwise now. Whether something is, the digest says. */
  facts: Facts;
  idempotency_key: string;
  /** Of a patch: each file before and after, from the intent. On a later attempt they are rolled forward. */
  files?: FileChange[];
}

export interface ToolContext {
  signal: AbortSignal;
  /** Output as it comes; ephemeral. */
  onOutput: (text: string) => void;
  /** Keeps a file's bytes from before a change (a private blob). Resolves when durable. */
  preserve: (bytes: Uint8Array) => Promise<Digest>;
  /** Whether the policies in force let a call connect there: asked of every address that a name turns out to have. */
  mayConnect: (target: ConnectTarget) => boolean;
  /** Whether the policies in force let the call find this file or folder, by its real path, below the folder that it names. */
  mayFind: (real: string) => boolean;
  /**
   * A secret of the vault that the facts of the call name. The redactor knows it from then on.
   * @throws RuntimeError vault_locked | secret_missing | secret_unfit | …
   */
  secret: (name: string) => Promise<string>;
  /** Puts placeholders in the place of known secrets in a text that comes in pieces, for who keeps only parts of it. */
  redacting: () => { push: (piece: string) => string; end: () => string };
  /** What an earlier call of this session put out, whole; undefined: no call of this id has ended in it. */
  outputOf: (call_id: string) => Promise<string | undefined>;
}

/** What a run observed. `output` is whole here, at most 1 MiB; the engine moves long text to a blob. */
export type ToolResult = Omit<CallFinished, 'call_id' | 'attempt' | 'output'> & { output: string };

export interface ToolHost {
  /** The tools there are, by name. */
  tools(): ToolSpec[];
  /** Validates the arguments and records the facts that policy judges. Never throws for bad arguments. */
  inspect(request: ToolRequest): Promise<Inspection>;
  /**
   * Inspects again, and runs only when arguments and facts are those that were decided on; else outcome `void`.
   * Ends soon after `signal` aborts, its children with it.
   */
  run(request: ToolRun, context: ToolContext): Promise<ToolResult>;
}

/** A file of instructions, with how many bytes of it were not read; or why it couldn't be. */
export type InstructionFile = { path: string; text: string; left_out: number } | { path: string; why: string };

export interface InstructionFiles {
  /** Those that there are for a project, from the general to the special, of each so many bytes at most. */
  read(project_root: string, most: number): Promise<InstructionFile[]>;
}
