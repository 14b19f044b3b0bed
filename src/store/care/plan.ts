/** What can be done about a damaged chained file. Nothing is changed here. */
import { readFileSync } from 'node:fs';
import type { GrantRecord } from '../../contract/records.ts';
import type { ScheduleRecord } from '../../contract/schedule.ts';
import type { RepairStep } from '../../contract/store-care.ts';
import type { ChainLine, ChainRecord } from '../chain/line.ts';
import type { ChainEnd } from '../chain/scan.ts';
import { sessionNamedBy } from '../journal-file.ts';
import { allTainted } from '../tainted-files.ts';
import { scanFile, type ChainedFile } from './chained.ts';
import { healChain, readableIn, type Derive, type Fix, type Healed } from './heal.ts';
import { rechained, splitAt } from '../chain/rechain.ts';

/** What the rules know of a journal. */
export interface SessionRules {
  derive: (session: string) => Derive;
  /** How many of these first lines the rules admit. */
  admitted: (session: string, lines: readonly ChainLine[]) => Promise<number>;
}

export interface ChainPlan {
  step: RepairStep;
  /** What the file holds then; absent: it is left as it is. */
  content?: Buffer;
  /** Of a file that loses its end: what is kept aside, where the file ends then, and the lines that stay. */
  rest?: Buffer;
  end?: { seq: number; hash: string };
  kept?: readonly ChainLine[];
  fixes: number;
}

const ORDER: Fix['how'][] = ['bytes', 'derived', 'order', 'glued', 'line_end', 'removed'];

/** Undefined: there is nothing to repair. A crash tail is for the next opening, unless it is a whole line after all. */
export async function planChain(
  chained: ChainedFile,
  rules: SessionRules,
  now: number,
): Promise<ChainPlan | undefined> {
  const { file, session } = chained;
  const end = await scanFile(chained);
  if (end.failure === undefined && end.tail === undefined) return undefined;
  const derive = session === undefined ? undefined : rules.derive(session);
  const healed = await healChain(readFileSync(file.path), chained.rules, derive);
  const where = { file: file.name, ...(session !== undefined && { session_id: session }) };
  const { lines } = healed;
  if (!healed.missing && !losesFork(session, healed, lines.length)) {
    const text = counted(healed.fixes);
    const step: RepairStep = {
      ...where,
      action: 'heal',
      message: `made as it was, proved by hash (${text})`,
      healed: text,
    };
    return { step, content: healed.bytes, fixes: healed.fixes.length };
  }
  if (end.failure === undefined) return undefined;
  const admitted = session === undefined ? lines.length : await rules.admitted(session, lines);
  const why =
    leftAlone(chained, healed, end) ?? (losesFork(session, healed, admitted) ? lostFork(session!) : undefined);
  if (why !== undefined) return { step: { ...where, seq: end.seq + 1, action: 'leave', message: why }, fixes: 0 };
  return cutPlan(chained, healed, admitted, where, now);
}

const lostFork = (session: string): string =>
  `the entry that makes it a fork can't be read: what is left is a copy with the rights of its source. Fork that again; \`runtime session rm ${session}\` removes this one`;

/** Is it a fork whose own beginning isn't among the lines that stay? Without it, it would have what its source was granted. */
function losesFork(session: string | undefined, { lines, rest }: Healed, count: number): boolean {
  if (session === undefined) return false;
  const makesIt = (line: ChainLine): boolean => line.type === 'session.forked' && sessionNamedBy(line) === session;
  const kept = lines.slice(0, count);
  if (kept.some(makesIt)) return false;
  return (
    kept.some((line) => ![undefined, session].includes(sessionNamedBy(line))) ||
    [...lines, ...readableIn(rest)].some(makesIt)
  );
}

/** Why the file is not to be repaired, though it could be cut. */
function leftAlone({ rules, file }: ChainedFile, healed: Healed, { seq, failure }: ChainEnd): string | undefined {
  const { genesis, head } = rules;
  if (healed.tooNew) return 'a newer version of the runtime wrote to it: use that';
  if (file.kind === 'journal' && genesis === undefined) return 'no line of it says whose journal it is';
  const readable = readableIn(healed.rest);
  if (healed.lines.length === 0 && readable.some((line) => line.seq === 1 && line.prev !== genesis)) {
    return 'it is another file that was put in this place: move it away, or restore a backup';
  }
  const forged = failure!.code === 'chain_broken' && head?.seq === seq + 1;
  return forged ? 'it was written anew: it is not the one that the audit log names. Restore a backup' : undefined;
}

