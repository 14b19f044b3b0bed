/**
 * One-shot: one message through one session, from its acceptance to the last durable line. It runs in this process, or in
 * the one that owns the workspace; when that one goes, this one takes over, and the turn goes on.
 */
import { realpathSync } from 'node:fs';
import { RuntimeError, toRuntimeError, type ErrorCode } from '../contract/errors.ts';
import type { EventStatus, Host, SessionStatus, Submission, SubmittedPart } from '../contract/host.ts';
import type { RunOutcome, StreamEvent } from '../contract/stream.ts';
import { NO_USAGE } from '../kernel/turn/state.ts';
import type { Clock } from '../base/clock.ts';
import { systemIds } from '../base/ids.ts';
import { exitCodeOf, WAITING_APPROVAL } from './exit-code.ts';
import { isGone, LEAVING_MS, LOSS_MS } from './host-loss.ts';
import type { Hub } from './hub/hub.ts';
import { orphanEnd } from './past/orphan-turn.ts';
import { isSeenTo, unfinished, workList, type Unfinished, type WorkList } from './past/unfinished.ts';
import { chooseSession } from './session-choice.ts';
import { createRunStream, type RunStream } from './run-stream.ts';
import { createTurnCounter, entryEvent } from './stream.ts';
import { untoldNotice } from './trust/trusted-files.ts';
import type { Workspace } from './wire.ts';

export interface RunRequest {
  /** Of `--session`; created when it is valid and unknown. Absent: a new one. */
  session?: string;
  /** The session that was written to last. */
  latest: boolean;
  /** Absent: an unfinished turn is carried on. */
  message?: SubmittedPart[];
  model?: string;
  /** The message is to be planned, and done in steps. */
  goal?: true;
  /** A command that must exit with 0 before its turn counts as done. */
  check?: string;
  timeout_ms?: number;
  /** USD. */
  max_cost?: number;
  /** The folder of a new session's files. Default: the current one. */
  root?: string;
  source: string;
  /** Entries that were there before are given to `onEvent` too, from this seq on. */
  from?: number;
}

export interface RunView {
  /** The session was there before: its last entry, and the turn that is open. */
  onOpened(session: string, at: { seq: number; turn?: number }): void;
  /** An entry of the open turn that was there before. */
  onEarlier(event: StreamEvent): void;
  onEvent(event: StreamEvent): void;
  /** What was left in the session, before it goes on. */
  onLeft(left: Unfinished): void;
  /** Other sessions have work left, which this run doesn't touch. */
  onOthers(others: WorkList): void;
  /** By this host the run goes on; the one before has gone. */
  onAttached(host: Host): void;
  /** A line for the person. */
  onNotice(line: string): void;
}

export interface Run {
  /** Settles when everything is durable and the lock is free. Rejects with a RuntimeError when the run itself failed. */
  outcome: Promise<RunOutcome>;
  /** Asks the turn to stop, as a person's Ctrl-C does; the run then ends by itself. */
  stop(): void;
  /** Ends the run at once with everything durable; what is open goes on at the next start. */
  leave(): void;
}

/** Gives the workspace's host: this process, or a client of the one that owns it. @throws RuntimeError locked */
export type Attach = () => Promise<Host | Hub>;

/** So many other sessions with work left are looked at at each run: it touches only its own. */
const MOST_NAMED = 3;
/** How long what runs for others may take to end by itself, when this process leaves. */
const HANDOVER_MS = 5000;
/** Entries in which a call that waits for a person is looked for. */
const EARLIER_ENTRIES = 256;

export function startRun(workspace: Workspace, attach: Attach, request: RunRequest, view: RunView): Run {
  const signals: Signals = { stop: false, leave: false, act: () => {} };
  return {
    outcome: run(workspace, attach, request, view, signals),
    stop() {
      signals.stop = true;
      signals.act();
    },
    leave() {
      signals.leave = true;
      signals.act();
    },
  };
}

