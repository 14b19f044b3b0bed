/**
 * What the kernel remembers of a session: everything that decisions depend on, and nothing else. JSON-serialisable.
 * Between turns it is a few hundred bytes; while a turn is open it holds the turn's frozen inputs by value. The history
 * is held as a count, a rolling digest and a size: its contents stay with the runner.
 */
import type { Digest } from '../../base/digest.ts';
import type { Seq } from '../../contract/entries.ts';
import type { Grant, Manifest, Policy, SharedScope } from '../../contract/manifest.ts';
import type { Content } from '../../contract/messages.ts';
import type { Summary } from '../../contract/summary.ts';
import type { EffectClass, Facts, Lane, Limits, ModelFailureClass, Quota, Rights, Role, TurnReason, Usage, Verdict } from '../../contract/values.ts'; // prettier-ignore
import type { Pin } from '../context/pins.ts';
import type { Check, Goal } from '../goal/state.ts';
import type { Pending } from './pending.ts';

/** The version of these rules; a turn keeps the version it started with. */
export const KERNEL_VERSION = 1;

export interface State {
  /** Seq and time (ms UTC) of the last entry; 0 before the first. The kernel's only clock. */
  seq: Seq;
  at: number;
  session: Session | null;
  history: History;
  /** Messages that wait for their turn, in order of arrival. */
  queue: Queued[];
  turn: Turn | null;
  /** Number of turns started so far. */
  turns: number;
  /** Session grants. */
  grants: Grant[];
  /** Those of them that are from before a restore, by id. */
  old_grants: string[];
  /** Calls whose outcome nobody knows: the same call again may be a repeat. */
  unknowns: { call_id: string; tool: string; args_digest: Digest }[];
  /** Sources of what entered the context from outside. */
  taint: string[];
  /** Of ended turns: what the models said they used, tokens counted against budgets (cached input a tenth), money. */
  usage: Usage;
  tokens: number;
  cost_micro_usd: number;
  /** What the last request took by the model's own count, with its reply, and what it measured then; 0 when unknown. */
  measured: Measured;
  /** Of ended turns: attempts of model calls, and active time. */
  model_calls: number;
  active_ms: number;
  /** Openings in a row that found something running of which nothing came. */
  stalls: number;
}

export interface Measured {
  tokens: number;
  bytes: number;
  /**
   * The request alone: its reply may be left out of the history. `prefix`: bytes that stood before that; `apart`: of parts
   * that another model may have been given otherwise.
   */
  request: { tokens: number; bytes: number; prefix: number; apart: number };
  /** Who counted (`counterOf`): others count otherwise. */
  model: string;
}

export const UNCOUNTED: Measured = {
  tokens: 0,
  bytes: 0,
  request: { tokens: 0, bytes: 0, prefix: 0, apart: 0 },
  model: '',
};

export interface Session {
  /** Other ids are derived from it. A fork's is its own. */
  id: string;
  project_root: string;
  rights: Rights;
  epoch: number;
  /** A model chosen for the session, by name. */
  model?: string;
  /** It stood in the configuration when it was chosen. */
  model_listed?: true;
  /** Told to the model in this session. */
  instructions?: string;
  /** Facts that a person pinned, oldest first. */
  pins?: Pin[];
  /** Somebody wants the history summed up. */
  compact?: true;
  /** Digests of the policies that are its own: they hold beside the workspace's, and are never taken back. */
  own_policies?: Digest[];
  /** Where its tree of sessions begins: itself, once it has a child. Absent: it is alone. */
  tree?: string;
  /** Of a child: whose step it does, and the budgets that its parent shares with it. */
  parent?: { session_id: string; step_id: string };
  scopes?: SharedScope[];
}

export interface History {
  count: number;
  /** Rolling SHA-256 (hex) over the contents; '' when empty. */
  digest: string;
  /** What the contents measure in UTF-8 as the model gets them. */
  bytes: number;
  /** Of these: of parts that some models are given and others aren't. */
  apart: number;
  /** The last contents, oldest first: what may stay as it is when the others are summed up. */
  tail: Pending[];
  /** Entries from here on have their contents in it; of those before a summary stands in it. */
  from_seq: Seq;
}

