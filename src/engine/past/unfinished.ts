/** The sessions that have work left, and what the next start does with it: read from the work list, never from all. */
import { sources } from '#generated/version.js';
import { sha256 } from '../../base/digest.ts';
import type { Entry } from '../../contract/entries.ts';
import { RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import type { SessionRow } from '../../contract/host.ts';
import type { StoredEntry } from '../../contract/ports.ts';
import type { IngressEvent } from '../../contract/records.ts';
import type { Presentation } from '../../contract/values.ts';
import { createKernel } from '../../kernel/kernel.ts';
import type { Resolved, State } from '../../kernel/turn/state.ts';
import { applyEvolved, createResolver, newFold, withResolved } from '../session/fold.ts';
import { findSnapshot, foldOf } from '../session/snapshot.ts';
import type { Workspace } from '../wire.ts';
import { fatesOf, type Fate } from './fates.ts';

/** `shown`: what a person was shown of a call, where somebody looked at it. `step`: the step whose session has it. */
export type Left = Fate & { shown?: Presentation; step?: string };

export interface Unfinished {
  session_id: string;
  /** The open one. */
  turn?: number;
  /** What is left, what can't be known first. */
  left: Left[];
  /** It can't be read, and why. */
  failure?: string;
}

/** Sessions with work left that nobody works on, oldest work first. Some are looked at, the others counted. */
export interface WorkList {
  sessions: Unfinished[];
  more: number;
}

export interface WorkListOptions {
  /** Looked at otherwise, or not at all. */
  except?: string | undefined;
  /** Asked of the process that owns the workspace: what it works on is no work left. */
  live?: () => Promise<readonly SessionRow[]>;
  /** So many are looked at. */
  most?: number;
}

/** Does the owner work on it, or will it when its turn comes? */
export function isSeenTo({ status }: Pick<SessionRow, 'status'>): boolean {
  return status === 'running' || status === 'queued';
}

export async function workList(
  workspace: Workspace,
  { except, live = async () => [], most = Infinity }: WorkListOptions = {},
): Promise<WorkList> {
  const pending = await workspace.store.ingress.pending();
  const others = new Set(pending.map(({ session_id }) => session_id));
  if (except !== undefined) others.delete(except);
  const told = others.size > 0 ? await live() : [];
  for (const row of told) if (isSeenTo(row)) others.delete(row.session_id);
  const open = [...others];
  const sessions: Unfinished[] = [];
  for (const id of open.slice(0, most)) sessions.push(await unfinished(workspace, id, pending));
  return { sessions, more: open.length - sessions.length };
}

/** What a session has left, as its journal and the work list say it. Nothing is changed. */
export async function unfinished(
  workspace: Workspace,
  session_id: string,
  pending?: readonly IngressEvent[],
): Promise<Unfinished> {
  const { store, clock, policy } = workspace;
  const events = pending ?? (await store.ingress.pending());
  const waiting = events.filter((event) => event.session_id === session_id);
  try {
    const { state, known, ended, shown } = await readOpen(workspace, session_id, [...events]);
    const opening = { policy, epoch: store.workspace().epoch, now: clock.now() };
    const fates = fatesOf(state, opening).map((fate): Left => {
      const presentation = fate.what === 'call' ? shown.get(fate.call_id) : undefined;
      return presentation ? { ...fate, shown: presentation } : fate;
    });
    for (const { event_id } of waiting) {
      if (ended.has(event_id)) fates.push({ what: 'message', event_id, fate: 'answered' });
      else if (!known.has(event_id)) fates.push({ what: 'message', event_id, fate: 'begins' });
    }
    const all = (await Promise.all(fates.map((fate) => withSteps(workspace, fate, events)))).flat();
    const left = all.toSorted((a, b) => Number(isUnknown(b)) - Number(isUnknown(a)));
    return { session_id, ...(state.turn && { turn: state.turn.turn }), left };
  } catch (thrown) {
    return { session_id, left: [], failure: toRuntimeError(thrown).message };
  }
}

/** What goes on in another session is what that one has left. */
async function withSteps(workspace: Workspace, fate: Left, events: readonly IngressEvent[]): Promise<Left[]> {
  if (fate.what !== 'step' || fate.fate !== 'goes_on') return [fate];
  const { left } = await unfinished(workspace, fate.session_id!, events);
  return left.length === 0 ? [fate] : left.map((one) => ({ ...one, step: fate.title }));
}

/** Nobody can know what it did. */
export function isUnknown(left: Fate): boolean {
  return left.what === 'call' && left.fate === 'unknown';
}

interface OpenTurn {
  state: State;
  /** Messages that the journal has, and those of them whose turn has ended. */
  known: Set<string>;
  ended: Set<string>;
  /** By call. */
  shown: Map<string, Presentation>;
}

async function readOpen({ store }: Workspace, session_id: string, pending: IngressEvent[]): Promise<OpenTurn> {
  const kernel = createKernel(sha256);
  const resolve = createResolver(store.blobs);
  const snapshot = await findSnapshot({ ...store, sources }, session_id, pending);
  const fold = snapshot ? foldOf(snapshot) : newFold(kernel);
  const known = new Set<string>();
  const ended = new Set<string>(snapshot?.end.data.event_ids);
  const shown = new Map<string, Presentation>();
  const take = (entry: Entry, resolved: Resolved): void => {
    applyEvolved(fold, entry, kernel.evolve(fold.state, entry, resolved));
    if (entry.type === 'input.received') known.add(entry.data.event_id);
    if (entry.type === 'call.inspected') shown.set(entry.data.call_id, entry.data.presentation);
    if (entry.type !== 'turn.ended') return;
    shown.clear();
    for (const id of entry.data.event_ids) ended.add(id);
  };
  const visit = ({ entry }: StoredEntry) => withResolved(resolve(entry), (resolved) => take(entry, resolved));
  const { failure } = await store.journal.read(session_id, visit, snapshot && { after: snapshot.end.seq });
  if (failure) throw new RuntimeError('store_damaged', `it is damaged: ${failure.message}`, { id: session_id });
  return { state: fold.state, known, ended, shown };
}