interface Signals {
  stop: boolean;
  leave: boolean;
  act: () => void;
}

async function run(
  workspace: Workspace,
  attach: Attach,
  request: RunRequest,
  view: RunView,
  signals: Signals,
): Promise<RunOutcome> {
  const key = systemIds(workspace.clock).ulid();
  let begun: Begun | undefined;
  for (;;) {
    const host = await attachOrLeave(attach, signals);
    if (host === undefined) return LEFT_OPEN;
    let outcome: RunOutcome | undefined;
    view.onAttached(host);
    // An owner that says nothing must not keep a client from going.
    if (!host.here) listen(signals, { leave: () => host.leave() });
    try {
      begun ??= await begin(workspace, host, request, view);
      begun.stream.follow(host);
      begun.event ??= await send(host, begun.before, request, view, key);
      const { id, event, stream } = begun;
      const orphan = event === undefined ? await orphanOf(host, begun) : undefined;
      if (event === undefined && orphan === undefined) return nothingToDo(id, view);
      const settled =
        event === undefined
          ? orphanEnd(workspace.store, host, orphan!)
          : host.resume(id).then(() => host.settled(event));
      const status = await follow(workspace, host, { id, event, stream, settled }, signals);
      await sayOthers(host, id, event ?? '', view);
      return (outcome = outcomeOf(status));
    } catch (thrown) {
      if (!signals.leave && (host.here || !isGone(thrown))) throw thrown;
      await gone(host, thrown, workspace.clock, signals);
      if (signals.leave) return LEFT_OPEN;
    } finally {
      signals.act = () => {};
      begun?.stream.close();
      await host.leave({ patience_ms: HANDOVER_MS }).catch((thrown: unknown) => {
        if (outcome === undefined) throw thrown;
        sayUnwritten(thrown, view); // what came out is durable
      });
    }
    if (begun?.event !== undefined) view.onNotice('the process that did the work has gone; going on');
  }
}

/** Marks, heads and snapshots follow the end of a turn. Without them nothing is lost, and the next start knows what to do. */
function sayUnwritten(thrown: unknown, view: RunView): void {
  view.onNotice(`warning: what follows the end of the turn could not be written: ${toRuntimeError(thrown).message}`);
  view.onNotice('next: Check free space and permissions with `runtime doctor`; the next start writes what is missing.');
}

/** Undefined when a signal ends the waiting for an owner that says nothing. */
async function attachOrLeave(attach: Attach, signals: Signals): Promise<Host | Hub | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  listen(signals, { leave: async () => resolve(undefined) });
  const attaching = attach();
  const host = await Promise.race([attaching, promise]);
  if (host === undefined) attaching.then((late) => late.leave()).catch(() => {});
  return host;
}

/** What was begun, and goes on when the owner goes. */
interface Begun {
  id: string;
  /** The session as it was found. */
  before: SessionStatus;
  /** Whose end is waited for; undefined as long as that isn't known. */
  event: string | undefined;
  stream: RunStream;
}

function nothingToDo(id: string, view: RunView): RunOutcome {
  view.onNotice(`session ${id} has nothing to carry on`);
  return { state: 'ended', exit_code: 0, text: '', approvals: [], usage: NO_USAGE };
}

/** Left by a signal: the caller knows which, and exits by it. */
const LEFT_OPEN: RunOutcome = { state: 'open', exit_code: 143, text: '', approvals: [], usage: NO_USAGE };

/** Waits until an owner has left that is leaving: until then it takes nothing, and nobody else can. */
async function gone(host: Host, thrown: unknown, clock: Clock, signals: Signals): Promise<void> {
  if (host.here || signals.leave) return;
  const leaves = thrown instanceof RuntimeError && thrown.code === 'shutting_down';
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.at(clock.now() + (leaves ? LEAVING_MS : LOSS_MS), resolve);
  listen(signals, { leave: async () => resolve() });
  await Promise.race([host.lost, promise]);
  cancel();
}

