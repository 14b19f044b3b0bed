/**
 * A host in memory, with the promises of the real one and no rules of its own: what a message's first word says happens.
 * `many <n>`: as many entries, with a delta between each two; `ask`: an approval is needed; `slow`: runs until it is
 * stopped; anything else is answered.
 */
import type { ApprovalRecord } from '../../../contract/answers.ts';
import type { CostReport } from '../../../contract/cost.ts';
import type { EntryType } from '../../../contract/entries.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type {
  EventStatus, Host, HostStatus, Loss, QueueItem, SessionStatus, Submission, Watch, WatchListener,
} from '../../../contract/host.ts'; // prettier-ignore
import type { CostQuery } from '../../../engine/cost.ts';
import type { EntryEvent, StreamEvent } from '../../../contract/stream.ts';
import type { ReadEntries } from '../event-streams.ts';
import { createFakeSchedules } from './fake-schedules.ts';

const NO_USAGE = { input: 0, output: 0, cached: 0, reasoning: 0 };
const NOTHING_USED = { calls: 0, usage: NO_USAGE, cost_micro_usd: 0, unpriced_tokens: 0, unknown_calls: 0 };
const DIGEST = `sha256:${'0'.repeat(64)}` as const;

interface Session {
  id: string;
  root: string;
  model?: string;
  log: EntryEvent[];
  watchers: Map<WatchListener, number>;
  turns: number;
  running?: string;
}

export interface FakeHost {
  host: Host;
  entries: ReadEntries;
  approval(id: string): Promise<ApprovalRecord>;
  usage(query: CostQuery): Promise<CostReport>;
  /** Appends to a session, as a turn would. */
  append(session_id: string, type?: EntryType, data?: unknown): EntryEvent;
  tellDelta(session_id: string, text: string): void;
  /** The last entry is lost, and another stands in its place; no one who looks is told. */
  replaceLast(session_id: string): EntryEvent;
  /** How often each method was called. */
  calls: Map<string, number>;
}

