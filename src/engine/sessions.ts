/** Sessions as people and programs look at them: lists, whole journals, proofs, and their removal. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve as resolvePath } from 'node:path';
import { nearest } from '../base/nearest.ts';
import { RuntimeError, toRuntimeError } from '../contract/errors.ts';
import type { EntryData } from '../contract/entries.ts';
import type { SessionRow } from '../contract/host.ts';
import type { JournalEnd, StoredEntry } from '../contract/ports.ts';
import type { IngressEvent } from '../contract/records.ts';
import type { Actor } from '../contract/values.ts';
import type { VerifyReport } from '../contract/verify.ts';
import { createBlobs } from '../store/blobs.ts';
import { readJournalFile } from '../store/journal-file.ts';
import { NO_USAGE } from '../kernel/turn/state.ts';
import { addUsage } from '../kernel/budget/budget.ts';
import { unreadable } from './proof/unreadable.ts';
import type { Parent } from './past/fork-tree.ts';
import { readRedactions, type Redactions } from './redaction/redactions.ts';
import { fileLabel } from './session/file-label.ts';
import { checkSessionId } from './session-id.ts';
import { shortText } from './session/messages.ts';
import type { Workspace } from './wire.ts';

/** A row of `session ls`. */
export interface SessionSummary {
  session_id: string;
  /**
   * `running` when the owner works on it, `queued` when its messages wait for that; `waiting_approval`, `open`, or the reason of the last turn; `empty` before the
   * first; `damaged`.
   */
  status: string;
  /** Of the open turn, where an owner tells it: `plan`, `think`, `act`, `reflect` or `end`. */
  phase?: string;
  title: string;
  turns: number;
  project_root: string;
  model: string;
  tokens: number;
  cost_micro_usd?: number;
  changed_at: number;
  /** Of a fork, or of a session that does a goal's step. */
  parent?: Parent;
  /** The process that owns the workspace, where one does. */
  owner_pid?: number;
}

/** The owner of a workspace, where there is one, and what it tells of the sessions on which something is done, or waits. */
export interface OwnerView {
  pid?: number;
  /** Absent: it doesn't answer. */
  sessions?: readonly SessionRow[];
}

export async function listSessions({ store }: Workspace, owner: OwnerView = {}): Promise<SessionSummary[]> {
  const live = new Map(owner.sessions?.map((status) => [status.session_id, status]));
  const rows: SessionSummary[] = [];
  const listed = await store.journal.list();
  const there = new Set(listed.map(({ session_id }) => session_id));
  for (const { session_id, changed_at } of listed) {
    const { parent, ...row } = await summarise(store.journal, session_id);
    const removed = parent && !there.has(parent.session_id);
    rows.push({
      ...row,
      ...(parent && { parent: removed ? { ...parent, removed } : parent }),
      ...nowOf(row.status, live.get(session_id)),
      changed_at,
      ...(owner.pid !== undefined && { owner_pid: owner.pid }),
    });
  }
  return rows;
}

/** What the owner knows better than the file: who works on it. */
function nowOf(recorded: string, live: SessionRow | undefined): Pick<SessionSummary, 'status' | 'phase'> {
  const status = live?.status;
  if (status === undefined || status === 'idle' || status === 'absent') return { status: recorded };
  return { status, ...(live?.turn && { phase: live.turn.phase }) };
}