/** Finds the session, once: what others add to it from then on is shown. */
async function begin(workspace: Workspace, host: Host | Hub, request: RunRequest, view: RunView): Promise<Begun> {
  const id = await chooseSession({ ...workspace, journal: workspace.store.journal }, request);
  const before = await host.session(id);
  await open(workspace, host, before, request, view);
  const after = request.from === undefined ? before.seq : request.from - 1;
  return {
    id,
    before,
    event: undefined,
    stream: createRunStream(workspace, id, after, (event) => view.onEvent(event)),
  };
}

/** Shows the turn of a message until its end. @throws RuntimeError owner_lost | shutting_down, when the owner goes first */
async function follow(
  { clock }: Workspace,
  host: Host | Hub,
  { id, event, stream, settled }: Pick<Begun, 'id' | 'event' | 'stream'> & { settled: Promise<EventStatus> },
  signals: Signals,
): Promise<EventStatus> {
  // What nobody asked for nobody can stop: it is left open.
  const stop = event === undefined ? () => host.leave() : () => stopTurn(host, id, event);
  listen(signals, { stop, leave: () => host.leave() });
  const lost = host.lost.then(({ error }): never => {
    const { code, message, next } = error ?? { code: 'owner_lost', message: 'The owner has gone.' };
    // The file of any session may have failed, as that of a step: to be gone on with is the one that was asked for.
    const named = code === 'disk_full' ? { id } : next === undefined ? {} : { next };
    throw new RuntimeError(code as ErrorCode, message, named);
  });
  // Which of the two comes first when the owner goes is chance: its going explains the other's failure.
  const status = await Promise.race([settled.catch((error: unknown) => failedOr(lost, error, clock)), lost]);
  await stream.caughtUp(host, status);
  return status;
}

/** Says where the run begins, and what of it is odd. */
async function open(
  workspace: Workspace,
  host: Host | Hub,
  found: SessionStatus,
  request: RunRequest,
  view: RunView,
): Promise<void> {
  const { session_id, status, seq, turn, project_root, queued } = found;
  if (status === 'absent' && !request.message) {
    throw new RuntimeError('not_found', `There is no session ${session_id}, and no message to start it with.`);
  }
  const untold = await untoldNotice(workspace, project_root === '' ? rootOf(request) : project_root);
  if (untold !== undefined) view.onNotice(untold);
  const live = host.here ? {} : { live: () => host.sessions() };
  const others = await workList(workspace, { except: session_id, most: MOST_NAMED, ...live });
  if (others.sessions.length > 0) view.onOthers(others);
  if (!isSeenTo(found) && (turn || queued.length > 0)) view.onLeft(await unfinished(workspace, session_id));
  if (seq === 0) return;
  if (turn && request.from === undefined) await showEarlier(workspace, session_id, view);
  view.onOpened(session_id, { seq, ...(turn && { turn: turn.turn }) });
  if (request.root !== undefined && realpathSync(request.root) !== project_root) {
    view.onNotice(`session ${session_id} keeps its project root, ${project_root}`);
  }
  if (request.message && (turn !== undefined || queued.length > 0)) {
    view.onNotice(`accepted; session ${session_id} has an open turn, which goes on first`);
  }
}

/** The open turn's entries: what waits for a person is named in them. */
async function showEarlier({ store }: Workspace, session_id: string, view: RunView): Promise<void> {
  const turnOf = createTurnCounter();
  await store.journal.read(session_id, (stored) => view.onEarlier(entryEvent(session_id, stored, turnOf(stored))), {
    last: EARLIER_ENTRIES,
  });
}

/**
 * Sends the message, or goes on with what is there. Gives the message whose end is waited for. `key`: sent again to
 * another owner, the message is still one.
 */
