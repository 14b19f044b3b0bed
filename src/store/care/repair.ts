/**
 * Repairs the files of a workspace that nobody holds. Every file is first kept as it is, durably; a file is replaced as a
 * whole, after the audit log says so. Killed at any point, running it again carries on.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { sha256 } from '../../base/digest.ts';
import { RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import type { EntryData } from '../../contract/entries.ts';
import type { AuditRecord, IngressEvent } from '../../contract/records.ts';
import type { RepairStep, StoreCheck, StoreProblem, StoreRepair } from '../../contract/store-care.ts';
import type { HeadsSoFar } from '../audit-heads.ts';
import { createAudit } from '../audit.ts';
import type { ChainLine } from '../chain/line.ts';
import { copyDurably, ensureFolder, keepAside, removeFile, syncFolderNow, writeWhole } from '../files.ts';
import { workspaceId, type WorkspacePaths } from '../workspace.ts';
import { chainedFile, isChained, lastEpoch, scanFile } from './chained.ts';
import { checkStore, readHeads } from './check.ts';
import { killEvents } from './dead-events.ts';
import { inventory, type FileKind, type FoundFile } from './inventory.ts';
import { mendBytes } from './mend.ts';
import { planChain, type ChainPlan, type SessionRules } from './plan.ts';

export interface RepairOptions extends SessionRules {
  paths: WorkspacePaths;
  workspace: string;
  clock: Clock;
  by: string;
  /** Changes something; else only the plan is made. The caller holds the lock then. */
  apply: boolean;
  /** A backup from which blobs may be taken. */
  from?: string;
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

/** The audit log first: the others are recorded there, and ask it for their heads. */
const AUDIT = 'audit.jsonl';
const ORDER: FileKind[] = ['audit', 'grants', 'tainted_files', 'schedules', 'usage', 'ingress', 'journal'];

export async function repairStore(options: RepairOptions): Promise<StoreRepair> {
  const { paths, workspace, clock, apply, onProgress } = options;
  const found = await checkStore({ paths, workspace, now: clock.now(), ...(onProgress && { onProgress }) });
  const tooNew = found.problems.find(({ code }) => code === 'store_too_new');
  if (tooNew) throw new RuntimeError('store_too_new', tooNew.message);
  const id = workspaceId(paths, workspace);
  const work = createWork(options, id);
  const steps: RepairStep[] = [];
  try {
    for (const problem of found.problems) if (problem.file === 'workspace.json') steps.push(await work.record());
    const suspect = suspects(found);
    for (const file of chainedFiles(paths)) {
      // A healed audit log may tell more of the journals than was known.
      if (!suspect.has(file.name) && !steps.some((step) => step.file === AUDIT)) continue;
      const step = await work.chain(file);
      if (step) steps.push(step);
    }
    if (steps.some(({ file, action }) => file === AUDIT && action === 'cut')) await work.heads();
    for (const problem of found.problems) {
      const step = await work.other(problem);
      if (step) steps.push(step);
    }
  } finally {
    await work.close();
  }
  const kept = work.kept();
  return {
    schemaVersion: 'runtime.store_repair.v1',
    workspace,
    applied: apply,
    ...(kept !== undefined && { kept }),
    steps,
    dead_events: work.dead,
  };
}

function suspects({ problems, notes }: StoreCheck): Set<string> {
  const torn = notes.filter(({ code }) => code === 'crash_tail');
  return new Set([...problems, ...torn].map(({ file }) => file));
}