async function summarise(
  journal: Workspace['store']['journal'],
  session_id: string,
): Promise<Omit<SessionSummary, 'changed_at'>> {
  const row: Omit<SessionSummary, 'changed_at'> = {
    session_id,
    status: 'empty',
    title: '',
    turns: 0,
    project_root: '',
    model: '',
    tokens: 0,
  };
  const pending = new Set<string>();
  const end = await journal.read(session_id, ({ entry }) => {
    switch (entry.type) {
      case 'session.created':
        row.project_root = entry.data.project_root;
        row.title = entry.data.title ?? '';
        if (entry.data.parent) {
          const { session_id: goal, seq, step_id } = entry.data.parent;
          row.parent = { session_id: goal, seq, step_id };
        }
        return;
      case 'session.forked': {
        // A fork of a fork has the lines of both; the last one is its own. One from another workspace has no source here.
        const { from, epoch } = entry.data;
        if (epoch === undefined) row.parent = { session_id: from.session_id, seq: from.seq };
        else delete row.parent;
        return;
      }
      case 'session.configured':
        row.title = entry.data.title ?? row.title;
        return;
      case 'input.received':
        if (row.title === '') row.title = titleOf(entry.data);
        return;
      case 'turn.started':
        row.turns = entry.data.turn;
        row.status = 'open';
        return;
      case 'model.replied':
        row.model = entry.data.model_served;
        row.tokens += entry.data.usage.input + entry.data.usage.output;
        if (entry.data.cost_micro_usd !== undefined)
          row.cost_micro_usd = (row.cost_micro_usd ?? 0) + entry.data.cost_micro_usd;
        return;
      case 'approval.requested':
        pending.add(entry.data.approval_id);
        return;
      case 'approval.resolved':
        pending.delete(entry.data.approval_id);
        return;
      case 'turn.ended':
        row.status = entry.data.reason;
        pending.clear();
        return;
      default:
        return;
    }
  });
  if (row.status === 'open' && pending.size > 0) row.status = 'waiting_approval';
  if (end.failure) row.status = 'damaged';
  return row;
}

/** What a message begins with. */
export function titleOf({ parts }: Pick<EntryData<'input.received'>, 'parts'>): string {
  const first = parts.find((part) => part.type === 'text') ?? parts[0];
  if (first === undefined || first.type === 'reasoning') return '';
  return first.type === 'text' ? (shortText(first.text).trim().split('\n')[0] ?? '').slice(0, 200) : fileLabel(first);
}

/** All entries of a session, in order. @throws RuntimeError not_found | invalid_id */
export async function readSession(
  { store }: Workspace,
  id: string,
): Promise<{ entries: StoredEntry[]; end: JournalEnd }> {
  checkSessionId(id);
  const entries: StoredEntry[] = [];
  const end = await store.journal.read(id, (stored) => void entries.push(stored));
  if (end.status === 'absent') throw await notFound(store.journal, id);
  return { entries, end };
}

/** Verifies a session of the workspace. @throws RuntimeError not_found | invalid_id */
export async function verifySession({ store }: Workspace, id: string, redactions?: Redactions): Promise<VerifyReport> {
  checkSessionId(id);
  const { verifyJournal } = await import('./proof/verify.ts');
  const head = await store.audit.head(id);
  const report = await verifyJournal({
    session_id: id,
    read: (visit) => store.journal.read(id, visit),
    blobs: store.blobs,
    hasHead: head !== undefined,
    readOther: (session, visit) => store.journal.read(session, visit),
    redactions: redactions ?? (await readRedactions(store.audit)),
  });
  if (report.entries === 0 && !report.failure) throw await notFound(store.journal, id);
  return report;
}

/** Verifies the sessions, one after the other; what can't be read at all has failed. One that is gone by then is left out. */
export async function* verifySessions(workspace: Workspace, ids: readonly string[]): AsyncGenerator<VerifyReport> {
  const redactions = await readRedactions(workspace.store.audit);
  for (const id of ids) {
    try {
      yield await verifySession(workspace, id, redactions);
    } catch (thrown) {
      const { code, message } = toRuntimeError(thrown);
      if (code !== 'not_found') yield unreadable(id, { line: 1, seq: 1, code: 'malformed', message });
    }
  }
}