export interface Queued {
  event_id: string;
  content: Pending;
  taint: string[];
  stopped: boolean;
  /** It is to be planned, and done in steps. */
  goal?: true;
  /** A command that must exit with 0 before its turn counts as done. */
  check?: string;
  /** Tighter than the configured ones. */
  limits?: Limits;
  /** Who sent it, and from where: a steer, or the message of a step. Of others the freeze is told. */
  by?: { role: Role; source: string; lane: Lane };
}

/** What somebody may who spoke to a turn that others had begun. */
export interface Steered {
  role: Role;
  channels: string[];
}

/** `steps`: those of a goal's plan are done, by sessions of their own. */
export type Phase = 'plan' | 'steps' | 'think' | 'act' | 'reflect' | 'end';

export interface Turn {
  turn: number;
  phase: Phase;
  event_ids: string[];
  kernel: number;
  /** Digest of the manifest, and its value. */
  frozen: Digest;
  manifest: Manifest;
  /** What instructions and tools measure in a request (UTF-8). */
  prefix_bytes: number;
  /** Standing grants that were given while the turn was open: the frozen ones don't have them yet. */
  grants: State['grants'];
  /** The frozen policy, the session's own, then those that came while the turn was open. The strictest wins. */
  policies: Policy[];
  limits: Limits;
  /** What it may at most do; its children may do no more. */
  rights: Rights;
  /** Absent: an ordinary message. */
  goal?: Goal;
  check?: Check;
  /** Index into `manifest.models`. */
  choice: number;
  /** Why the models before it were given up, in words. */
  given_up: string[];
  /** Number of the present think, from 1. 0: none yet, a goal is planned or its steps are done. */
  think: number;
  ask: Ask;
  reply: Reply | null;
  calls: Call[];
  /** Calls of all replies so far that weren't refused without a look, and those of them that were started. */
  call_count: number;
  started_count: number;
  /** How the calls went, by tool name; calls of tools that don't exist aren't counted. */
  tally: { tool: string; ok: number; other: number }[];
  /** Steers that came while the turn ran and wait for a safe point. */
  steers: Queued[];
  /** Of the steers that it has taken. */
  steered?: Steered;
  /** The thinks before, for the rules of reflect. */
  retried: boolean;
  denied_rounds: number;
  repeat: { signature: string; count: number };
  /** Calls that ran, with their last result, and how often in a row it was the same with nothing changed between. */
  seen: Seen[];
  /** Rounds in a row of which every call was refused as a repetition. */
  loop_rounds: number;
  /** Why the turn is being cut short. */
  cut: 'stop' | 'timeout' | 'quarantine' | null;
  ending: Ending | null;
  reply_made: boolean;
  active_ms: number;
  /** Up to which active time a budget that sessions share lets the turn go on, until it is asked again. */
  wall_grant?: { scope: string; until_ms: number };
  usage: Usage;
  tokens: number;
  cost_micro_usd: number;
  priced: boolean;
  model_calls: number;
}

/**
 * The present model call. `due`: to be requested; `running`: an intent without observation; `failed`: the last attempt
 * failed and nothing is decided yet, or its retry waits for `retry_at`; `answered`.
 */
export interface Ask {
  /** A compaction sums up the history for the call that waits for it. */
  purpose: 'think' | 'compact' | 'plan';
  call_id: string;
  attempt: number;
  /** Attempts that count against the limit, for the present model. */
  counted: number;
  status: 'due' | 'running' | 'failed' | 'answered';
  /** With shared budgets: whether the ledger has answered for this attempt. */
  reserved: boolean;
  reserve: { tokens: number; cost_micro_usd: number };
  max_output_tokens: number;
  /** Nothing more is summed up for it, or that is to be done as it was too long. */
  compacted?: 'done' | 'wanted';
  /** Of a compaction. */
  compaction?: Compaction;
  /** Of a plan: asked of the frozen planner; else of the turn's own model. */
  by_planner?: true;
  retry_at?: number;
  failure?: { class: ModelFailureClass; code: string; message: string };
}

export interface Compaction {
  /** So many of the last contents stay as they are. */
  keep: number;
  /** How often what is summed up was too long: it is shortened further each time. */
  shortened: number;
  /** Asked of the frozen compactor; else of the turn's own model. */
  by_compactor: boolean;
  /** The call that waits. */
  waiting: Pick<Ask, 'purpose' | 'call_id' | 'attempt' | 'counted' | 'by_planner' | 'compacted'>;
}