function cutPlan(
  { file, rules }: ChainedFile,
  healed: Healed,
  count: number,
  where: Pick<RepairStep, 'file' | 'session_id'>,
  now: number,
): ChainPlan {
  const { head, behind } = splitAt(healed.bytes, count);
  const kept = { lines: healed.lines.slice(0, count), bytes: head };
  const rest = Buffer.concat([behind, healed.rest]);
  const readable = readableIn(rest);
  const fixes = healed.fixes.filter(({ seq }) => seq <= count);
  const last = kept.lines.at(-1);
  const base = {
    ...where,
    seq: count + 1,
    cut_bytes: rest.length,
    readable: readable.length,
    ...(fixes.length > 0 && { healed: counted(fixes) }),
  };
  const plan = { rest, end: { seq: count, hash: last?.hash ?? '' }, kept: kept.lines, fixes: fixes.length };
  const genesis = rules.genesis ?? '';
  const records = (made: ChainRecord[]): Buffer => rechained(kept, genesis, made);
  switch (file.kind) {
    case 'usage':
    case 'ingress': {
      const message = `ends with record ${count}; ${readable.length} records behind that can be read and are taken over`;
      return { ...plan, step: { ...base, action: 'rebuild', message }, content: records(readable) };
    }
    case 'grants': {
      const message = `ends with record ${count}; no standing grant is in force any more, since a revocation may be lost`;
      const standing = standingIn(kept.lines);
      const revoked = standing.map((grant_id) => ({
        at: now,
        type: 'grant.revoked',
        data: { grant_id, by: 'repair' } satisfies GrantRecord['data'],
      }));
      return { ...plan, step: { ...base, action: 'cut', message }, content: records(revoked) };
    }
    case 'tainted_files': {
      const message = `ends with record ${count}; every file counts as tainted, since a line that can't be read may have named it: \`runtime session trust <id> --files\` clears those of a project`;
      return {
        ...plan,
        step: { ...base, action: 'cut', message },
        content: records([{ at: now, ...allTainted('repair') }]),
      };
    }
    case 'schedules': {
      const message = `ends with record ${count}; every job is paused, since what has fired since then is not known`;
      const made = jobsIn(kept.lines).map((job) => ({ at: now, type: 'job.changed', data: pausedByRepair(job, now) }));
      return { ...plan, step: { ...base, action: 'cut', message }, content: records(made) };
    }
    case 'audit': {
      const message = `ends with record ${count}; the heads are made anew from the journals`;
      return { ...plan, step: { ...base, action: 'cut', message }, content: head };
    }
    default: {
      const what = rest.length === 0 ? 'what followed is not there' : `${rest.length} bytes behind that are kept aside`;
      const message = count === 0 ? `nothing of it can be proved; ${what}` : `ends with entry ${count}; ${what}`;
      return { ...plan, step: { ...base, action: 'cut', message }, content: head };
    }
  }
}

function standingIn(lines: readonly ChainLine[]): string[] {
  const standing = new Set<string>();
  for (const { type, data } of lines) {
    const { grant_id } = data as GrantRecord['data'];
    if (type === 'grant.added') standing.add(grant_id);
    else standing.delete(grant_id);
  }
  return [...standing];
}

function jobsIn(lines: readonly ChainLine[]): string[] {
  const jobs = new Set<string>();
  for (const { type, data } of lines) {
    const record = { type, data } as ScheduleRecord;
    if (record.type === 'job.added') jobs.add(record.data.job.name);
    if (record.type === 'job.removed') jobs.delete(record.data.job);
  }
  return [...jobs];
}

function pausedByRepair(job: string, now: number): Extract<ScheduleRecord, { type: 'job.changed' }>['data'] {
  return { job, changed_at: now, paused: true, reason: 'the end of its records was lost', by: 'repair' };
}

/** `bytes: 1, derived: 2`. */
function counted(fixes: readonly Fix[]): string {
  const counts = Map.groupBy(fixes, ({ how }) => how);
  return ORDER.flatMap((how) => (counts.has(how) ? [`${how}: ${counts.get(how)!.length}`] : [])).join(', ');
}
