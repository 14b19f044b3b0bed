/** One-shot: one message through one session, from its acceptance to the last durable line. */
import { realpathSync } from 'node:fs';
import { RuntimeError } from '../contract/errors.ts';
import type { EntryData } from '../contract/entries.ts';
import type { ModelChoice } from '../contract/manifest.ts';
import type { RunOutcome, StreamEvent } from '../contract/stream.ts';
import type { Part } from '../contract/values.ts';
import { NO_USAGE } from '../kernel/turn/state.ts';
import { exitCodeOf, WAITING_APPROVAL } from './exit-code.ts';
import type { LiveSession, Owner } from './owner.ts';
import { wholeText } from './session/messages.ts';
import type { Rest } from './session/runner.ts';
import { createTurnCounter, entryEvent, toStreamEvent } from './stream.ts';
import { LOCAL_ACTOR, takeWorkspace, type OwnedWorkspace, type Workspace } from './wire.ts';

export interface RunRequest {
  /** Of `--session`; created when it is valid and unknown. Absent: a new one. */
  session?: string;
  /** The session that was written to last. */
  latest: boolean;
  /** Absent: an unfinished turn is carried on. */
  message?: Part[];
  model?: string;
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
  /** An entry that was there before, and that `from` doesn't ask for. Those of ended turns may be left out. */
  onEarlier(event: StreamEvent): void;
  onEvent(event: StreamEvent): void;
  /** Another session has work left, which this run doesn't touch. */
  onUnfinished(session: string): void;
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

/** So many other sessions with work left are named at each run. */
const MOST_NAMED = 3;

const OFFLINE_NOTICE =
  'offline demo: a built-in script answers, no model. Set OPENAI_API_KEY, or run `runtime config init`, for a real one.';

export function startRun(workspace: Workspace, request: RunRequest, view: RunView): Run {
  const signals = { stop: false, leave: false, act: (): void => {} };

  async function run(): Promise<RunOutcome> {
    const owned = takeWorkspace(workspace, request);
    let live: LiveSession | undefined;
    try {
      live = await open(workspace, owned.owner, request, view);
      return await answer(workspace, owned, live, request, view, signals);
    } finally {
      if (live) await owned.owner.close(live);
      await owned.release();
    }
  }

  return {
    outcome: run(),
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

async function open(workspace: Workspace, owner: Owner, request: RunRequest, view: RunView): Promise<LiveSession> {
  const id = await sessionId(workspace, owner, request);
  const turnOf = createTurnCounter();
  const live = await owner.open(id, {
    whole: request.from !== undefined,
    onStored(stored) {
      const event = entryEvent(id, stored, turnOf(stored));
      if (request.from !== undefined && stored.entry.seq >= request.from) view.onEvent(event);
      else view.onEarlier(event);
    },
  });
  const waits = async (): Promise<boolean> => (await owner.pending()).some((event) => event.session_id === id);
  if (live.opened.end.status === 'absent' && !request.message && !(await waits())) {
    throw new RuntimeError('not_found', `There is no session ${id}, and no message to start it with.`);
  }
  const { session, seq, turn } = live.runner.state();
  if (session) view.onOpened(id, { seq, ...(turn && { turn: turn.turn }) });
  return live;
}

async function sessionId({ store }: Workspace, owner: Owner, { session, latest }: RunRequest): Promise<string> {
  if (session !== undefined) return session;
  if (!latest) return owner.newSessionId();
  const [newest] = await store.journal.list();
  if (!newest) throw new RuntimeError('no_session', 'There is no session to continue.');
  return newest.session_id;
}

async function answer(
  workspace: Workspace,
  { owner, models, choose }: OwnedWorkspace,
  live: LiveSession,
  request: RunRequest,
  view: RunView,
  signals: { stop: boolean; leave: boolean; act: () => void },
): Promise<RunOutcome> {
  const { id, runner, opened } = live;
  const chosen = choose(request.model ?? runner.state().session?.model);
  checkPrice(request, chosen.choices);
  const [{ name, provider }] = chosen.choices as [ModelChoice];
  // A script that can't be used is a matter of configuration: found before anything is accepted.
  if (provider === 'script') await models.prepare(name);
  if (chosen.offline_demo) view.onNotice(OFFLINE_NOTICE);
  await nameOthers(owner, id, view);

  const { turn, queue, session } = runner.state();
  if (session && request.root !== undefined && realpathSync(request.root) !== session.project_root) {
    view.onNotice(`session ${id} keeps its project root, ${session.project_root}`);
  }
  const waiting = (await owner.pending()).find((event) => event.session_id === id);
  const turns = watchTurns(workspace, live, view);
  const model = request.model === undefined ? {} : { model: request.model };
  // The accept is on its way to the disk while the model's client is loaded.
  const accepting =
    request.message &&
    owner.accept({
      session: id,
      parts: request.message,
      actor: LOCAL_ACTOR,
      source: request.source,
      root: rootOf(request),
      ...model,
    });
  const preparing = models.prepare(name).catch(() => {}); // the model call itself reports it
  const accepted = await accepting;
  await preparing;

  if (accepted && (turn ?? queue[0])) view.onNotice(`accepted; session ${id} has an open turn, which goes on first`);
  const event = accepted?.event.event_id ?? turn?.event_ids[0] ?? queue[0]?.event_id ?? waiting?.event_id;
  if (event === undefined) {
    view.onNotice(`session ${id} has nothing to carry on`);
    return { state: 'ended', exit_code: 0, text: '', approvals: [], usage: NO_USAGE };
  }
  signals.act = () => {
    if (signals.leave) void runner.shutDown();
    else {
      // A turn of an earlier message may be running before ours: a person's Ctrl-C means both.
      const running = runner.state().turn?.event_ids[0];
      for (const one of new Set([running, event]))
        if (one !== undefined) owner.stop(live, one, LOCAL_ACTOR).catch(() => {}); // the run itself reports it
    }
  };
  await owner.enter(live, { actor: LOCAL_ACTOR, ...model });
  if (signals.stop || signals.leave) signals.act();
  const rest = await runner.rest();
  const others = [...turns].filter(([one, { ended }]) => one !== event && ended?.reason === 'success').length;
  if (others > 0) view.onNotice(`other messages answered: ${others}; \`runtime session show ${id}\` has the answers`);
  // It had ended, and the program was stopped before anyone saw the answer.
  const before = opened.ended.get(event);
  const unseen = before && { ended: before, text: textOf(opened.lastReply, workspace.store.blobs) };
  return outcomeOf(rest, live, turns.get(event) ?? unseen);
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

function checkPrice({ max_cost }: RunRequest, choices: ModelChoice[]): void {
  const unpriced = choices.find((choice) => !choice.price);
  if (max_cost === undefined || !unpriced) return;
  throw new RuntimeError('price_missing', `--max-cost needs the price of the model "${unpriced.name}".`, {
    next: `Set \`price: {input: …, output: …}\` (USD per million tokens) for "${unpriced.name}" in models.registry.`,
  });
}

/** A one-shot run touches only its own session, and names the others that have work left. */
async function nameOthers(owner: Owner, id: string, view: RunView): Promise<void> {
  const others = new Set((await owner.pending()).map((event) => event.session_id).filter((session) => session !== id));
  for (const session of [...others].slice(0, MOST_NAMED)) view.onUnfinished(session);
  if (others.size > MOST_NAMED)
    view.onNotice(`unfinished: ${others.size - MOST_NAMED} more sessions; see \`runtime session ls\``);
}

interface WatchedTurn {
  text?: Promise<string>;
  ended?: EntryData<'turn.ended'>;
}

/** What became of each event, from the entries as they are written. */
function watchTurns({ store, clock }: Workspace, live: LiveSession, view: RunView): Map<string, WatchedTurn> {
  const { id, runner, opened } = live;
  const turns = new Map<string, WatchedTurn>();
  let text: Promise<string> | undefined;
  runner.subscribe((event) => {
    view.onEvent(toStreamEvent(id, event, clock.now()));
    if (event.kind !== 'entry') return;
    const { entry } = event.stored;
    if (entry.type === 'turn.started') text = undefined;
    if (entry.type === 'reply.made') text = textOf(opened.fold.lastReply, store.blobs);
    if (entry.type === 'turn.ended') {
      for (const one of entry.data.event_ids)
        turns.set(one, text ? { text, ended: entry.data } : { ended: entry.data });
    }
  });
  return turns;
}

async function textOf(parts: Part[], blobs: Workspace['store']['blobs']): Promise<string> {
  const texts = await Promise.all(parts.map(async (part) => (part.type === 'text' ? wholeText(part.text, blobs) : '')));
  return texts.join('');
}

async function outcomeOf(rest: Rest, { runner }: LiveSession, watched: WatchedTurn | undefined): Promise<RunOutcome> {
  if (watched?.ended) {
    const { reason, code, usage, cost_micro_usd } = watched.ended;
    return {
      state: 'ended',
      reason,
      ...(code !== undefined && { code }),
      exit_code: exitCodeOf(reason),
      text: (await watched.text) ?? '',
      approvals: [],
      usage,
      ...(cost_micro_usd !== undefined && { cost_micro_usd }),
    };
  }
  if (rest.kind === 'ended' && rest.error) throw rest.error;
  const usage = runner.state().turn?.usage ?? NO_USAGE;
  if (rest.kind === 'waiting') {
    return { state: 'waiting_approval', exit_code: WAITING_APPROVAL, text: '', approvals: rest.approvals, usage };
  }
  // Left by a signal: the caller knows which, and exits by it.
  return { state: 'open', exit_code: 143, text: '', approvals: [], usage };
}