async function send(
  host: Host,
  { session_id, turn, queued }: SessionStatus,
  request: RunRequest,
  view: RunView,
  key: string,
): Promise<string | undefined> {
  if (request.message) {
    const message = { ...submissionOf(session_id, request.message, request), idempotency_key: key };
    const accepted = await host.submit(message);
    for (const notice of accepted.notices) view.onNotice(notice);
    return accepted.event_id;
  }
  if (request.model !== undefined) await host.configure(session_id, { model: request.model });
  const now = await host.resume(session_id);
  return turn?.event_ids[0] ?? queued[0] ?? now.turn?.event_ids[0] ?? now.queued[0];
}

/** The open turn of a fork, which no message of the session has. */
async function orphanOf(
  host: Host,
  { id, before }: Begun,
): Promise<{ session_id: string; turn: number; after: number } | undefined> {
  const { turn = before.turn } = await host.session(id);
  return turn && { session_id: id, turn: turn.turn, after: before.seq };
}

function submissionOf(session_id: string, parts: SubmittedPart[], request: RunRequest): Submission {
  const { model, goal, check, timeout_ms, max_cost, source } = request;
  const limits = {
    ...(timeout_ms !== undefined && { wall_ms: timeout_ms }),
    ...(max_cost !== undefined && { cost_micro_usd: Math.round(max_cost * 1_000_000) }),
  };
  return {
    session_id,
    parts,
    source,
    root: rootOf(request),
    ...(model !== undefined && { model }),
    ...(goal && { goal }),
    ...(check !== undefined && { check }),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
}

/** The real path of a new session's folder. @throws RuntimeError usage, when the current folder has been removed */
function rootOf({ root = '.' }: RunRequest): string {
  try {
    return realpathSync(root);
  } catch (cause) {
    const next = 'Go to a folder that exists, or name one with --root.';
    throw new RuntimeError('usage', 'the project root is not there any more', { next, cause });
  }
}

/** What signals do from here on. The run itself reports what is wrong. */
function listen(signals: Signals, acts: { stop?: () => Promise<void>; leave: () => Promise<void> }): void {
  signals.act = () => void (signals.leave ? acts.leave() : acts.stop?.())?.catch(() => {});
  if (signals.stop || signals.leave) signals.act();
}

/** A turn of an earlier message may be running before ours: a person's Ctrl-C means both, where both are this process's. */
async function stopTurn(host: Host, id: string, event: string): Promise<void> {
  const running = host.here ? (await host.session(id)).turn?.event_ids[0] : undefined;
  for (const one of new Set([running, event])) if (one !== undefined) await host.stop(id, one);
}

async function failedOr(lost: Promise<never>, error: unknown, clock: Clock): Promise<never> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.at(clock.now() + LOSS_MS, () => late.reject(error));
  return Promise.race([lost, late.promise]).finally(cancel);
}

/** The session's other messages have their turns before this process goes. */
async function sayOthers(host: Host | Hub, id: string, event: string, view: RunView): Promise<void> {
  if ('rested' in host) await host.rested(id);
  const others = 'answered' in host ? host.answered(id, event) : 0;
  if (others > 0) view.onNotice(`other messages answered: ${others}; \`runtime session show ${id}\` has the answers`);
}

function outcomeOf({
  event_id,
  status,
  why,
  reason,
  code,
  text,
  usage,
  approvals,
  cost_micro_usd,
}: EventStatus): RunOutcome {
  const spent = { usage: usage ?? NO_USAGE, ...(cost_micro_usd !== undefined && { cost_micro_usd }) };
  if (status === 'waiting_approval') {
    return { state: 'waiting_approval', exit_code: WAITING_APPROVAL, text: '', approvals, ...spent };
  }
  if (status === 'dead' && why !== undefined) {
    throw new RuntimeError('message_dead', `Its session can't take message ${event_id}: ${why}`, { id: event_id });
  }
  if (reason === undefined) throw new RuntimeError('internal', `Message ${event_id} has come to no end: ${status}.`);
  const how = { reason, ...(code !== undefined && { code }), exit_code: exitCodeOf(reason) };
  return { state: 'ended', ...how, text: text ?? '', approvals: [], ...spent };
}