export interface Reply {
  call_id: string;
  content: Pending;
  stop_reason: 'end' | 'tool_calls' | 'length' | 'refused';
  /** Whether it holds any text that isn't white space. */
  has_text: boolean;
}

/**
 * A call of the present reply. `new`: not inspected; `inspected`: to be decided; `decided`; `asked`: an approval was
 * requested; `running`: an intent without observation; `lost`: it ran when everything stopped, or its record was
 * lost, and nobody can know how it ended; `settled`: its result is known.
 */
export interface Call {
  call_id: string;
  provider_id: string;
  name: string;
  effect: EffectClass | 'unknown';
  recovery: 'rerun' | 'roll_forward' | 'unknown';
  /** Digest of name and arguments as the model gave them. */
  signature: string;
  /** Calls of one group run side by side; the next group waits until this one is settled. */
  group: number;
  status: 'new' | 'inspected' | 'decided' | 'asked' | 'running' | 'lost' | 'settled';
  /** Refused without a look: why, and what the model is told. */
  refusal?: { why: 'unknown_tool' | 'limit' | 'invalid_arguments'; message: string };
  inspected?: Inspected;
  verdict?: Verdict;
  reason?: string;
  /** Size of the policy set by which it was judged. */
  judged_by?: number;
  grant_id?: string;
  approval?: Approval;
  attempt: number;
  result?: CallResult;
}

export interface Inspected {
  args_digest: Digest;
  invalid: string | null;
  facts: Facts;
  facts_digest: Digest;
  presentation_digest: Digest;
  quota?: Quota;
}

export interface Seen {
  tool: string;
  args_digest: Digest;
  /** Digest of outcome and output. */
  result: string;
  count: number;
}

export interface Approval {
  approval_id: string;
  expires_at: number;
  /** Who may answer it, by all policies so far. */
  approver_roles: string[];
  status: 'pending' | 'granted' | 'denied' | 'expired' | 'void';
  reason?: string;
}

export interface CallResult {
  content: Pending;
  /** `ok`, another outcome, or why it was refused. */
  status: string;
  /** Digest of status and text, without ids. */
  signature: string;
}

export interface Ending {
  reason: TurnReason;
  code?: string;
  message?: string;
}

/** The values that an entry names by digest, checked against it by whoever resolved them. */
export interface Resolved {
  manifest?: Manifest;
  policy?: Policy;
  own_policies?: Policy[];
  summary?: Summary;
}

export interface Evolved {
  state: State;
  /** The content that this entry holds, when it holds one: it enters the history when its seq is in `joined`. */
  content?: Content;
  /** Entries whose contents entered the history now, in order; this one may be among them. */
  joined: Seq[];
  /** Of the contents before so many last ones stay; `content` stands for the others, in front. */
  kept?: number;
}

export const NO_USAGE: Usage = { input: 0, output: 0, cached: 0, reasoning: 0 };

/** The model call of a think, to be requested. */
export function newAsk(turn: number, think: number): Ask {
  return {
    purpose: 'think',
    call_id: `m${turn}.${think}`,
    attempt: 0,
    counted: 0,
    status: 'due',
    reserved: false,
    reserve: { tokens: 0, cost_micro_usd: 0 },
    max_output_tokens: 0,
  };
}

/** The state before the first entry. */
export function initial(): State {
  return {
    seq: 0,
    at: 0,
    session: null,
    history: { count: 0, digest: '', bytes: 0, apart: 0, tail: [], from_seq: 1 },
    queue: [],
    turn: null,
    turns: 0,
    grants: [],
    old_grants: [],
    unknowns: [],
    taint: [],
    usage: NO_USAGE,
    tokens: 0,
    cost_micro_usd: 0,
    measured: UNCOUNTED,
    model_calls: 0,
    active_ms: 0,
    stalls: 0,
  };
}

/** The calls of the group that is being worked on: the first with a call that isn't settled. */
export function activeGroup(turn: Turn): Call[] {
  const first = turn.calls.find((call) => call.status !== 'settled');
  return first ? turn.calls.filter((call) => call.group === first.group && call.status !== 'settled') : [];
}

/** Whether calls of this effect change something or reach out: such intents are durable before they act. */
export function isGuarded(effect: EffectClass | 'unknown'): boolean {
  return effect !== 'read';
}
