/**
 * Looks at everything in a workspace's folder, and changes nothing. An owner may be writing meanwhile: what looks damaged
 * is looked at once more, with what the audit log says by then, before it is called so.
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { toRuntimeError } from '../../contract/errors.ts';
import type { StoreCheck, StoreNote, StoreProblem } from '../../contract/store-care.ts';
import type { VerifyReport } from '../../contract/verify.ts';
import { takeHead, type HeadsSoFar } from '../audit-heads.ts';
import type { ChainLine } from '../chain/line.ts';
import type { ChainEnd } from '../chain/scan.ts';
import { sessionFileName } from '../session-file.ts';
import { NEXT } from '../switch-folder.ts';
import { readWorkspace, workspaceId, type WorkspacePaths } from '../workspace.ts';
import { chainedFile, isChained, scanFile, type ChainedFile } from './chained.ts';
import { digestsIn, type FoundDigests } from './digests-in.ts';
import { inventory, type FoundFile } from './inventory.ts';

export interface CheckOptions {
  paths: WorkspacePaths;
  /** The workspace's id, as it is called. */
  workspace: string;
  now: number;
  /** Derives the decisions of a journal again; absent: only chains, forms and blobs are looked at. */
  prove?: (session: string, path: string) => Promise<VerifyReport>;
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

/** Blobs that are younger may be about to be named. */
export const YOUNG_MS = 3_600_000;
const OF_OTHERS = 0o077;
/** So many entries that need a blob are named. */
const MOST_NEEDERS = 3;

interface Need {
  file: string;
  session?: string;
  seq: number;
}

interface Findings {
  problems: StoreProblem[];
  notes: StoreNote[];
  counts: StoreCheck['counts'];
  /** Blobs by digest (hex): who needs them, and which digests stand anywhere. */
  needed: Map<string, Need[]>;
  mentioned: Set<string>;
  blobs: Map<string, FoundFile>;
}

export async function checkStore(options: CheckOptions): Promise<StoreCheck> {
  const { paths, workspace, onProgress } = options;
  const findings: Findings = {
    problems: [],
    notes: [],
    counts: {
      journals: 0,
      entries: 0,
      events: 0,
      audit_records: 0,
      grant_records: 0,
      tainted_file_records: 0,
      schedule_records: 0,
      usage_records: 0,
      blobs: 0,
      bytes: 0,
    },
    needed: new Map(),
    mentioned: new Set(),
    blobs: new Map(),
  };
  const record = checkRecord(options, findings);
  const id = workspaceId(paths, workspace);
  // The audit log first: heads that are older than the journals can't make one look cut.
  const heads = await readHeads(paths, id);
  const files = [...inventory(paths)];
  for (const [index, file] of files.entries()) {
    await onProgress?.(index, files.length);
    await checkFile(file, { ...options, id, heads }, findings);
  }
  await checkMissing({ ...options, id, heads }, findings);
  const { problems, notes, counts } = findings;
  notes.push(...besideNotes(paths));
  return {
    schemaVersion: 'runtime.store_check.v1',
    workspace,
    folder: paths.folder,
    format: record?.v ?? 0,
    epoch: record?.epoch ?? 0,
    status: problems.length === 0 ? 'whole' : 'damaged',
    deep: options.prove !== undefined,
    counts,
    problems,
    notes,
  };
}

interface Looking extends CheckOptions {
  id: string;
  heads: HeadsSoFar;
}

function checkRecord({ paths, workspace }: CheckOptions, { problems, notes }: Findings) {
  const file = 'workspace.json';
  try {
    const record = readWorkspace(paths);
    if (record !== undefined && record.id !== workspace) {
      const message = `the folder is called ${workspace} and holds workspace ${record.id}: it was copied by hand`;
      notes.push({ code: 'copied', file, message });
    }
    if (record !== undefined) return record;
    if (!existsSync(paths.sessions)) notes.push({ code: 'absent', file, message: 'there is no such workspace yet' });
    else problems.push({ code: 'missing', file, message: 'it is not there' });
  } catch (thrown) {
    const { code, message } = toRuntimeError(thrown);
    const known = code === 'store_too_new' ? code : code === 'store_damaged' ? 'record_damaged' : 'unreadable';
    problems.push({ code: known, file, message });
  }
  return undefined;
}

