/**
 * What the process that owns a workspace can do with its sessions. The same for a one-shot run, the REPL and the daemon:
 * they differ in the ports they are given and in how long they stay.
 */
import { canonicalJson } from '../base/canonical-json.ts';
import { digestOf, sha256 } from '../base/digest.ts';
import type { Ids } from '../base/ids.ts';
import type { EntryData, Seq } from '../contract/entries.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Policy } from '../contract/manifest.ts';
import type { PolicyRule } from '../contract/policy-rule.ts';
import type {
  AcceptedEvent, Audit, ChildRequest, Grants, Ingress, Journal, Snapshots, StoredEntry,
} from '../contract/ports.ts'; // prettier-ignore
import type { ApprovalRecord } from '../contract/answers.ts';
import type { IngressEvent } from '../contract/records.ts';
import type { Resolution, SessionChange, SubmittedPart } from '../contract/host.ts';
import type { Actor, FileChange, Lane, Role } from '../contract/values.ts';
import { createKernel } from '../kernel/kernel.ts';
import { childEvent, isChildEvent } from './child-event.ts';
import { created, createdForStep, inputOf, inputOfTry } from './first-entries.ts';
import type { OfModel } from './gone-model.ts';
import { LOCAL_ACTOR, type Principal } from './principal.ts';
import { cleanParts } from './session/border.ts';
import { createResolver } from './session/fold.ts';
import { openSession, type OpenContext, type OpenedSession } from './session/open-session.ts';
import { findSnapshot, keepSnapshot, type SnapshotPorts } from './session/snapshot.ts';
import { mayChooseModel, modelChange } from './session/model-change.ts';
import { pinChange } from './session/pin-change.ts';
import { rightsChange } from './session/rights-change.ts';
import { createRunner, type Runner, type RunnerPorts } from './session/runner.ts';
import { createTrailing } from './trailing.ts';

export interface OwnerPorts extends Omit<RunnerPorts, 'kernel' | 'hash' | 'resolve' | 'onTurnEnded'> {
  ids: Ids;
  ingress: Ingress;
  audit: Audit;
  journal: Journal;
  grants: Grants;
  snapshots: Snapshots;
}

export interface OwnerSettings {
  /** The one in force now. */
  policy: () => Policy;
  /** Does a model stand in the configuration that is in force now? */
  isListed: (model: string) => boolean;
  role: Role;
  workspace: { id: string; epoch: number };
  fence: number;
  build: string;
  /** Digest of the program's sources. */
  sources: string;
}

export interface LiveSession {
  id: string;
  runner: Runner;
  /** What its journal held when it was opened. */
  opened: OpenedSession;
  /** Resolves when what the opening must record is written. */
  recording?: Promise<void>;
}

/** `taint`: of files among its parts. */
export interface NewMessage extends Partial<
  Pick<IngressEvent, 'taint' | 'priority' | 'metadata' | 'idempotency_key' | 'limits' | 'goal' | 'check'>
> {
  session: string;
  parts: SubmittedPart[];
  actor: Actor;
  source: string;
  /** The session was made up for this message, which names none. */
  unnamed?: boolean;
  mode?: 'message' | 'steer';
  /** What the session is made with, should the message be its first. */
  root: string;
  title?: string;
  model?: string;
  lane?: Lane;
  /** Chosen before by whoever must be able to tell whether it was accepted; absent: a new one. */
  event_id?: string;
}

