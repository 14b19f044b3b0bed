/**
 * Takes values out of sessions in place (docs/redact.md). Everything is made and proved beside what stands there; one line
 * of the audit log decides it (`store/redaction.ts`).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '../../base/digest.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Seq } from '../../contract/entries.ts';
import type { IngressEvent } from '../../contract/records.ts';
import type { RedactionRecord, SessionRedaction } from '../../contract/redaction.ts';
import type { Actor } from '../../contract/values.ts';
import { rewriteIngress } from '../../store/care/rewrite-ingress.ts';
import { readJournalFile } from '../../store/journal-file.ts';
import {
  beginRedaction,
  planRedaction,
  settleRedaction,
  stageFile,
  type RedactionPlan,
} from '../../store/redaction.ts';
import { sessionFileName } from '../../store/session-file.ts';
import { workspacePaths, type WorkspacePaths } from '../../store/workspace.ts';
import { verifyJournal } from '../proof/verify.ts';
import { lockedError, type Workspace } from '../wire.ts';
import { checkSessionId } from '../session-id.ts';
import { createValueRewriter } from './rewrite-value.ts';
import { openTurn, rewriteSession, type Rewriting, type RewrittenLine } from './rewrite-session.ts';
import { surveySession, type Survey } from './survey.ts';
import { createSubstitution } from './substitution.ts';
import { cleanBesides, findTraces } from './traces.ts';

export interface RedactionRequest {
  /** Absent: all that hold a value. */
  session_id?: string;
  values: readonly string[];
  /** Drawn for this redaction, and kept nowhere. */
  key: string;
  dryRun: boolean;
  by: Actor;
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

interface Work extends Rewriting, Pick<RedactionRequest, 'by'> {
  workspace: Workspace;
  paths: WorkspacePaths;
}

const REFUSED: ReadonlySet<string> = new Set(['session_busy', 'not_redactable']);
/** A line of the audit log has at most 1 MiB. */
const MOST_RECORD_BYTES = 900 * 1024;

/** Entries that other sessions name, by the session whose they are. */
type Named = Map<string, Set<Seq>>;

/**
 * @throws RuntimeError usage | not_found | locked | session_busy | not_redactable | store_damaged: nothing is changed then
 */
export async function redactSessions(workspace: Workspace, request: RedactionRequest): Promise<SessionRedaction> {
  const { session_id, values, key, dryRun, by } = request;
  if (session_id !== undefined) checkSessionId(session_id);
  const { store, home, loaded } = workspace;
  const substitution = createSubstitution(values, key);
  const paths = workspacePaths(home, loaded.config.store.workspace);
  const work: Work = { workspace, paths, substitution, key, by, ids: new Map() };
  if (!existsSync(paths.folder)) {
    throw new RuntimeError('not_found', 'There is no workspace yet.', { next: 'Nothing is to be taken out.' });
  }
  if (!dryRun) {
    const lock = store.takeLock(); // ends what an earlier one left
    if (!lock.ok) throw lockedError(lock.held_by);
  }
  try {
    const { surveys, named } = await surveyAll(work, request);
    const holding = surveys.filter(({ places }) => places.length > 0);
    const wanted = holding.filter((one) => session_id === undefined || one.session_id === session_id);
    const { asked, refused } = await trial(work, wanted, surveys);
    if (!dryRun) {
      for (const error of refused.values()) throw error;
      await refuseWaiting(workspace, asked);
    }
    const kept = new Set(surveys.filter((one) => !asked.includes(one)).flatMap(({ preimages }) => [...preimages]));
    const records = dryRun || asked.length === 0 ? [] : await replace(work, { asked, named, kept });
    const heads = new Map(records.map(({ session, before, after }) => [session, { seq: after.seq, before: before.hash, after: after.hash }])); // prettier-ignore
    const cleaned = dryRun ? [] : cleanBesides(home, substitution);
    return {
      schemaVersion: 'runtime.session_redact.v1',
      workspace: store.workspace().id,
      dry_run: dryRun,
      sessions: asked.map(({ session_id: id, places }) => {
        const head = heads.get(work.ids.get(id) ?? id);
        const renamed = work.ids.get(id);
        const why = refused.get(id)?.message;
        return {
          session_id: id,
          ...(renamed !== undefined && { renamed }),
          places,
          ...(why !== undefined && { refused: why }),
          ...(head && { head }),
        };
      }),
      others: holding.filter((one) => !asked.includes(one)).map((one) => ({ session_id: one.session_id, count: countOf(one) })), // prettier-ignore
      cleaned,
      left: findTraces(home, substitution),
    };
  } finally {
    await store.close();
  }
}