/** The newest head of each session, as far as the audit log is whole. */
export async function readHeads(paths: WorkspacePaths, id: string): Promise<HeadsSoFar> {
  const heads: HeadsSoFar = new Map();
  for (const file of inventory(paths)) {
    if (file.kind !== 'audit' || !file.plain) continue;
    const audit = await chainedFile(file, id, () => undefined);
    await scanFile(audit, (line) => takeHead(heads, line));
  }
  return heads;
}

async function checkFile(file: FoundFile, looking: Looking, findings: Findings): Promise<void> {
  const { name, kind, plain, mode, bytes } = file;
  const { notes, problems, counts } = findings;
  if (kind === 'foreign') {
    notes.push({ code: 'foreign', file: name, message: 'it is none of the runtime’s; nothing reads it' });
    return;
  }
  if (!plain) {
    problems.push({ code: 'not_plain', file: name, message: 'it is not a plain file: move it away' });
    return;
  }
  if ((mode & OF_OTHERS) !== 0 && kind !== 'rules') {
    notes.push({ code: 'open_to_others', file: name, message: `others may look into it: chmod go-rwx ${file.path}` });
  }
  if (kind !== 'folder') counts.bytes += bytes;
  if (kind === 'temporary') {
    notes.push({ code: 'leftover', file: name, message: 'left by a process that was killed, or being written now' });
  }
  if (kind === 'snapshot' && !isWholeSnapshot(file)) {
    notes.push({ code: 'snapshot_unusable', file: name, message: 'the cache is not used; it is made anew' });
  }
  try {
    if (isChained(file)) await checkChain(file, looking, findings);
    if (kind === 'blob') checkBlob(file, findings);
  } catch (thrown) {
    if (!existsSync(file.path)) return; // it went meanwhile
    problems.push({ code: 'unreadable', file: name, message: toRuntimeError(thrown).message });
  }
}

function isWholeSnapshot({ path }: FoundFile): boolean {
  try {
    const content = readFileSync(path, 'utf8');
    const end = content.indexOf('\n');
    return sha256(content.slice(end + 1)) === content.slice(0, end);
  } catch {
    return true; // it went meanwhile
  }
}

async function checkChain(file: FoundFile, looking: Looking, findings: Findings): Promise<void> {
  const { problems, notes, counts } = findings;
  let chained = await chainedFile(file, looking.id, (session) => looking.heads.get(session));
  const needs: [Need, FoundDigests][] = [];
  const visit = (line: ChainLine): void => {
    if (line.type === 'event.accepted') counts.events++;
    needs.push([needOf(chained, line), digestsIn(line)]);
  };
  let end = await scanFile(chained, visit);
  if (end.failure !== undefined) {
    const heads = await readHeads(looking.paths, looking.id);
    chained = await chainedFile(file, looking.id, (session) => heads.get(session));
    if (!existsSync(file.path)) return;
    end = await scanFile(chained);
  }
  count(counts, file, end);
  for (const [need, { needed, mentioned }] of needs) {
    for (const hex of mentioned) findings.mentioned.add(hex);
    for (const hex of needed) {
      const known = findings.needed.get(hex);
      if (known === undefined) findings.needed.set(hex, [need]);
      else if (known.length < MOST_NEEDERS) known.push(need);
    }
  }
  const { session } = chained;
  const where = { file: file.name, ...(session !== undefined && { session_id: session }) };
  if (end.tail !== undefined) {
    const message = `a crash left ${end.tail.bytes} bytes of a line at its end; the next opening puts them aside`;
    notes.push({ ...where, code: 'crash_tail', message });
  }
  if (end.failure !== undefined) {
    const { code, seq, message } = end.failure;
    problems.push({ ...where, seq, code, message });
  } else if (session !== undefined && end.seq > 0 && looking.prove !== undefined) {
    const { failure } = await looking.prove(session, file.path);
    if (failure) problems.push({ ...where, seq: failure.seq, code: failure.code, message: failure.message });
  } else if (file.kind === 'journal' && session === undefined && file.bytes > 0) {
    problems.push({ ...where, code: 'malformed', message: 'no line of it says whose journal it is' });
  }
}

