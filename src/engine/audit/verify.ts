/**
 * Proves the audit log, and by it the journals' ends: its chain is whole, and every head that it has for a session stands in
 * that session's journal. All heads, not the newest alone: a journal that was written anew, with a new head behind the old
 * ones, would agree with its newest. Takes no lock; an owner may be writing meanwhile.
 */
import { toRuntimeError } from '../../contract/errors.ts';
import type { AuditProblem, AuditVerifyReport } from '../../contract/audit.ts';
import type { Seq } from '../../contract/entries.ts';
import type { Audit, Journal, JournalEnd } from '../../contract/ports.ts';
import type { AuditRecord } from '../../contract/records.ts';
import type { AuditHeadLine } from './head-line.ts';

interface Stores {
  audit: Audit;
  journal: Journal;
  /** Of the workspace, as head lines name it. */
  workspace: string;
}

/** So many heads are held at a time: of a log with more, it is read once more for each further part of the sessions. */
const MOST_HEADS = 200_000;

/** Of one session, by where they stand in its journal. */
type Heads = Map<Seq, string>;

export async function verifyAudit(stores: Stores, given: AuditHeadLine | undefined): Promise<AuditVerifyReport> {
  const { audit, journal } = stores;
  const counts = new Map<string, number>();
  let atGiven: string | undefined;
  // The log before the journals: what is appended meanwhile can't make one look cut.
  const log = await audit.read(({ seq, hash, record }) => {
    if (seq === given?.seq) atGiven = hash;
    for (const session of sessionsOf(record)) counts.set(session, (counts.get(session) ?? 0) + 1);
  });
  const problems: AuditProblem[] = [...logProblems(log), ...givenProblems(stores, log, given, atGiven)];
  const known = new Set((await journal.list()).map(({ session_id }) => session_id));
  const without_head: string[] = [];
  let heads = 0;
  for (const part of partsOf(
    new Map([...counts, ...[...known].filter((id) => !counts.has(id)).map((id) => [id, 0] as const)]),
  )) {
    const found = await headsOf(audit, part, log.seq);
    for (const session_id of part) {
      const own = found.get(session_id);
      if (own === undefined && !known.has(session_id)) continue; // it was removed
      heads += own?.size ?? 0;
      if (own === undefined) without_head.push(session_id);
      problems.push(...(await journalProblems(stores, session_id, own ?? new Map<Seq, string>())));
    }
  }
  return {
    schemaVersion: 'runtime.audit-verify.v1',
    status: problems.length > 0 ? 'failed' : 'verified',
    log: { records: log.seq, hash: log.hash, status: log.status },
    sessions: known.size,
    heads,
    problems,
    without_head,
  };
}

function logProblems({ failure, status }: JournalEnd): AuditProblem[] {
  if (!failure) return [];
  const code = status === 'too_new' ? 'log_too_new' : 'log_damaged';
  return [{ code, seq: failure.seq, message: `audit.jsonl: ${failure.message} (${failure.code})` }];
}

function givenProblems(
  { workspace }: Stores,
  { seq: last }: JournalEnd,
  given: AuditHeadLine | undefined,
  atGiven: string | undefined,
): AuditProblem[] {
  if (given === undefined) return [];
  const { seq } = given;
  const problem = (code: AuditProblem['code'], message: string): AuditProblem[] => [{ code, seq, message }];
  if (given.workspace !== workspace) {
    return problem('given_head_differs', `the given head is of workspace ${given.workspace}, this is ${workspace}`);
  }
  if (atGiven === undefined) {
    return problem(
      'given_head_missing',
      `the given head is record ${seq}, and the log can be read up to ${last}: its end is gone`,
    );
  }
  if (atGiven === given.hash) return [];
  return problem('given_head_differs', `record ${seq} of the log is not the given head: the log was written anew`);
}

/** Sessions in parts that have no more heads than can be held at a time. */
function* partsOf(counts: ReadonlyMap<string, number>): Generator<Set<string>> {
  let part = new Set<string>();
  let held = 0;
  for (const [session, count] of counts) {
    if (held > 0 && held + count > MOST_HEADS) {
      yield part;
      part = new Set();
      held = 0;
    }
    part.add(session);
    held += count;
  }
  yield part;
}

/** The heads that count for each of these sessions, as the first so many records tell them. A removed one has none. */
async function headsOf(audit: Audit, sessions: ReadonlySet<string>, records: Seq): Promise<Map<string, Heads>> {
  const found = new Map<string, Heads>();
  await audit.read(({ seq, record }) => {
    if (seq > records) return;
    for (const session of sessionsOf(record)) if (sessions.has(session)) takeHead(found, session, record);
  });
  return found;
}

function takeHead(found: Map<string, Heads>, session: string, record: AuditRecord): void {
  if (record.type === 'session.removed') return void found.delete(session);
  const heads: Heads = found.get(session) ?? new Map<Seq, string>();
  if (record.type === 'head') heads.set(record.data.seq, record.data.hash);
  if (record.type === 'session.redacted') {
    const { after } = record.data.sessions.find((one) => one.session === session) ?? {}; // else it was renamed
    heads.clear(); // the chain up to there vouches for what stands before
    if (after) heads.set(after.seq, after.hash);
  }
  if (record.type === 'store.repaired') {
    const { seq: end, hash } = record.data.cut!;
    for (const seq of heads.keys()) if (seq > end) heads.delete(seq); // they say nothing any more
    if (end > 0) heads.set(end, hash);
  }
  if (heads.size > 0) found.set(session, heads);
  else found.delete(session);
}

/** Whose heads the record tells of. */
function sessionsOf(record: AuditRecord): string[] {
  if (record.type === 'head' || record.type === 'session.removed') return [record.data.session];
  if (record.type === 'session.redacted') {
    const { sessions, renamed = [] } = record.data;
    return [...sessions, ...renamed].map(({ session }) => session);
  }
  const { session } = record.type === 'store.repaired' && record.data.cut !== undefined ? record.data : {};
  return session === undefined ? [] : [session];
}

async function journalProblems({ audit, journal }: Stores, session_id: string, heads: Heads): Promise<AuditProblem[]> {
  const unmet = new Map(heads);
  let differs: Seq | undefined;
  let end: JournalEnd;
  try {
    end = await journal.read(session_id, ({ entry: { seq }, hash }) => {
      const head = unmet.get(seq);
      if (head !== undefined && head !== hash) differs ??= seq;
      unmet.delete(seq);
    });
  } catch (thrown) {
    return [{ code: 'journal_damaged', session_id, message: toRuntimeError(thrown).message }];
  }
  const problem = (code: AuditProblem['code'], seq: Seq, message: string): AuditProblem[] => [
    { code, session_id, seq, message },
  ];
  if (end.seq === 0 && heads.size > 0) {
    const newest = await audit.head(session_id);
    if (newest === undefined) return []; // it was removed meanwhile
    return problem(
      'journal_missing',
      newest.seq,
      `the journal is not there, but the log names its entry ${newest.seq}`,
    );
  }
  if (end.failure) {
    const { seq, message, code } = end.failure;
    return problem(end.status === 'too_new' ? 'journal_too_new' : 'journal_damaged', seq, `${message} (${code})`);
  }
  if (differs !== undefined)
    return problem('head_mismatch', differs, `entry ${differs} is not the one that the log names`);
  const [missing] = unmet.keys();
  if (missing === undefined) return [];
  return problem('head_mismatch', missing, `the log names entry ${missing}, and the journal ends with ${end.seq}`);
}