function countOf({ places }: Survey): number {
  return places.reduce((sum, { count }) => sum + count, 0);
}

/** All sessions; one that can't be read is only looked at as a file, later. */
async function surveyAll(
  { workspace: { store }, substitution, key }: Work,
  { session_id: wanted, onProgress }: RedactionRequest,
): Promise<{ surveys: Survey[]; named: Named }> {
  const surveys: Survey[] = [];
  const named: Named = new Map();
  const name = (session: string, seq: Seq): void => void named.set(session, (named.get(session) ?? new Set()).add(seq));
  const listed = (await store.journal.list()).map(({ session_id }) => session_id);
  // One that isn't there is to be named as such.
  const ids = wanted === undefined || listed.includes(wanted) ? listed : [wanted];
  for (const [index, session_id] of ids.entries()) {
    await onProgress?.(index, ids.length);
    try {
      const survey = await surveySession(store, session_id, {
        substitution,
        key,
        visit({ entry }) {
          if (entry.type === 'child.finished') name(entry.data.session_id, entry.data.head.seq);
          if (entry.type === 'session.forked') name(entry.data.from.session_id, entry.data.from.seq);
        },
      });
      surveys.push(survey);
    } catch (thrown) {
      if (session_id === wanted || !(thrown instanceof RuntimeError) || thrown.code !== 'store_damaged') throw thrown;
    }
  }
  return { surveys, named };
}

function idNow({ ids }: Pick<Work, 'ids'>, { session_id }: Survey): string {
  return ids.get(session_id) ?? session_id;
}

/**
 * Could it be done, and which not? With the sessions of steps that get other ids by it, which are written anew with them.
 */
async function trial(
  work: Work,
  wanted: readonly Survey[],
  all: readonly Survey[],
): Promise<{ asked: Survey[]; refused: Map<string, RuntimeError> }> {
  const { store } = work.workspace;
  const refused = new Map<string, RuntimeError>();
  const isStepOf = (one: Survey, other: Survey): boolean => one.parent === other.session_id;
  const depth = (one: Survey): number => {
    const parent = all.find((other) => isStepOf(one, other));
    return parent ? 1 + depth(parent) : 0;
  };
  // A goal before its steps, whose ids it gives.
  const asked = wanted.toSorted((a, b) => depth(a) - depth(b));
  for (let index = 0; index < asked.length; index++) {
    const survey = asked[index]!;
    try {
      for await (const line of rewriteSession(store, survey, work)) void line;
    } catch (thrown) {
      if (!(thrown instanceof RuntimeError) || !REFUSED.has(thrown.code)) throw thrown;
      refused.set(survey.session_id, thrown);
    }
    for (const one of all) {
      if (isStepOf(one, survey) && work.ids.has(one.session_id) && !asked.includes(one)) asked.push(one);
    }
  }
  return { asked, refused };
}

/** What was accepted and isn't in a journal yet would bring it back. @throws RuntimeError session_busy */
async function refuseWaiting({ store }: Workspace, asked: readonly Survey[]): Promise<void> {
  for (const { session_id } of asked) {
    if ((await store.ingress.pendingOf(session_id)).length > 0) throw openTurn(session_id);
  }
}

async function replace(
  work: Work,
  { asked, named, kept }: { asked: Survey[]; named: Named; kept: ReadonlySet<Digest> },
): Promise<RedactionRecord[]> {
  const { workspace, paths, by } = work;
  const { store } = workspace;
  const moves: RedactionPlan['moves'] = [];
  const records: RedactionRecord[] = [];
  const renamed = asked.flatMap(({ session_id: session }) => {
    const to = work.ids.get(session);
    return to === undefined ? [] : [{ session, to }];
  });
  const data = () => ({ sessions: records, ...(renamed.length > 0 && { renamed }), by: by.id });
  beginRedaction(paths);
  try {
    for (const survey of asked) records.push(await stageSession(work, survey, named.get(survey.session_id), moves));
    await stageIngress(work, asked, moves);
    planRedaction(paths, {
      session: records[0]!.session,
      hash: records[0]!.after.hash,
      moves,
      removes: [
        ...asked.map(({ session_id }) => `cache/snapshots/${sessionFileName(session_id)}.json`),
        ...renamed.map(({ session }) => `sessions/${sessionFileName(session)}.jsonl`),
        ...(await preimagesToGo(work, asked, kept)),
      ],
      blobs: [...new Set(asked.flatMap(({ replaced }) => [...replaced].map(hexOf)))],
    });
    if (Buffer.byteLength(JSON.stringify(data())) > MOST_RECORD_BYTES) throw tooMany();
  } catch (error) {
    settleRedaction(paths); // nothing was decided
    throw error;
  }
  // Where this fails nobody knows here whether the line is there: whoever takes the lock next looks.
  await store.audit.append({ type: 'session.redacted', data: data() }, { sync: true });
  settleRedaction(paths);
  return records;
}