export function createFakeHost(own: Partial<HostStatus> = {}): FakeHost {
  const sessions = new Map<string, Session>();
  const events = new Map<string, EventStatus>();
  const keys = new Map<string, { payload: string; event_id: string }>();
  const approvals = new Map<string, ApprovalRecord>();
  const waiting = new Map<string, ((status: EventStatus) => void)[]>();
  const calls = new Map<string, number>();
  let made = 0;

  const found = <T>(map: Map<string, T>, id: string): T => {
    const value = map.get(id);
    if (value === undefined) throw new RuntimeError('not_found', `There is no ${id}.`);
    return value;
  };

  function give(session: Session, event: StreamEvent): void {
    for (const [listener, seq] of session.watchers) {
      if (event.id !== null && event.seq <= seq) continue;
      if (event.id !== null) session.watchers.set(listener, event.seq);
      listener.onEvent(event);
    }
  }

  function append(session: Session, type: EntryType = 'timer.fired', data: unknown = {}): EntryEvent {
    const seq = session.log.length + 1;
    const event: EntryEvent = {
      schemaVersion: 'runtime.event.v1',
      id: `${seq}-${seq.toString(16).padStart(8, '0')}`,
      seq,
      at: 1_800_000_000_000 + seq,
      scope: { kind: 'session', id: session.id },
      turn: session.turns,
      type,
      data,
    };
    session.log.push(event);
    give(session, event);
    return event;
  }

  function tellDelta(session: Session, text: string): void {
    give(session, {
      schemaVersion: 'runtime.event.v1',
      id: null,
      seq: session.log.length,
      at: 1_800_000_000_000,
      scope: { kind: 'session', id: session.id },
      type: 'delta',
      data: { call_id: 'm1.1', attempt: 1, kind: 'text', text },
    });
  }

  function change(event_id: string, changed: Partial<EventStatus>): void {
    const status = { ...found(events, event_id), ...changed };
    events.set(event_id, status);
    if (status.status === 'running' || status.status === 'queued') return;
    for (const resolve of waiting.get(event_id) ?? []) resolve(status);
    waiting.delete(event_id);
  }

  function finish(session: Session, event_id: string, reason: 'success' | 'canceled', text: string): void {
    delete session.running;
    append(session, 'turn.ended', { event_ids: [event_id], reason });
    change(event_id, { status: 'done', reason, text, approvals: [] });
  }

  async function work(session: Session, event_id: string, text: string): Promise<void> {
    await Promise.resolve(); // after the caller was answered
    session.running = event_id;
    session.turns++;
    change(event_id, { status: 'running', turn: session.turns });
    append(session, 'turn.started', { turn: session.turns });
    const [word, count = ''] = text.split(' ');
    if (word === 'slow') return;
    if (word === 'ask') {
      const id = `a-${session.id}-${session.turns}`;
      approvals.set(id, approvalOf(id, session));
      append(session, 'approval.requested', { approval_id: id });
      return change(event_id, { status: 'waiting_approval', approvals: [id] });
    }
    for (let n = 0; word === 'many' && n < Number(count); n++) {
      tellDelta(session, `d${n}`);
      append(session);
      if (n % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
    }
    tellDelta(session, text);
    finish(session, event_id, 'success', `you said: ${text}`);
  }

  const approvalOf = (id: string, session: Session): ApprovalRecord => ({
    schemaVersion: 'runtime.approval.v1',
    id,
    session_id: session.id,
    turn: session.turns,
    call_id: 'c1.1.1',
    tool: 'exec_command',
    effect: 'exec',
    args: { cmd: 'true' },
    args_digest: DIGEST,
    digest: DIGEST,
    project_root: session.root,
    presentation: { title: 'Run a command' },
    facts: { paths: [], hosts: [], commands: [], preimages: [] },
    rules: [],
    reason: 'exec asks',
    taint: [],
    requester: { id: 'local', role: 'operator' },
    approver_roles: ['operator'],
    status: 'pending',
    created_at: 0,
    expires_at: 1,
  });

  const statusOf = (session: Session): SessionStatus => {
    const state = session.running === undefined ? undefined : found(events, session.running);
    return {
      session_id: session.id,
      status: state?.status === 'waiting_approval' ? 'waiting_approval' : state ? 'running' : 'idle',
      project_root: session.root,
      ...(session.model !== undefined && { model: session.model }),
      turns: session.turns,
      seq: session.log.length,
      queued: [],
      approvals: state?.approvals ?? [],
      usage: NO_USAGE,
      cost_micro_usd: 0,
      watchers: session.watchers.size,
    };
  };

  function queued({ event_id, session_id, status }: EventStatus): QueueItem | undefined {
    if (status === 'done' || status === 'dead') return undefined;
    const state = status === 'queued' ? 'waiting' : status;
    const sender = { actor: 'local', source: 'api' };
    const place = { lane: 'interactive', priority: 0, position: 0 } as const;
    return { event_id, session_id, ...place, ...sender, state, accepted_at: 0, title: '' };
  }

  function sessionFor({ session_id = `s-${made + 1}`, root = '/', model }: Submission): Session {
    if (session_id.startsWith('-')) throw new RuntimeError('invalid_id', `${session_id} is no session id.`);
    const session: Session = sessions.get(session_id) ?? {
      id: session_id,
      root,
      log: [],
      watchers: new Map(),
      turns: 0,
    };
    sessions.set(session_id, session);
    if (model !== undefined) session.model = model;
    return session;
  }

  const host: Host = {
    here: true,
    lost: new Promise<Loss>(() => {}),
    status: async () => ({
      pid: process.pid,
      program: 'fake',
      version: '1.0.0',
      protocol: 1,
      workspace: 'default',
      started_at: 0,
      ...own,
    }),
    async submit(message) {
      const payload = JSON.stringify(message);
      const known = keys.get(message.idempotency_key ?? '');
      if (known && known.payload !== payload) {
        throw new RuntimeError('idempotency_key_reused', 'That key was for another message.');
      }
      if (known) {
        const { event_id, session_id, status } = found(events, known.event_id);
        return { event_id, session_id, status, duplicate: true, position: 0, notices: [] };
      }
      if (message.source === 'full') throw new RuntimeError('lane_full', 'The interactive lane is full.');
      const session = sessionFor(message);
      const event_id = `e-${++made}`;
      if (message.idempotency_key !== undefined) keys.set(message.idempotency_key, { payload, event_id });
      events.set(event_id, { event_id, session_id: session.id, status: 'queued', approvals: [] });
      append(session, 'input.received', { event_id, parts: message.parts });
      const [part] = message.parts;
      void work(session, event_id, part?.type === 'text' && typeof part.text === 'string' ? part.text : '');
      return { event_id, session_id: session.id, status: 'queued', duplicate: false, position: 0, notices: [] };
    },
    event: async (event_id) => found(events, event_id),
    async settled(event_id) {
      const status = found(events, event_id);
      if (status.status !== 'running' && status.status !== 'queued') return status;
      return new Promise((resolve) => waiting.set(event_id, [...(waiting.get(event_id) ?? []), resolve]));
    },
    resume: async (id) => statusOf(found(sessions, id)),
    async stop(session_id, event_id) {
      const session = found(sessions, session_id);
      if (session.running === event_id) finish(session, event_id, 'canceled', '');
    },
    async configure(session_id, { model }) {
      const session = found(sessions, session_id);
      if (model !== undefined) session.model = model;
    },
    queue: async () => [...events.values()].flatMap((status) => queued(status) ?? []),
    async queueItem(event_id) {
      const item = queued(found(events, event_id));
      if (item === undefined) throw new RuntimeError('not_found', `${event_id} is done.`);
      return item;
    },
    async retryDead(event_id) {
      throw new RuntimeError('not_found', `${event_id} is no dead letter.`);
    },
    async dropQueued(event_id) {
      throw new RuntimeError('message_begun', `${event_id} has begun.`);
    },
    sessions: async () => [...sessions.values()].map(statusOf).filter(({ status }) => status !== 'idle'),
    session: async (id) => statusOf(found(sessions, id)),
    async import({ file, as = 'imported' }) {
      if (!file.endsWith('.jsonl')) throw new RuntimeError('not_found', `There is no file ${file}.`);
      const { id: session_id } = sessionFor({ session_id: as, parts: [] });
      return { session_id, from: { session_id: 'x', seq: 1, hash: '0'.repeat(64) }, entries: 1, project_root: '/' };
    },
    async fork(id, { at }) {
      const { log } = found(sessions, id);
      const copy = sessionFor({ session_id: `f-${++made}`, parts: [] });
      for (const { type, data } of log.slice(0, at)) append(copy, type, data);
      return { session_id: copy.id };
    },
    async undo(id, { turn }) {
      const { turns, running } = found(sessions, id);
      if (running !== undefined) throw new RuntimeError('session_busy', `${id} has an open turn.`);
      if (turn === undefined || turn > turns) throw new RuntimeError('not_found', `${id} has no such turn.`);
      const plan = { schemaVersion: 'runtime.undo.v1', session_id: id, turn, files: [], untracked: [] } as const;
      return { ...plan, files: [], untracked: [], status: 'undone' as const, undone_at: 1 };
    },
    async remove(id, { force }) {
      const session = found(sessions, id);
      if (session.running !== undefined && !force) throw new RuntimeError('session_busy', `${id} has an open turn.`);
      sessions.delete(id);
      for (const listener of session.watchers.keys()) listener.onEnd?.();
    },
    approvals: async () => [...approvals.values()].filter(({ status }) => status === 'pending'),
    async resolve(id, { decision, scope = 'once', digest = found(approvals, id).digest }) {
      const record = found(approvals, id);
      if (digest !== record.digest) throw new RuntimeError('digest_mismatch', `${id} is for something else.`);
      if (record.status !== 'pending') {
        throw new RuntimeError('approval_already_resolved', `${id} was ${record.status}.`, { next: 'Leave it.' });
      }
      const outcome = decision === 'grant' ? 'granted' : 'denied';
      const by = { id: 'local', role: 'operator' } as const;
      const resolved: ApprovalRecord = {
        ...record,
        status: outcome,
        resolved: { at: 0, outcome, scope, by, via: 'http' },
      };
      approvals.set(id, resolved);
      const session = found(sessions, record.session_id);
      append(session, 'approval.resolved', { approval_id: id, outcome });
      finish(session, session.running!, 'success', outcome);
      return resolved;
    },
    async revokeGrant(grant_id) {
      throw new RuntimeError('ambiguous_id', `${grant_id} is the beginning of several.`);
    },
    setPolicy: async () => ({ path: '/config.yaml', changed: true }),
    watch(session_id, after, listener): Watch {
      const session = sessions.get(session_id) ?? sessionFor({ session_id, parts: [] });
      for (const event of session.log.slice(after)) listener.onEvent(event);
      session.watchers.set(listener, Math.max(after, session.log.length));
      return { close: () => void session.watchers.delete(listener) };
    },
    schedules: createFakeSchedules(),
    differing: async (digests) => ({ differing: Object.keys(digests), given: {} }),
    handOver: async () => {
      throw new RuntimeError('locked', 'It keeps the workspace.');
    },
    leave: async () => {},
  };
  for (const [name, method] of Object.entries(host) as [string, unknown][]) {
    if (typeof method !== 'function') continue;
    const counted = (...args: unknown[]): unknown => {
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return (method as (...args: unknown[]) => unknown)(...args);
    };
    Object.assign(host, { [name]: counted });
  }

  return {
    host,
    async entries(session_id, after, limit) {
      const { log } = found(sessions, session_id);
      if (log.length === 0) throw new RuntimeError('not_found', `There is no ${session_id}.`);
      return { entries: log.slice(after, after + limit), has_more: log.length > after + limit };
    },
    approval: async (id) => found(approvals, id),
    usage: async (query) => ({
      schemaVersion: 'runtime.cost.v1',
      ...query,
      rows: [],
      total: NOTHING_USED,
      unreadable: [],
    }),
    append: (session_id, type, data) => append(sessionFor({ session_id, parts: [] }), type, data),
    replaceLast(session_id) {
      const { log } = found(sessions, session_id);
      const lost = log.pop()!;
      const other = { ...lost, id: `${lost.seq}-ffffffff` };
      log.push(other);
      return other;
    },
    tellDelta: (session_id, text) => tellDelta(found(sessions, session_id), text),
    calls,
  };
}