function chainedFiles(paths: WorkspacePaths): FoundFile[] {
  const files = [...inventory(paths)].filter((file) => file.plain && isChained(file));
  return files.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

function createWork(options: RepairOptions, id: string) {
  const { paths, clock, by, apply, from } = options;
  const keeper = createKeeper(paths, clock.now());
  const { audit, close } = createAudit({
    path: paths.audit,
    tornFolder: paths.torn,
    workspace: () => id,
    clock,
    requireLock: () => {},
  });
  const dead: StoreRepair['dead_events'] = [];
  let heads: HeadsSoFar | undefined;
  const record = (entry: AuditRecord): Promise<void> => audit.append(entry, { sync: true });

  async function applyChain(file: FoundFile, plan: ChainPlan): Promise<void> {
    const { content, rest, end, kept = [], step, fixes } = plan;
    if (content === undefined) return;
    const folder = keeper.keep(file);
    if (step.action === 'cut' && step.session_id !== undefined) await killBegun(step.session_id, kept);
    const torn = rest === undefined || rest.length === 0 ? undefined : keepAside(rest, paths.torn, tornName(file));
    if (torn !== undefined) step.torn_file = torn;
    const { session_id: session } = step;
    const cut =
      step.action === 'cut' && session !== undefined && end !== undefined
        ? {
            session,
            cut: {
              ...end,
              cut_from: content.length,
              cut_bytes: rest?.length ?? 0,
              ...(torn !== undefined && { torn_file: torn }),
            },
          }
        : {};
    const said: AuditRecord = { type: 'store.repaired', data: { file: file.name, folder, healed: fixes, by, ...cut } };
    if (file.kind !== 'audit') await record(said);
    if (content.length > 0) writeWhole(file.path, content, { sync: true });
    else {
      removeFile(file.path);
      syncFolderNow(dirname(file.path));
    }
    if (file.kind === 'audit' && step.action === 'heal') await record(said);
    if (file.kind === 'ingress' && step.action === 'rebuild') await killRemoved();
  }

  /**
   * The turns of messages that a cut journal doesn't have may have run in what is lost. Marked before the cut, so that
   * after a kill in between it isn't forgotten.
   */
  async function killBegun(session: string, kept: readonly ChainLine[]): Promise<void> {
    const there = new Set(kept.flatMap(({ type, data }) => (type === 'input.received' ? [(data as EntryData<'input.received'>).event_id] : []))); // prettier-ignore
    const why = 'the journal of its session was cut by a repair, and it may have run; send it again';
    dead.push(...(await kill(why, ({ session_id, event_id }) => session_id === session && !there.has(event_id))));
  }

  /** The mark may be lost that says of a message that its session was removed: it must not make that session anew. */
  async function killRemoved(): Promise<void> {
    const known = await readHeads(paths, id);
    await kill(
      'its session was removed',
      ({ session_id }) => known.has(session_id) && known.get(session_id) === undefined,
    );
  }

  /** Nothing where a segment is still damaged: no message runs before it is repaired, too. */
  async function kill(why: string, mustNotRun: (event: IngressEvent) => boolean): Promise<StoreRepair['dead_events']> {
    try {
      return await killEvents(paths, id, { why, now: clock.now() }, mustNotRun);
    } catch (error) {
      if (toRuntimeError(error).code === 'store_damaged') return [];
      throw error;
    }
  }

  /** Puts a blob's bytes back where they can be had: from itself, or from a copy. */
  function blobStep(problem: StoreProblem): RepairStep {
    const { file: name, message } = problem;
    const path = join(paths.folder, name);
    const hex = basename(name);
    const isRight = (hash: string): boolean => hash === hex;
    const there = existsSync(path) ? readFileSync(path) : undefined;
    const mended = there && mendBytes(there, isRight);
    const copy = mended ? undefined : copiesOf(name).find((one) => isRight(sha256(readFileSync(one))));
    const bytes = mended ?? (copy === undefined ? undefined : readFileSync(copy));
    if (bytes === undefined && there === undefined)
      return { ...problem, action: 'leave', message: `${message}: no copy is known` };
    if (apply) {
      if (there !== undefined) keeper.keep({ path, name });
      ensureFolder(dirname(path));
      if (bytes !== undefined) writeWhole(path, bytes, { sync: true });
      else removeFile(path);
    }
    if (bytes === undefined)
      return {
        file: name,
        action: 'move',
        message: `taken out of the way, so that it can be written anew; ${message}`,
      };
    const source = mended ? 'made as it was, proved by its name' : `put back from ${copy}`;
    return { file: name, action: mended ? 'heal' : 'blob', message: source, ...(mended && { healed: 'bytes: 1' }) };
  }

  function copiesOf(name: string): string[] {
    const hex = basename(name);
    const places = ['sha256', 'private'].map((kind) => join('blobs', kind, hex.slice(0, 2), hex));
    const repairs = existsSync(paths.repairs) ? readdirSync(paths.repairs).map((one) => join(paths.repairs, one)) : [];
    const folders = [paths.folder, ...repairs, ...(from === undefined ? [] : [join(from, 'workspace')])];
    return folders
      .flatMap((folder) => places.flatMap((place) => [join(folder, place), join(folder, `${place}.tmp`)]))
      .filter((path) => path !== join(paths.folder, name) && existsSync(path));
  }

  return {
    kept: keeper.folder,
    dead,
    close,

    /** `workspace.json` anew, in an epoch behind every one that is known: what was open is void then. */
    async record(): Promise<RepairStep> {
      const epoch = (await lastEpoch(paths, id)) + 1;
      const text = JSON.stringify({ v: 1, id, epoch });
      if (apply) {
        if (existsSync(paths.record)) keeper.keep({ path: paths.record, name: 'workspace.json' });
        writeWhole(paths.record, `${text}\n`, { sync: true });
      }
      return {
        file: 'workspace.json',
        action: 'rebuild',
        message: `written anew, in epoch ${epoch}: open approvals are void`,
      };
    },

    async chain(file: FoundFile): Promise<RepairStep | undefined> {
      if (file.kind === 'journal') heads ??= await readHeads(paths, id);
      const plan = await planChain(await chainedFile(file, id, (session) => heads?.get(session)), options, clock.now());
      if (plan && apply) await applyChain(file, plan);
      return plan?.step;
    },

    /** Heads that went with the end of the audit log: of each journal the end of its last turn. */
    async heads(): Promise<void> {
      if (!apply) return;
      for (const file of inventory(paths)) {
        if (file.kind !== 'journal' || !file.plain) continue;
        const journal = await chainedFile(file, id, () => undefined);
        let last: { seq: number; hash: string } | undefined;
        const end = await scanFile(journal, ({ type, seq, hash }) => {
          if (type === 'turn.ended') last = { seq, hash };
        });
        const known = journal.session === undefined ? undefined : await audit.head(journal.session);
        if (end.failure === undefined && last && last.seq > (known?.seq ?? 0)) {
          await audit.append({ type: 'head', data: { session: journal.session!, ...last } });
        }
      }
      await record({ type: 'store.repaired', data: { file: AUDIT, folder: keeper.folder() ?? '', healed: 0, by } });
    },

    /** What is damaged and no chained file. */
    async other(problem: StoreProblem): Promise<RepairStep | undefined> {
      const { code, file, session_id: session } = problem;
      if (code === 'not_plain' || code === 'unreadable') return { ...problem, action: 'leave' };
      if (file.startsWith('blobs/')) return blobStep(problem);
      if (code !== 'missing' || session === undefined) return undefined;
      const cut = { seq: 0, hash: '', cut_from: 0, cut_bytes: 0 };
      if (apply) {
        await killBegun(session, []);
        await record({ type: 'store.repaired', data: { file, folder: '', healed: 0, by, session, cut } });
      }
      return { file, session_id: session, action: 'cut', message: 'the journal is gone; it is recorded as lost' };
    },
  };
}

function tornName({ kind, name }: FoundFile): string {
  return kind === 'ingress' ? `ingress-${basename(name)}` : basename(name);
}

/** Keeps files as they are in `repairs/<time>/`, which is made for the first of them. */
function createKeeper({ repairs }: WorkspacePaths, now: number) {
  const time = new Date(now).toISOString().replaceAll(':', '-').slice(0, 19);
  let folder: string | undefined;
  const begin = (): string => {
    ensureFolder(repairs);
    for (let n = 1; ; n++) {
      const name = n === 1 ? time : `${time}-${n}`;
      if (existsSync(join(repairs, name))) continue;
      mkdirSync(join(repairs, name), 0o700);
      syncFolderNow(repairs);
      return name;
    }
  };
  return {
    folder: (): string | undefined => folder && `repairs/${folder}`,
    /** Gives the folder, as the audit log calls it. */
    keep({ path, name }: Pick<FoundFile, 'path' | 'name'>): string {
      folder ??= begin();
      const to = join(repairs, folder, name);
      ensureFolder(dirname(to));
      copyDurably(path, to);
      syncFolderNow(dirname(to));
      return `repairs/${folder}`;
    },
  };
}