function tooMany(): RuntimeError {
  return new RuntimeError('not_redactable', 'These are too many sessions for one line of the audit log.', {
    next: 'Redact them one by one: `runtime session redact --all --dry-run -o json` lists them.',
  });
}

async function stageSession(
  work: Work,
  survey: Survey,
  named: ReadonlySet<Seq> | undefined,
  moves: RedactionPlan['moves'],
): Promise<RedactionRecord> {
  const { workspace: { store }, paths } = work; // prettier-ignore
  const { head, made } = survey;
  const session = idNow(work, survey);
  for (const content of made.values()) await store.blobs.put(content);
  const kept: { seq: Seq; before: string; after: string }[] = [];
  let last: RewrittenLine | undefined;
  async function* texts(): AsyncGenerator<string> {
    for await (const line of rewriteSession(store, survey, work)) {
      const { seq, was, hash, text } = (last = line);
      if (named?.has(seq)) kept.push({ seq, before: was, after: hash });
      yield text;
    }
  }
  const to = `sessions/${sessionFileName(session)}.jsonl`;
  const path = await stageFile(paths, moves, { to, texts: texts() });
  const after = { seq: last!.seq, hash: last!.hash };
  await prove(store, path, session, after);
  const count = countOf(survey);
  return { session, before: head, after, count, ...(kept.length > 0 && { named: kept }) };
}

/** As `session verify` does, and that it ends as it is said to. */
async function prove(
  store: Pick<Workspace['store'], 'blobs'>,
  path: string,
  session_id: string,
  after: { seq: Seq; hash: string },
): Promise<void> {
  const read = (visit: Parameters<typeof readJournalFile>[1]) => readJournalFile(path, visit);
  const report = await verifyJournal({ session_id, read, blobs: store.blobs, hasHead: true });
  if (report.status === 'verified' && report.head.hash === after.hash && report.entries === after.seq) return;
  const why = report.failure?.message ?? 'not all of it can be proved';
  throw new RuntimeError('not_redactable', `Session ${session_id} could not be proved with placeholders: ${why}.`);
}

/** Messages as they were accepted: those of the sessions, all of which are done. */
async function stageIngress(
  { workspace: { store }, paths, substitution, ids }: Work,
  asked: readonly Survey[],
  moves: RedactionPlan['moves'],
): Promise<void> {
  const rewriters = new Map(asked.map((survey) => [survey.session_id, createValueRewriter(substitution, survey, ids)]));
  const rewrite = (event: IngressEvent): IngressEvent => rewriters.get(event.session_id)?.value(event) ?? event;
  for await (const { name, lines } of rewriteIngress(paths, store.workspace().id, rewrite)) {
    await stageFile(paths, moves, { to: name, texts: lines });
  }
}

/** Contents of files from before a patch that hold it. `kept`: what other sessions may put back. */
async function preimagesToGo(
  { workspace: { store }, paths, substitution }: Work,
  asked: readonly Survey[],
  kept: ReadonlySet<Digest>,
): Promise<string[]> {
  const names: string[] = [];
  for (const digest of new Set(asked.flatMap(({ preimages }) => [...preimages]))) {
    const hex = hexOf(digest);
    const name = `blobs/private/${hex.slice(0, 2)}/${hex}`;
    if (kept.has(digest) || !existsSync(join(paths.folder, name))) continue;
    const bytes = await store.blobs.get(digest);
    if (bytes !== undefined && substitution.count(bytes) > 0) names.push(name);
  }
  return names;
}

function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
