/** Where the evidence of an id lies. Who accepted an event knows its session; else the journals are looked through, newest first. */
import { RuntimeError } from '../../../contract/errors.ts';
import type { Entry } from '../../../contract/entries.ts';
import type { WhyReport } from '../../../contract/why.ts';
import { matchingId } from '../../matching-id.ts';
import { readSession } from '../../sessions.ts';
import type { Workspace } from '../../wire.ts';
import { evidenceOf, type Evidence } from './evidence.ts';

export interface Found {
  kind: WhyReport['kind'];
  /** Whole. */
  id: string;
  /** Absent: its session is gone, or was never begun. */
  evidence?: Evidence;
  /** Of its session, where the ingress log tells it. */
  session_id?: string;
}

export interface FindOptions {
  session?: string;
  /** Who asks, for the error that names several: `why`. */
  command?: string;
  onProgress: (done: number, total: number) => void;
}

const KINDS: [WhyReport['kind'], RegExp][] = [
  ['approval', /^a-[0-9a-f]{1,64}$/],
  ['event', /^e-[0-9a-z]{1,64}$/],
  ['call', /^c\d+\.\d+\.\d+$/],
  ['think', /^m\d+\.\d+$/],
  ['reply', /^r\d+$/],
  ['turn', /^t\d+$/],
];
/** So many sessions are named of those that could be meant. */
const MOST_CANDIDATES = 5;

/** @throws RuntimeError usage | not_found | ambiguous_id | invalid_id */
export async function findEvidence(workspace: Workspace, given: string, options: FindOptions): Promise<Found> {
  const [, before, id = given] = /^([^/]+)\/(.+)$/.exec(given) ?? [];
  const session = before ?? options.session;
  const kind = KINDS.find(([, form]) => form.test(id))?.[0];
  if (kind === undefined) {
    throw new RuntimeError('usage', `${given} is no id that can be asked about`, {
      next: 'Give an approval (a-…), a message (e-…), or <session>/ with a call (c1.1.1), model call (m1.2), reply (r3) or turn (t3).',
    });
  }
  if (session !== undefined) return inSession(workspace, session, kind, id);
  if (kind === 'event') {
    const trace = await workspace.store.ingress.find(id);
    if (trace) return ofTrace(workspace, trace.event.session_id, id);
  }
  const found = await scan(workspace, kind, id, options.onProgress);
  const [first, another] = found;
  if (first === undefined) throw notFound(id);
  if (another !== undefined) {
    const all = found.slice(0, MOST_CANDIDATES).map((one) => `${one.session}/${one.id}`);
    const more = found.length > MOST_CANDIDATES ? ' and more' : '';
    throw new RuntimeError('ambiguous_id', `${id} is in several sessions: ${all.join(', ')}${more}.`, {
      next: `Name one: runtime ${options.command ?? 'why'} ${all[0]}`,
    });
  }
  return inSession(workspace, first.session, kind, first.id);
}

async function ofTrace(workspace: Workspace, session_id: string, id: string): Promise<Found> {
  try {
    return { kind: 'event', id, session_id, evidence: await evidenceIn(workspace, session_id) };
  } catch (thrown) {
    if (!(thrown instanceof RuntimeError) || thrown.code !== 'not_found') throw thrown;
    return { kind: 'event', id, session_id };
  }
}

async function inSession(workspace: Workspace, session: string, kind: Found['kind'], id: string): Promise<Found> {
  const evidence = await evidenceIn(workspace, session);
  const ids = [...new Set(evidence.stored.flatMap(({ entry }) => idsIn(kind, entry)))];
  // c1.1.1 is no beginning of c1.1.10.
  const whole = isDrawn(kind) ? matchingId(ids, id, (one) => one) : ids.find((one) => one === id);
  if (whole !== undefined) return { kind, id: whole, session_id: session, evidence };
  if (kind === 'event' && (await workspace.store.ingress.find(id))?.event.session_id === session) {
    return { kind, id, session_id: session, evidence };
  }
  throw notFound(`${session}/${id}`);
}

async function evidenceIn(workspace: Workspace, session_id: string): Promise<Evidence> {
  const { store } = workspace;
  const { entries: stored, end } = await readSession(workspace, session_id);
  const traceOf: Evidence['traceOf'] = (event_id) => store.ingress.find(event_id);
  return evidenceOf({ session_id, stored, end, blobs: store.blobs, traceOf });
}

/** The ids of a kind that an entry brings in. */
function idsIn(kind: Found['kind'], { type, data }: Entry): string[] {
  if (type === 'approval.requested' && kind === 'approval') return [data.approval_id];
  if (type === 'input.received' && kind === 'event') return [data.event_id];
  if (type === 'model.replied' && kind === 'call') return data.tool_calls.map(({ call_id }) => call_id);
  if (type === 'model.requested' && kind === 'think') return [data.call_id];
  if (type === 'reply.made' && kind === 'reply') return [data.reply_id];
  return type === 'turn.started' && kind === 'turn' ? [`t${data.turn}`] : [];
}

/** Is an id of this kind no other session's, so that its beginning may do? */
function isDrawn(kind: Found['kind']): boolean {
  return kind === 'approval' || kind === 'event';
}

interface Hit {
  session: string;
  id: string;
}

/**
 * Looks through the sessions, those with unfinished work first. What a fork has of the session it was made of counts only
 * where that one is gone. Ends as soon as the answer is plain.
 */
async function scan(
  { store }: Workspace,
  kind: Found['kind'],
  id: string,
  onProgress: FindOptions['onProgress'],
): Promise<Hit[]> {
  const open = new Set((await store.ingress.pending()).map((event) => event.session_id));
  const all = (await store.journal.list()).map(({ session_id }) => session_id);
  const sessions = [...all.filter((one) => open.has(one)), ...all.filter((one) => !open.has(one))];
  const isUnique = isDrawn(kind);
  const own: Hit[] = [];
  const copies: Hit[] = [];
  for (const [index, session] of sessions.entries()) {
    onProgress(index, sessions.length);
    let ids = new Set<string>();
    let copied = new Set<string>();
    await store.journal.read(session, ({ entry }) => {
      if (entry.type === 'session.forked') [ids, copied] = [new Set(), copied.union(ids)];
      for (const one of idsIn(kind, entry)) if (one === id || (isUnique && one.startsWith(id))) ids.add(one);
    });
    const exact = [...ids].includes(id);
    for (const one of ids) own.push({ session, id: one });
    for (const one of copied) copies.push({ session, id: one });
    if (isUnique ? exact : own.length > MOST_CANDIDATES) break;
  }
  onProgress(sessions.length, sessions.length);
  const whole = own.filter((hit) => hit.id === id);
  if (isUnique && whole.length > 0) return whole;
  if (isUnique) mustBeOne([...own, ...copies], id);
  return own.length > 0 ? own : copies.slice(0, isUnique ? 1 : undefined);
}

/** Ids that begin so. @throws RuntimeError ambiguous_id */
function mustBeOne(hits: readonly Hit[], given: string): void {
  matchingId([...new Set(hits.map(({ id }) => id))], given, (one) => one);
}

function notFound(id: string): RuntimeError {
  return new RuntimeError('not_found', `Nothing is known of ${id}.`, {
    next: 'See `runtime session ls` and `runtime session show <id>`, which name what there is.',
  });
}