export interface Owner {
  newSessionId(): string;
  /** Makes a message durable before anything is done about it. */
  accept(message: NewMessage): Promise<{ event: AcceptedEvent; duplicate: boolean }>;
  /** Accepted events whose turn hasn't ended, oldest first. */
  pending(): Promise<IngressEvent[]>;
  /** Those of a session. */
  pendingOf(session_id: string): Promise<IngressEvent[]>;
  /** One of them, by its id. */
  pendingEvent(event_id: string): Promise<IngressEvent | undefined>;
  /**
   * Opens a journal; its runner starts nothing yet. `onStored` sees what is read of the file: all of it when `whole` asks
   * for that, else what follows its snapshot.
   */
  open(
    session: string,
    options?: { onStored?: (stored: StoredEntry) => void; onFailed?: (error: RuntimeError) => void; whole?: boolean },
  ): Promise<LiveSession>;
  /**
   * Begins work on an opened session: its first entry when it is new, else what the opening must record; then its
   * accepted events that the journal doesn't have; done marks and audit heads that a stop left out are made up for. From
   * here on effects run. `takes`: which of its accepted events that the
   * journal doesn't have are given to it; absent: all. Gives the accepted events that it has by now.
   */
  enter(live: LiveSession, how?: { takes?: (event: IngressEvent) => boolean }): Promise<IngressEvent[]>;
  /** Makes the session of a goal's step, where it isn't there yet. Nothing starts in it. */
  makeChild(live: LiveSession, request: ChildRequest): Promise<void>;
  /** Gives a step's session that was entered a try of it, unless it has it. */
  giveTry(live: LiveSession, request: ChildRequest): Promise<void>;
  /** Gives a session that was entered an accepted event that came since. */
  give(live: LiveSession, event: IngressEvent): Promise<void>;
  /** From the next turn on. @throws RuntimeError pins_full | not_found, of a fact */
  configure(live: LiveSession, change: SessionChange, actor: Actor): Promise<void>;
  /**
   * Records an answer to an approval; `rule`: that of a grant, as it is judged. On a session that was opened and not entered
   * nothing starts by it. False when it may not be answered any more.
   */
  resolve(live: LiveSession, record: ApprovalRecord, resolution: Resolution, by: Principal, rule?: PolicyRule): Promise<boolean>; // prettier-ignore
  /** Asks to stop the turn that has the event. Resolves when the request is durable; with false when none can come now. */
  stop(live: LiveSession, event_id: string, by: Principal): Promise<boolean>;
  /** The open turn is judged by the policy in force now, too; the strictest counts. */
  meetPolicy(live: LiveSession, actor: Actor): Promise<void>;
  /** Records that a turn's files were put back; resolves with its seq when that is durable. No turn may be open. */
  recordUndone(live: LiveSession, undone: { turn: number; files: FileChange[] }, actor: Actor): Promise<Seq>;
  /** Closes a session's journal. Done marks and audit heads are written first. */
  close(live: LiveSession): Promise<void>;
}

