/**
 * The host in the process that owns the workspace: takes messages, works on sessions side by side, and tells whoever
 * looks. A one-shot run, the terminal and the daemon all stand on it; they differ in what it takes on by itself.
 */
import { RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import { CONTROL_PROTOCOL } from '../../contract/host.ts';
import type { Host, Loss, Resolution, SessionRow, SessionStatus } from '../../contract/host.ts';
import type { Seq } from '../../contract/entries.ts';
import type { Part } from '../../contract/values.ts';
import { findApproval, pendingApprovals, resolveApproval } from '../approvals.ts';
import { differingFrom } from '../config/given.ts';
import type { Reloaded } from '../config/reload.ts';
import { LEAVING_MS } from '../host-loss.ts';
import { ACTS, LOCAL, type Principal, requireRole, requireTurnsRole } from '../principal.ts';
import type { LiveSession } from '../owner.ts';
import { wholeTexts } from '../session/messages.ts';
import { createQueueActs } from '../lanes/queue-acts.ts';
import type { Lanes } from '../lanes/lanes.ts';
import { lanesFor } from '../lanes/lanes-for.ts';
import { workOf } from '../lanes/work-of.ts';
import type { RunnerEvent } from '../session/runner.ts';
import { toStreamEvent } from '../stream.ts';
import { takeWorkspace, type Workspace } from '../wire.ts';
import { createChildren } from './children.ts';
import { createConfigChanges } from './config-changes.ts';
import { createEventBoard, endedNote } from './event-board.ts';
import { createHubSchedules, type SchedulesTold } from './hub-schedules.ts';
import { keepStarting, type StartTold } from './keep-starting.ts';
import { createLiveSessions } from './live-sessions.ts';
import { createMessageStatus } from './message-status.ts';
import { createSessionActs } from './session-acts.ts';
import { type Served, servedTo } from './served-to.ts';
import { statusOf } from './session-status.ts';
import { checkPrice, createSubmit } from './submission.ts';
import { createWatchers } from './watchers.ts';

export interface HubOptions {
  /** `all`: works on everything that was accepted. `named`: only on sessions that it is asked about. */
  takes: 'all' | 'named';
  /** Fires the jobs of the workspace when they are due; told when that can't begin yet, when it has, and of commands. */
  schedules?: SchedulesTold;
  /** Told when what was accepted before can't be read yet, and when it is. */
  queue?: StartTold;
  /** Of the program, for those who ask who owns the workspace. */
  version: string;
  /** Gives the workspace to a process that asks for it. */
  yields?: boolean;
  /** Project folder of a new session whose first message names none. */
  root?: string;
  /** Where this process serves the workspace beside its control socket, where it logs, and what of it doesn't work. */
  serves?: () => Served;
  /** Told of whatever happens in any session. */
  observe?: (session_id: string, event: RunnerEvent) => void;
  /** Told of what it can't do, although it goes on. */
  warn?: (message: string) => void;
}

export interface LeaveOptions {
  patience_ms?: number;
  /** Called when nothing runs any more, while the workspace is still this process's. */
  before_release?: () => Promise<void>;
  /** Another process waits for the workspace. */
  awaited?: true;
}

export interface Hub extends Host {
  /** The same for somebody else, as far as their role goes. The hub itself is for whoever may read its files. */
  as(principal: Principal): Host;
  leave(options?: LeaveOptions): Promise<void>;
  handOver(options?: Pick<LeaveOptions, 'before_release'>): Promise<void>;
  /** The last entry of a session that is open here. */
  liveSeq(session_id: string): Seq | undefined;
  /** The messages that aren't done. */
  table: Lanes['table'];
  /** Resolves when nothing is being done in a session. */
  rested(session_id: string): Promise<void>;
  /** How many messages of a session were answered here, beside that one. */
  answered(session_id: string, but: string): number;
  /**
   * Reads the configuration again: what can change holds from the next turn on, its policy at once. One that isn't valid
   * changes nothing. @throws RuntimeError config_invalid | config_unreadable
   */
  reload(): Promise<Reloaded>;
}

/** Nothing is done in a session that is so, and nothing waits. */
const RESTS = new Set<SessionRow['status']>(['idle', 'absent']);

/** Whoever asks for a session is told. */
const UNTOLD: StartTold = { onStarted() {}, onFailed() {} };

/** Takes the workspace. @throws RuntimeError locked */
export function createHub(workspace: Workspace, options: HubOptions): Hub {
  const { takes, version, root: defaultRoot = '/', schedules: fires, yields = false, serves, observe } = options;
  const { store, clock } = workspace;
  // Steps of goals are sessions like the others; who opens those is made of the owner.
  const owned = takeWorkspace(workspace, {
    work: (request, context) => children.work(request, context),
    waitsFor: (session_id) => children.waitsFor(session_id),
  });
  const { owner, choose, release } = owned;
  const started_at = clock.now();
  const board = createEventBoard();
  const watchers = createWatchers(store.journal);
  /** When the open turn of a session began. */
  const turnBegan = new Map<string, number>();
  const loss = Promise.withResolvers<Loss>();
  /** What isn't done yet that changes something. */
  const underWay = new Set<Promise<unknown>>();
  let leaving: Promise<void> | undefined;

  const sessions = createLiveSessions({
    owner,
    onOpened: noteFound,
    onEnter: ({ runner }) => owned.knowModel(runner.state().session ?? {}),
    onChanged: (session_id) => lanes.observe(session_id),
    onBroken,
    takes: (event) => lanes.mayEnter(event),
    onFailed,
    onEvent({ id, opened }, event) {
      observe?.(id, event);
      if (event.kind === 'entry') {
        const { entry } = event.stored;
        // That a message came behind an open turn is known to who gave it.
        if (entry.type !== 'input.received' || event.turn === undefined) lanes.observe(id);
        if (entry.type === 'turn.started') turnBegan.set(id, entry.at);
        if (entry.type === 'turn.ended') turnBegan.delete(id);
        board.take(id, event.stored, () => textOf(opened.fold.lastReply));
        if (entry.type === 'turn.ended') schedules.turnsEnded();
      }
      watchers.tell(id, toStreamEvent(id, event, clock.now()));
    },
  });
  const lanes = lanesFor(takes, { ...store, clock, sessions, onFailed }, workspace.loaded.config);
  const children = createChildren({ sessions, owner, ...store, onChanged: (id) => lanes.observe(id) });
  const queue = createQueueActs({ lanes, ingress: store.ingress, takesAll: takes === 'all' });
  const configChanges = createConfigChanges(workspace, owned, sessions);
  const messages = createMessageStatus({
    board,
    sessions,
    lanes,
    ...store,
    index: workspace.index,
    textOf,
    isLeaving: () => leaving !== undefined,
  });
  const submit = createSubmit({ ...owned, workspace, sessions, lanes, messages, root: defaultRoot });
  const schedules = createHubSchedules({
    workspace,
    fileTaint: owned.fileTaint,
    redactor: owned.redactor,
    root: defaultRoot,
    submit: (message) => change(() => submit(message, LOCAL)),
    event: messages.now,
    settled: messages.settled,
    checkLimits: (limits) => checkPrice(limits, choose(undefined).choices),
    change,
    warn: options.warn ?? (() => {}),
    onCommand: fires?.onCommand,
  });

  const acts = createSessionActs({
    workspace,
    owned,
    sessions,
    change,
    changeSession,
    async onRemoved(session_id) {
      board.forget(session_id);
      await lanes.recheck(session_id);
      turnBegan.delete(session_id);
      watchers.end(session_id);
    },
  });

  /** What becomes of its messages is told from what is recorded. */
  function onBroken(session_id: string, error: RuntimeError): void {
    options.warn?.(`session ${session_id} can't go on: ${error.message} ${error.next}`);
    board.forget(session_id);
    turnBegan.delete(session_id);
    lanes.broken(session_id, error);
  }

  function onFailed({ code, message, next }: RuntimeError): void {
    loss.resolve({ handed_over: false, error: { code, message, next } });
  }

  /** A turn may have ended right before the program was stopped, so that nobody saw the answer. */
  function noteFound({ id, opened, runner }: LiveSession): void {
    for (const [event_id, ended] of opened.ended) board.found(endedNote(id, event_id, ended));
    const { turn, queue } = runner.state();
    for (const { event_id } of queue) board.found({ event_id, session_id: id, status: 'queued' });
    for (const event_id of turn?.event_ids ?? []) {
      board.found({ event_id, session_id: id, status: 'running', turn: turn!.turn });
    }
  }

  async function textOf(parts: Part[]): Promise<string> {
    return (await wholeTexts(parts, store.blobs)).join('');
  }

  function refuseWhenLeaving(): void {
    if (leaving) throw new RuntimeError('shutting_down', 'The program is about to end.');
  }

  /** Changes something. The workspace isn't given up before that is done. */
  async function change<T>(work: () => Promise<T>): Promise<T> {
    refuseWhenLeaving();
    const done = work();
    underWay.add(done);
    try {
      return await done;
    } finally {
      underWay.delete(done);
    }
  }

  /** The same with a session. What came too late is refused, since nothing would come of it. */
  function changeSession<T>(session_id: string, work: (live: LiveSession) => Promise<T>): Promise<T> {
    return change(async () => {
      const done = await sessions.use(session_id, work);
      refuseWhenLeaving();
      return done;
    });
  }

  async function describe(live: LiveSession): Promise<SessionStatus> {
    const pending = await owner.pendingOf(live.id);
    return describeWith(
      live,
      pending.map(({ event_id }) => event_id),
    );
  }

  /** `pending`: its messages that aren't done. */
  function describeWith(live: LiveSession, pending: string[]): SessionStatus {
    const { id } = live;
    const began = live.runner.state().turn ? turnBegan.get(id) : undefined;
    const watching = watchers.count(id);
    // What waits in a lane is seen to as well.
    const later = takes === 'all' && pending.length > 0 ? 'later' : undefined;
    const goesOn = sessions.isEntered(id) ? 'now' : later;
    return statusOf(live, { goesOn, started_at: began, pending, watchers: watching });
  }

  /** What lies in its journal nobody looks up as long as its messages wait for their turn. */
  function notOpen(session_id: string, queued: string[]): SessionRow {
    return { session_id, status: 'queued', queued, approvals: [], watchers: watchers.count(session_id) };
  }

  /** Asks for the end of a message. What no session has yet ends here. */
  async function stop(session_id: string, event_id: string, by: Principal): Promise<void> {
    requireRole(by, ACTS.stop);
    if (takes === 'all' && (await change(() => lanes.end(event_id, 'canceled')))) return;
    const stopped = await changeSession(session_id, (live) => owner.stop(live, event_id, by));
    if (!stopped) throw new RuntimeError('not_found', `Session ${session_id} has nothing now that could be stopped.`);
  }

  async function resolve(id: string, resolution: Resolution, by: Principal) {
    const { session_id } = await findApproval(workspace, id);
    const resolving = sessions.use(session_id, (live) =>
      resolveApproval(workspace, owner, async () => live, id, resolution, by),
    );
    const record = await resolving.catch((thrown: unknown) => {
      // A session that is being closed takes no answer, and this one looks as if another had come before.
      refuseWhenLeaving();
      throw thrown;
    });
    if (takes === 'all') await sessions.enter(session_id);
    return record;
  }

  async function leave({ patience_ms = 0, ...how }: LeaveOptions = {}): Promise<void> {
    stopOpening();
    const resting = lanes.close();
    underWay.add(resting);
    const closing = sessions.closeAll(patience_ms);
    leaving ??= giveUp(closing, how);
    await Promise.all([closing, leaving]);
  }

  /** What has begun meanwhile may come to its end. */
  async function handOver(how: Pick<LeaveOptions, 'before_release'> = {}): Promise<void> {
    if (!yields) throw new RuntimeError('locked', `Process ${process.pid} keeps the workspace until it ends.`);
    if (sessions.ids().some(isRunning)) {
      throw new RuntimeError('session_busy', `Process ${process.pid} works on a turn.`);
    }
    leave({ ...how, patience_ms: LEAVING_MS, awaited: true }).catch((thrown: unknown) =>
      onFailed(toRuntimeError(thrown)),
    );
  }

  function isRunning(session_id: string): boolean {
    const live = sessions.isEntered(session_id) ? sessions.get(session_id) : undefined;
    if (!live) return false;
    const { turn, queue, waits } = workOf(live);
    return !waits && (turn !== undefined || queue.length > 0);
  }

  /** Whatever fails: others must get the workspace. */
  async function giveUp(
    closing: Promise<void>,
    { before_release, awaited }: Omit<LeaveOptions, 'patience_ms'>,
  ): Promise<void> {
    try {
      await schedules.stop();
      await closing;
      await Promise.allSettled(underWay);
    } finally {
      try {
        await before_release?.();
      } finally {
        await release();
        loss.resolve({ handed_over: true, ...(awaited && { awaited }) });
      }
    }
  }

  const hostFor = (by: Principal): Host => ({
    here: true,
    status: async () => ({
      pid: process.pid,
      program: 'runtime',
      version,
      protocol: CONTROL_PROTOCOL,
      workspace: store.workspace().id,
      started_at,
      ...servedTo(by, serves?.() ?? {}),
    }),
    differing: async (digests) => differingFrom(workspace, digests, serves !== undefined),
    submit: (message) => change(() => submit(message, by)),
    event: (event_id) => messages.now(event_id),
    settled: (event_id) => messages.settled(event_id),
    resume: (session_id) =>
      change(async () => {
        requireRole(by, ACTS.resume);
        if (!sessions.isEntered(session_id)) await sessions.use(session_id, (live) => requireTurnsRole(by, session_id, live.runner.state().turn)); // prettier-ignore
        await sessions.enter(session_id);
        return sessions.use(session_id, describe);
      }),
    stop: (session_id, event_id) => stop(session_id, event_id, by),
    queue: queue.list,
    queueItem: queue.find,
    retryDead: (event_id) => change(() => queue.retry(event_id, by)),
    dropQueued: (event_id) => change(() => queue.drop(event_id, by)),
    ...acts(by),
    async sessions() {
      const waiting = Map.groupBy(await lanes.table(), ({ event }) => event.session_id);
      const all = [...new Set([...sessions.ids(), ...waiting.keys()])].map(async (id): Promise<SessionRow> => {
        const rows = waiting.get(id) ?? [];
        const pending = rows.map(({ event }) => event.event_id);
        // One that is on its way to a session opens it.
        const onlyWaits = sessions.get(id) === undefined && rows.every(({ state }) => state === 'waiting');
        if (takes === 'all' && onlyWaits) return notOpen(id, pending);
        return sessions.use(id, async (live) => describeWith(live, pending));
      });
      // One that can't be read is told of by whoever asks for it.
      return (await Promise.allSettled(all)).flatMap((one) =>
        one.status === 'fulfilled' && (one.value.watchers > 0 || !RESTS.has(one.value.status)) ? [one.value] : [],
      );
    },
    session: (session_id) => sessions.use(session_id, describe),
    approvals: () => pendingApprovals(workspace),
    resolve: (id, resolution) => change(() => resolve(id, resolution, by)),
    setPolicy: (changes) =>
      change(async () => {
        requireRole(by, ACTS.setPolicy);
        return configChanges.setPolicy(changes, by);
      }),
    schedules: schedules.hostFor(by),
    watch: (session_id, after, listener) =>
      watchers.add(session_id, after, listener, sessions.get(session_id)?.runner.state().seq),
    handOver,
    lost: loss.promise,
    leave,
  });

  const hub: Hub = {
    ...hostFor(LOCAL),
    as: hostFor,
    handOver,
    leave,
    liveSeq: (session_id) => sessions.get(session_id)?.runner.state().seq,
    rested: async (session_id) => void (await sessions.get(session_id)?.runner.rest()),
    answered: (session_id, but) => board.answered(session_id, but),
    table: lanes.table,
    reload: () => change(() => configChanges.reload()),
  };
  const stopOpening = keepStarting(clock, lanes.open, options.queue ?? UNTOLD);
  if (fires) schedules.start(fires);
  return hub;
}
