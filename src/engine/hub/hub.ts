/**
 * The host in the process that owns the workspace: takes messages, works on sessions side by side, and tells whoever
 * looks. A one-shot run, the terminal and the daemon all stand on it; they differ in what it takes on by itself.
 */
import { RuntimeError } from '../../contract/errors.ts';
import { CONTROL_PROTOCOL } from '../../contract/host.ts';
import type { EventStatus, Host, Loss, Resolution, SessionStatus, Submission } from '../../contract/host.ts';
import type { ModelChoice } from '../../contract/manifest.ts';
import type { Part } from '../../contract/values.ts';
import { pendingApprovals, resolveApproval } from '../approvals.ts';
import { revokeGrant } from '../grants.ts';
import type { LiveSession } from '../owner.ts';
import { checkSessionId } from '../session-id.ts';
import { wholeText } from '../session/messages.ts';
import { removeSession } from '../sessions.ts';
import { toStreamEvent } from '../stream.ts';
import { LOCAL_ACTOR, takeWorkspace, type Workspace } from '../wire.ts';
import { createEventBoard } from './event-board.ts';
import { createLiveSessions } from './live-sessions.ts';
import { statusOf } from './session-status.ts';
import { createWatchers } from './watchers.ts';

export interface HubOptions {
  /** `all`: works on everything that was accepted. `named`: only on sessions that it is asked about. */
  takes: 'all' | 'named';
  /** Of the program, for those who ask who owns the workspace. */
  version: string;
}

export interface LeaveOptions {
  patience_ms?: number;
  /** Called when nothing runs any more, while the workspace is still this process's. */
  before_release?: () => Promise<void>;
}

export interface Hub extends Host {
  leave(options?: LeaveOptions): Promise<void>;
  /** Sessions with accepted messages on which nothing is being done. */
  unfinished(): Promise<string[]>;
  /** Resolves when nothing is being done in a session. */
  rested(session_id: string): Promise<void>;
  /** How many messages of a session were answered here, beside that one. */
  answered(session_id: string, but: string): number;
}

const OFFLINE_NOTICE =
  'offline demo: a built-in script answers, no model. Set OPENAI_API_KEY, or run `runtime config init`, for a real one.';