export function createOwner(ports: OwnerPorts, settings: OwnerSettings): Owner {
  const kernel = createKernel(sha256);
  const resolve = createResolver(ports.blobs);
  const context: OpenContext = {
    kernel,
    journal: ports.journal,
    resolve,
    policy: settings.policy,
    epoch: settings.workspace.epoch,
    build: settings.build,
  };
  const snapshotPorts: SnapshotPorts = { ...ports, sources: settings.sources };
  /** Done marks, heads and snapshots on their way. They needn't be durable; who closes a session is told what failed. */
  const trailing = createTrailing();

  /** Messages are done when all is: where the head can't be written the next start shows the answer, and writes it. */
  async function afterTurn(session: string, { entry, hash }: StoredEntry): Promise<void> {
    const { event_ids, reason } = entry.data as EntryData<'turn.ended'>;
    await ports.audit.append({ type: 'head', data: { session, seq: entry.seq, hash } });
    for (const id of event_ids) if (!isChildEvent(session, id)) await ports.ingress.done(id, reason);
  }

  /** The head of a turn that ended right before the program was stopped is missing in the audit log. */
  async function repairHead(session: string, { lastEnd }: OpenedSession): Promise<void> {
    if (!lastEnd) return;
    const head = await ports.audit.head(session);
    if ((head?.seq ?? 0) < lastEnd.seq) await ports.audit.append({ type: 'head', data: { session, ...lastEnd } });
  }

  /** Before anything else is written: the time in which nobody was there counts for nothing. */
  async function recordOpening(live: LiveSession): Promise<void> {
    const { opening } = live.opened;
    if (opening === undefined) return;
    // Until it stands there nothing may be built upon it: what failed is tried again by who comes next.
    live.recording ??= enterOpening(live, opening).catch((thrown: unknown) => {
      delete live.recording;
      throw thrown;
    });
    await live.recording;
  }

  async function enterOpening({ runner }: LiveSession, opening: EntryData<'session.opened'>): Promise<void> {
    // The one in force now: it may have been changed since the journal was opened.
    const policy = canonicalJson(settings.policy());
    await ports.blobs.put(policy);
    await runner.post({ type: 'session.opened', data: { ...opening, policy: digestOf(policy) } });
  }

  async function meetPolicy(live: LiveSession, actor: Actor): Promise<void> {
    const { turn } = live.runner.state();
    const policy = canonicalJson(settings.policy());
    if (!turn || turn.policies.some((known) => canonicalJson(known) === policy)) return;
    await recordOpening(live);
    await ports.blobs.put(policy);
    await live.runner.post({ type: 'policy.changed', data: { policy: digestOf(policy), by: actor.id } });
  }

  async function configure(
    live: LiveSession,
    { model, title, instructions, compact, ...facts }: SessionChange,
    actor: Actor,
    wasListed = false,
  ): Promise<void> {
    const { runner } = live;
    const change = {
      ...(model !== undefined && modelChange(model, isListed(model, wasListed), runner.state().session ?? {})),
      ...(title !== undefined && { title }),
      ...(instructions !== undefined && { instructions }),
      ...(compact && { compact }),
      ...pinChange(live.id, runner.state().session?.pins, facts),
      ...rightsChange(runner.state(), facts),
    };
    if (Object.keys(change).length === 0) return;
    await recordOpening(live);
    await runner.post({ type: 'session.configured', data: { ...change, by: { actor } } });
  }

  const isListed = (model: string, wasListed: boolean): boolean => wasListed || settings.isListed(model);

  /** Each event behind the model that it names: wherever this is cut off, none is in the journal without its own. */
  function give({ runner }: LiveSession, events: readonly IngressEvent[]): Promise<unknown>[] {
    const { session } = runner.state();
    let now: OfModel = session ?? {};
    const own = session?.rights.role ?? events[0]?.actor.role;
    return events.flatMap((event) => {
      const { model, model_listed = false, actor } = event;
      const isChosen = model !== undefined && mayChooseModel(actor.role, own);
      const change = isChosen ? modelChange(model, isListed(model, model_listed), now) : {};
      if (change.model === undefined) return runner.post(inputOf(event));
      now = { model: change.model, ...(change.listed && { model_listed: true }) };
      const configured = runner.post({ type: 'session.configured', data: { ...change, by: { actor } } });
      return [configured, runner.post(inputOf(event))];
    });
  }

  return {
    newSessionId: () => `s-${ports.ids.ulid()}`,

    async accept({ session, unnamed = false, parts: given, taint = [], mode = 'message', ...message }) {
      const { actor, source, root, title, model, lane = 'interactive', priority = 0, metadata = {} } = message;
      const { event_id, idempotency_key, limits, goal, check } = message;
      const clean = (text: string): string => ports.redactor.text(text.toWellFormed());
      const parts = await cleanParts(given, ports.redactor, ports.blobs);
      const said = Object.entries(metadata).map(([key, value]) => [key, clean(value)]);
      const how = {
        ...(goal && { goal }),
        ...(check !== undefined && { check: ports.redactor.exact.text(check.toWellFormed()) }),
      };
      const event: IngressEvent = {
        event_id: event_id ?? `e-${ports.ids.ulid()}`,
        session_id: session,
        mode,
        parts,
        actor,
        source,
        lane,
        ...(priority !== 0 && { priority }),
        ...(said.length > 0 && { metadata: Object.fromEntries(said) as Record<string, string> }),
        taint,
        accepted_at: ports.clock.now(),
        payload_digest: digestOf(canonicalJson({ ...(!unnamed && { session }), parts, ...how })),
        root,
        ...(title !== undefined && { title: clean(title) }),
        ...(model !== undefined && { model, ...(settings.isListed(model) && { model_listed: true }) }),
        ...(idempotency_key !== undefined && { idempotency_key }),
        ...(limits !== undefined && { limits }),
        ...how,
      };
      const accepted = await ports.ingress.accept(event);
      ports.crashPoint('before-ack');
      return accepted;
    },

    pending: () => ports.ingress.pending(),
    pendingOf: (session_id) => ports.ingress.pendingOf(session_id),
    pendingEvent: (event_id) => ports.ingress.pendingEvent(event_id),

    async open(id, { onStored, onFailed, whole = false } = {}) {
      const snapshot = whole ? undefined : await findSnapshot(snapshotPorts, id, await ports.ingress.pendingOf(id));
      const opened = await openSession(context, id, { snapshot, onStored });
      // What a killed process wrote last is told of from here on, and built upon.
      if (opened.end.durable < opened.end.seq || opened.wasCut) {
        // First, as ever: what a call used is not to be known to the journal alone.
        await ports.budget.begin(opened.reserved.map((call) => ({ ...call, session: id })));
        await ports.journal.sync(id);
      }
      let { snapshotBytes } = opened;
      const keep = async (stored: StoredEntry): Promise<void> => {
        const marked = trailing.underWay();
        snapshotBytes = await keepSnapshot(snapshotPorts, id, opened.fold, stored, { before: snapshotBytes, marked });
      };
      const runnerPorts: RunnerPorts = {
        ...ports,
        kernel,
        hash: sha256,
        resolve,
        ...(onFailed && { onFailed }),
        onTurnEnded: (stored) => {
          trailing.add(afterTurn(id, stored));
          trailing.add(keep(stored));
        },
      };
      const runner = createRunner(runnerPorts, id, opened.fold, settings.fence);
      return { id, opened, runner };
    },

    configure,

    async makeChild(live, request) {
      const { runner } = live;
      const { session, turns, turn, queue } = runner.state();
      if (session === null) await runner.post(createdForStep(request, settings.workspace.id));
      else if (turns > 0 || turn !== null || queue.length > 0) return;
      // Whoever made it may have been killed before it was as its parent is.
      const { model, model_listed, instructions, actor, pins } = request;
      const as = { ...(model !== undefined && { model }), ...(instructions !== undefined && { instructions }) };
      await configure(live, as, actor, model_listed);
      const known = new Set(runner.state().session?.pins?.map(({ text }) => text));
      for (const pin of pins) if (!known.has(pin)) await configure(live, { pin }, actor);
    },

    async giveTry({ runner, opened }, request) {
      const event_id = childEvent(request);
      if (opened.received.has(event_id) || opened.ended.has(event_id)) return;
      await runner.post(inputOfTry(request));
    },

    async give(live, event) {
      await Promise.all(give(live, [event]));
    },

    async enter(live, { takes = () => true } = {}) {
      const { id, runner, opened } = live;
      const isKnown = ({ event_id }: IngressEvent): boolean =>
        opened.ended.has(event_id) || opened.received.has(event_id);
      const waiting = (await ports.ingress.pendingOf(id)).filter((event) => isKnown(event) || takes(event));
      const posted: Promise<unknown>[] = [];
      const [first] = waiting;
      if (opened.end.status === 'absent' && first)
        posted.push(runner.post(created(first, { id, ...settings, policy: settings.policy() })));
      await recordOpening(live);
      runner.start();
      for (const { event_id } of waiting) {
        const ended = opened.ended.get(event_id);
        if (ended !== undefined) trailing.add(ports.ingress.done(event_id, ended.reason));
      }
      const fresh = waiting.filter((event) => !isKnown(event));
      posted.push(...give(live, fresh));
      await Promise.all(posted);
      await repairHead(id, opened);
      return waiting;
    },

    async resolve(live, { id, session_id }, { decision, scope = 'once', reason }, { actor, via }, rule) {
      await recordOpening(live);
      await meetPolicy(live, LOCAL_ACTOR); // who may answer is for all that holds by now
      const grant_id = decision === 'grant' && scope !== 'once' ? `g-${ports.ids.ulid()}` : undefined;
      const seq = await live.runner.post({
        type: 'approval.resolved',
        data: {
          approval_id: id,
          outcome: decision === 'grant' ? 'granted' : 'denied',
          ...(decision === 'grant' && { scope }),
          ...(grant_id !== undefined && { grant_id, ...(rule && { rule: { ...rule, id: grant_id } }) }),
          by: { actor, via },
          ...(reason !== undefined && { reason }),
        },
      });
      // The answer is the compare-and-set; a stop between the two lines loses only the standing grant.
      const given = live.runner.state().turn?.grants.find((grant) => grant.grant_id === grant_id);
      if (seq !== undefined && given) {
        const { grant_id: _, ...what } = given;
        const data = { grant_id: given.grant_id, rule: what, by: actor.id, session_id, approval_id: id };
        await ports.grants.append({ type: 'grant.added', data });
      }
      return seq !== undefined;
    },

    async stop(live, event_id, { actor, via }) {
      await recordOpening(live);
      const data = { event_id: `e-${ports.ids.ulid()}`, mode: 'stop' as const, parts: [], actor, for: event_id };
      const seq = await live.runner.post({
        type: 'input.received',
        data: { ...data, source: via, lane: 'interactive', taint: [] },
      });
      return seq !== undefined;
    },

    meetPolicy,

    async recordUndone(live, undone, actor) {
      await recordOpening(live);
      const seq = await live.runner.post({ type: 'files.undone', data: { ...undone, by: { actor } } });
      if (seq === undefined) throw new RuntimeError('shutting_down', 'The program is about to end.', { id: live.id });
      return seq;
    },

    async close({ id, runner }) {
      await runner.shutDown();
      try {
        await trailing.settled();
      } finally {
        await ports.journal.close(id);
      }
    },
  };
}