function needOf({ file, session }: ChainedFile, { seq }: ChainLine): Need {
  return { file: file.name, seq, ...(session !== undefined && { session }) };
}

function count(counts: StoreCheck['counts'], { kind }: FoundFile, { seq }: ChainEnd): void {
  if (kind === 'journal') {
    counts.journals++;
    counts.entries += seq;
  }
  if (kind === 'audit') counts.audit_records += seq;
  if (kind === 'grants') counts.grant_records += seq;
  if (kind === 'tainted_files') counts.tainted_file_records += seq;
  if (kind === 'schedules') counts.schedule_records += seq;
  if (kind === 'usage') counts.usage_records += seq;
}

function checkBlob(file: FoundFile, { blobs, counts, problems }: Findings): void {
  const hex = basename(file.name);
  counts.blobs++;
  blobs.set(hex, file);
  if (sha256(readFileSync(file.path)) === hex) return;
  problems.push({
    code: 'blob_mismatch',
    file: file.name,
    message: 'it holds other bytes than those it is named after',
  });
}

/** What isn't there and should be; and blobs that nothing names. */
async function checkMissing({ paths, id, heads, now }: Looking, findings: Findings): Promise<void> {
  const { problems, notes, needed, mentioned, blobs } = findings;
  const isThere = (session: string): boolean => existsSync(journalPath(paths, session));
  const gone = [...heads].filter(([session, head]) => head !== undefined && !isThere(session));
  const latest = gone.length === 0 ? heads : await readHeads(paths, id);
  for (const [session] of gone) {
    const head = latest.get(session);
    if (head === undefined || isThere(session)) continue;
    const message = `the journal is not there, but the audit log names its entry ${head.seq}`;
    problems.push({
      code: 'missing',
      file: `sessions/${sessionFileName(session)}.jsonl`,
      session_id: session,
      message,
    });
  }
  for (const problem of problems) {
    if (problem.code !== 'blob_mismatch' || problem.session_id !== undefined) continue;
    const needers = needed.get(basename(problem.file));
    if (needers !== undefined) problem.message += `; ${neededBy(needers)}`;
  }
  for (const [hex, needers] of needed) {
    const file = `blobs/sha256/${hex.slice(0, 2)}/${hex}`;
    if (blobs.has(hex) || lstatSync(join(paths.folder, file), { throwIfNoEntry: false })) continue;
    const [first] = needers;
    const where = { seq: first!.seq, ...(first!.session !== undefined && { session_id: first!.session }) };
    problems.push({ code: 'blob_missing', file, ...where, message: `the blob is not there; ${neededBy(needers)}` });
  }
  const strays = [...blobs].filter(([hex, { changed_at }]) => !mentioned.has(hex) && now - changed_at > YOUNG_MS);
  if (strays.length === 0 || problems.some(({ code }) => code !== 'blob_missing' && code !== 'blob_mismatch')) return;
  const bytes = strays.reduce((sum, [, file]) => sum + file.bytes, 0);
  const message = `${strays.length} blobs (${bytes} bytes) that nothing names: \`runtime store gc\` removes them`;
  notes.push({ code: 'stray_blobs', file: 'blobs', message });
}

function neededBy(needers: readonly Need[]): string {
  const names = needers.map(({ session, file, seq }) => `entry ${seq} of ${session ?? file}`);
  return `needed by ${names.join(', ')}`;
}

function journalPath(paths: WorkspacePaths, session: string): string {
  return join(paths.sessions, `${sessionFileName(session)}.jsonl`);
}

/** Folders beside the workspace's that a restore or a migration kept, or left. */
function besideNotes({ folder }: WorkspacePaths): StoreNote[] {
  const parent = dirname(folder);
  const own = `${basename(folder)}.`;
  const names = existsSync(parent) ? readdirSync(parent).filter((name) => name.startsWith(own)) : [];
  return names.map((name) =>
    name.startsWith(`${own}${NEXT}`)
      ? {
          code: 'leftover',
          file: `../${name}`,
          message: 'left by a restore that was cut short: `runtime store gc` removes it',
        }
      : {
          code: 'kept',
          file: `../${name}`,
          message: 'the workspace as it was before; delete it when you no longer need it',
        },
  );
}