/** Takes the workspace. @throws RuntimeError locked */
export function createHub(workspace: Workspace, { takes, version }: HubOptions): Hub {
  const { store, clock } = workspace;
  const { owner, models, choose, release } = takeWorkspace(workspace);
  const started_at = clock.now();
  const board = createEventBoard();
  const watchers = createWatchers(store.journal);
  /** When the open turn of a session began. */
  const turnBegan = new Map<string, number>();
  const loss = Promise.withResolvers<Loss>();
  let leaving: Promise<void> | undefined;

  const sessions = createLiveSessions({
    owner,
    actor: LOCAL_ACTOR,
    onOpened: noteEnded,
    onEnter: ({ runner }) => void choose(runner.state().session?.model), // so that its model is known
    onFailed: ({ code, message, next }) => loss.resolve({ handed_over: false, error: { code, message, next } }),
    onEvent(session_id, event) {
      if (event.kind === 'entry') {
        const { entry } = event.stored;
        if (entry.type === 'turn.started') turnBegan.set(session_id, entry.at);
        board.take(session_id, event.stored, () => textOf(sessions.get(session_id)!.opened.fold.lastReply));
      }
      watchers.tell(session_id, toStreamEvent(session_id, event, clock.now()));
    },
  });

  /** A turn may have ended right before the program was stopped, so that nobody saw the answer. */
  function noteEnded({ id, opened }: LiveSession): void {
    const last = [...opened.ended.values()].at(-1);
    for (const [event_id, ended] of opened.ended) {
      board.ended(id, event_id, ended, ended === last ? textOf(opened.lastReply) : undefined);
    }
  }

  async function textOf(parts: Part[]): Promise<string> {
    const texts = parts.map(async (part) => (part.type === 'text' ? wholeText(part.text, store.blobs) : ''));
    return (await Promise.all(texts)).join('');
  }

  function refuseWhenLeaving(): void {
    if (leaving) throw new RuntimeError('shutting_down', 'The program is about to end.');
  }

  async function describe(live: LiveSession): Promise<SessionStatus> {
    const { id } = live;
    const began = live.runner.state().turn ? turnBegan.get(id) : undefined;
    const pending = (await owner.pending()).filter((event) => event.session_id === id).map(({ event_id }) => event_id);
    const watching = watchers.count(id);
    return statusOf(live, { entered: sessions.isEntered(id), started_at: began, pending, watchers: watching });
  }

  async function eventStatus(event_id: string): Promise<EventStatus> {
    const note = board.get(event_id) ?? (await pendingNote(event_id));
    if (!note) throw new RuntimeError('not_found', `There is no message ${event_id} that anything is known of.`);
    const runner = sessions.get(note.session_id)?.runner;
    const seq = runner?.state().seq ?? 0;
    if (note.status === 'done') return { ...note, seq, text: (await board.text(event_id)) ?? '', approvals: [] };
    const approvals = runner?.approvals() ?? [];
    const usage = runner?.state().turn?.usage;
    const waits = runner?.isWaiting() === true && approvals.length > 0;
    return { ...note, seq, ...(usage && { usage }), approvals, ...(waits && { status: 'waiting_approval' }) };
  }

  async function pendingNote(event_id: string) {
    const event = (await owner.pending()).find((one) => one.event_id === event_id);
    return event && { event_id, session_id: event.session_id, status: 'queued' as const };
  }

  async function settled(event_id: string): Promise<EventStatus> {
    for (;;) {
      const status = await eventStatus(event_id);
      if (status.status === 'done') return status;
      const { runner } = await sessions.enter(status.session_id);
      const rest = await runner.rest();
      if (rest.kind === 'ended') {
        if (board.get(event_id)?.status === 'done') continue;
        if (rest.error) throw rest.error;
        if (leaving) throw new RuntimeError('shutting_down', 'The program ended before the turn did.');
        throw new RuntimeError('not_found', `Session ${status.session_id} was removed.`);
      }
      const now = await eventStatus(event_id);
      if (now.status === 'done' || now.status === 'waiting_approval') return now;
      if (rest.kind === 'idle' && runner.state().turn === null) return { ...now, status: 'dead' };
    }
  }

  async function submit(message: Submission) {
    refuseWhenLeaving();
    const { parts, model, mode = 'message', root = '/', source = 'api', limits, idempotency_key } = message;
    const session = message.session_id ?? owner.newSessionId();
    checkSessionId(session);
    const live = await sessions.open(session);
    const { session: known, turn, queue } = live.runner.state();
    const chosen = choose(model ?? known?.model);
    checkPrice(limits, chosen.choices);
    const [{ name, provider }] = chosen.choices as [ModelChoice];
    // A script that can't be used is a matter of configuration: found before anything is accepted.
    if (provider === 'script') await models.prepare(name);
    // The accept is on its way to the disk while the model's client is loaded.
    const accepting = owner.accept({
      session,
      parts,
      actor: LOCAL_ACTOR,
      source,
      mode,
      root,
      ...(model !== undefined && { model }),
      ...(idempotency_key !== undefined && { idempotency_key }),
      ...(limits !== undefined && { limits }),
    });
    const preparing = models.prepare(name).catch(() => {}); // the model call itself reports it
    const { event, duplicate } = await accepting;
    await preparing;
    const { event_id, session_id } = event;
    if (!duplicate) await sessions.deliver(event);
    return {
      event_id,
      session_id,
      duplicate,
      status: duplicate ? (await eventStatus(event_id)).status : ('queued' as const),
      position: (turn ? 1 : 0) + queue.length,
      notices: chosen.offline_demo ? [OFFLINE_NOTICE] : [],
    };
  }

  async function resolve(id: string, resolution: Resolution) {
    refuseWhenLeaving();
    const record = await resolveApproval(workspace, owner, (session) => sessions.open(session), id, resolution);
    if (takes === 'all') await sessions.enter(record.session_id);
    return record;
  }

  async function leave({ patience_ms = 0, before_release }: LeaveOptions = {}): Promise<void> {
    const closing = sessions.closeAll(patience_ms);
    leaving ??= closing
      .then(before_release)
      .then(release)
      .then(() => loss.resolve({ handed_over: true }));
    await Promise.all([closing, leaving]);
  }

  const hub: Hub = {
    here: true,
    status: async () => ({
      pid: process.pid,
      program: 'runtime',
      version,
      protocol: CONTROL_PROTOCOL,
      workspace: store.workspace().id,
      started_at,
    }),
    submit,
    event: eventStatus,
    settled,
    async resume(session_id) {
      refuseWhenLeaving();
      return describe(await sessions.enter(session_id));
    },
    stop: async (session_id, event_id) => owner.stop(await sessions.open(session_id), event_id, LOCAL_ACTOR),
    async configure(session_id, change) {
      refuseWhenLeaving();
      if (change.model !== undefined) choose(change.model);
      await owner.configure(await sessions.open(session_id), change, LOCAL_ACTOR);
    },
    async sessions() {
      const waiting = (await owner.pending()).map((event) => event.session_id);
      for (const session of new Set(waiting)) await sessions.open(session);
      const all = await Promise.all(sessions.all().map(describe));
      return all.filter(({ status, watchers: some }) => (status !== 'idle' && status !== 'absent') || some > 0);
    },
    session: async (session_id) => describe(await sessions.open(session_id)),
    async fork(session_id, { at }) {
      refuseWhenLeaving();
      const { forkSession } = await import('../fork.ts');
      const id = owner.newSessionId();
      const sources = { ...store, policy: workspace.policy, role: LOCAL_ACTOR.role, now: () => clock.now() };
      await forkSession(sources, { session: session_id, ...(at !== undefined && { at }) }, { id, actor: LOCAL_ACTOR });
      return { session_id: id };
    },
    async remove(session_id, { force }) {
      refuseWhenLeaving();
      await removeSession(workspace, session_id, { force, close: () => sessions.close(session_id) });
      watchers.end(session_id);
    },
    approvals: () => pendingApprovals(workspace),
    resolve,
    revokeGrant: (grant_id) => revokeGrant(workspace, grant_id),
    async setPolicy(change) {
      const { changePolicy } = await import('../change-policy.ts'); // brings a YAML editor with it
      return changePolicy(workspace, change);
    },
    watch: (session_id, after, listener) =>
      watchers.add(session_id, after, listener, sessions.get(session_id)?.runner.state().seq),
    lost: loss.promise,
    leave,
    async unfinished() {
      const waiting = new Set((await owner.pending()).map((event) => event.session_id));
      return [...waiting].filter((session) => !sessions.isEntered(session));
    },
    async rested(session_id) {
      await sessions.get(session_id)?.runner.rest();
    },
    answered: (session_id, but) => board.answered(session_id, but),
  };

  if (takes === 'all') void takeAll();
  return hub;

  /** What was accepted before, and not worked on to its end. */
  async function takeAll(): Promise<void> {
    for (const session of await hub.unfinished()) await sessions.enter(session).catch(() => {}); // `sessions` says so
  }
}

function checkPrice(limits: Submission['limits'], choices: ModelChoice[]): void {
  const unpriced = choices.find((choice) => !choice.price);
  if (limits?.cost_micro_usd === undefined || !unpriced) return;
  throw new RuntimeError('price_missing', `--max-cost needs the price of the model "${unpriced.name}".`, {
    next: `Set \`price: {input: …, output: …}\` (USD per million tokens) for "${unpriced.name}" in models.registry.`,
  });
}