/** Verifies a journal file that lies anywhere; its blobs are looked for beside it, else in the workspace. */
export async function verifyFile({ store }: Workspace, path: string): Promise<VerifyReport> {
  const file = resolvePath(path);
  if (!existsSync(file)) throw new RuntimeError('not_found', `There is no file ${path}.`, { next: 'Check the path.' });
  const { verifyJournal } = await import('./proof/verify.ts');
  const folder = join(dirname(dirname(file)), 'blobs');
  const report = await verifyJournal({
    read: (visit) => readJournalFile(file, visit),
    hasHead: false,
    ...(existsSync(folder)
      ? { blobs: createBlobs({ folder, requireLock: () => {} }).blobs }
      : { blobs: store.blobs, blobsFromElsewhere: true }),
  });
  if (report.entries > 0 || report.failure) return report;
  const failure = {
    line: 1,
    seq: 1,
    code: 'truncated',
    message: 'the file has no entry that could prove anything',
  } as const;
  return { ...report, status: 'failed', failure };
}

/** @throws RuntimeError session_busy, when it has an open turn or messages that wait */
export async function refuseBusy({ store }: Workspace, id: string): Promise<void> {
  let open = false;
  await store.journal.read(id, ({ entry }) => {
    if (entry.type === 'turn.started') open = true;
    if (entry.type === 'turn.ended') open = false;
  });
  if (open || (await store.ingress.pendingOf(id)).length > 0) throw busy(id);
}

function busy(id: string): RuntimeError {
  return new RuntimeError('session_busy', `Session ${id} has a turn that hasn't ended.`, { id });
}

/**
 * Removes a session for good; its end and what it used stay in the audit log.
 * @throws RuntimeError not_found | session_busy (an open turn or messages that wait, without `force`) | locked
 */
export async function removeSession(
  { store }: Workspace,
  id: string,
  { force, close, by }: { force: boolean; close: () => Promise<unknown>; by: Actor },
): Promise<void> {
  checkSessionId(id);
  const { journal, audit, ingress, snapshots } = store;
  let usage = NO_USAGE;
  let open = false;
  const end = await journal.read(id, ({ entry }) => {
    if (entry.type === 'turn.started') open = true;
    if (entry.type === 'turn.ended') open = false;
    if (entry.type === 'model.replied') usage = addUsage(usage, entry.data.usage);
  });
  const isThere = end.status !== 'absent';
  const waiting = await ingress.pendingOf(id);
  if (!isThere && waiting.length === 0) {
    await snapshots.remove(id);
    throw await notFound(journal, id);
  }
  if (!force && !isThere) throw onlyWaits(id, waiting);
  if (!force && (open || waiting.length > 0)) throw busy(id);
  await close();
  await snapshots.remove(id);
  if (isThere) {
    const head = { seq: end.seq, hash: end.hash };
    const { spentIn } = await import('./cost.ts');
    const { spent } = await spentIn(journal, id);
    const data = { session: id, head, usage, ...(spent.length > 0 && { spent }), by: by.id };
    await audit.append({ type: 'session.removed', data }, { sync: true });
  }
  for (const event of waiting) await ingress.done(event.event_id, 'removed');
  await ingress.sync(); // only the journal could tell of a lost mark that its message was answered
  await journal.remove(id);
}

/** Of a session that its first message will make. */
function onlyWaits(id: string, waiting: readonly IngressEvent[]): RuntimeError {
  const [first] = waiting;
  const what = waiting.length === 1 ? `message ${first!.event_id} waits` : `${waiting.length} messages wait`;
  return new RuntimeError('session_busy', `Session ${id} isn't there yet: ${what} to begin it.`, {
    next: `Drop what waits with \`runtime queue drop ${first!.event_id}\`, or repeat with --force.`,
  });
}

/** With the id that was probably meant: spelled alike, or the only one that begins so. */
async function notFound(journal: Workspace['store']['journal'], id: string): Promise<RuntimeError> {
  const ids = (await journal.list()).map(({ session_id }) => session_id);
  const begun = ids.filter((one) => one.startsWith(id));
  const near = nearest(id, ids) ?? (begun.length === 1 ? begun[0] : undefined);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  return new RuntimeError('not_found', `There is no session ${id}.${hint}`, {
    next: 'List what there is with `runtime session ls`.',
  });
}
