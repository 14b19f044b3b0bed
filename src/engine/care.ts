/**
 * The care of a workspace's files: check, repair, backup, restore, gc. The files are the store's work; here stands what
 * the rules know of a journal, and who may do it when.
 */
import { existsSync } from 'node:fs';
import { commit, version } from '#generated/version.js';
import { systemClock, type Clock } from '../base/clock.ts';
import { sha256 } from '../base/digest.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Entry, NewEntry } from '../contract/entries.ts';
import type { StoredEntry } from '../contract/ports.ts';
import type { StoreCheck, StoreGc, StoreRepair, StoreRestored } from '../contract/store-care.ts';
import { createKernel } from '../kernel/kernel.ts';
import { dropBallast } from '../store/ballast.ts';
import { createBlobs } from '../store/blobs.ts';
import { backUp, type BackupOptions } from '../store/care/backup.ts';
import { checkStore } from '../store/care/check.ts';
import { collectGarbage } from '../store/care/gc.ts';
import type { Derive } from '../store/care/heal.ts';
import { repairStore } from '../store/care/repair.ts';
import { restore } from '../store/care/restore.ts';
import type { ChainLine } from '../store/chain/line.ts';
import { isRedacting, settleRedaction } from '../store/redaction.ts';
import { takeLock, type LockResult } from '../store/lock.ts';
import { readJournalFile, storedEntry } from '../store/journal-file.ts';
import { workspacePaths, type WorkspacePaths } from '../store/workspace.ts';
import { carriedUsage } from './budget/carried.ts';
import { carriedJobs } from './schedule/carried.ts';
import { secretsOf } from './config/secrets.ts';
import type { LoadedConfig } from './config/load.ts';
import { createResolver } from './session/fold.ts';
import { verifyJournal } from './proof/verify.ts';
import { LOCAL_ACTOR } from './principal.ts';
import { lockedError } from './wire.ts';

/** A workspace whose files are looked after, in whatever state they are: nothing of it is opened. */
export interface CarePlace {
  home: string;
  workspace: string;
  paths: WorkspacePaths;
  clock: Clock;
}

export type OnProgress = (done: number, total: number) => void | Promise<void>;

const BUILD = `${version}+${commit.slice(0, 12)}`;
/** Decisions that follow one another; a turn has some dozens. */
const MOST_DECISIONS = 10_000;

/** @throws RuntimeError invalid_id */
export function carePlace(home: string, workspace: string): CarePlace {
  return { home, workspace, paths: workspacePaths(home, workspace), clock: systemClock };
}

/** Looks at every file; nothing is changed, and no lock is taken. `deep`: derives every decision again, too. */
export function check(
  { paths, workspace, clock }: CarePlace,
  { deep, onProgress }: { deep: boolean; onProgress?: OnProgress },
): Promise<StoreCheck> {
  const blobs = blobsOf(paths);
  endRedaction({ paths, clock });
  return checkStore({
    paths,
    workspace,
    now: clock.now(),
    ...(onProgress && { onProgress }),
    ...(deep && {
      prove: (session, path) =>
        verifyJournal({ session_id: session, read: (visit) => readJournalFile(path, visit), blobs, hasHead: true }),
    }),
  });
}

/**
 * Says what would be repaired; with `apply` takes the lock and does it.
 * @throws RuntimeError locked | store_too_new | store_unavailable | disk_full | not_found (`from`)
 */
export async function repair(
  place: CarePlace,
  { apply, from, onProgress }: { apply: boolean; from?: string; onProgress?: OnProgress },
): Promise<StoreRepair> {
  if (from !== undefined && !existsSync(from)) {
    throw new RuntimeError('not_found', `There is no folder ${from}.`, { next: 'Name a backup.' });
  }
  const { paths, workspace, clock } = place;
  const blobs = blobsOf(paths);
  const work = (): Promise<StoreRepair> =>
    repairStore({
      paths,
      workspace,
      clock,
      by: LOCAL_ACTOR.id,
      apply,
      derive: () => deriveWith(blobs),
      admitted: (session, lines) => admittedOf(session, lines, blobs),
      ...(from !== undefined && { from }),
      ...(onProgress && { onProgress }),
    });
  return apply ? locked(place, work) : work();
}

/** As `backUp`. @throws RuntimeError not_found | target_unfit | store_too_new | store_unavailable | disk_full */
export function backup(
  { paths, home, workspace, clock }: CarePlace,
  {
    loaded,
    onProgress,
    ...where
  }: Pick<BackupOptions, 'target' | 'startedIn'> & { loaded?: LoadedConfig; onProgress?: OnProgress },
): ReturnType<typeof backUp> {
  const config = loaded && configOf(loaded);
  return backUp({
    paths,
    home,
    workspace,
    ...where,
    now: clock.now(),
    build: BUILD,
    ...(config && { config }),
    ...(onProgress && { onProgress }),
  });
}

/** @throws RuntimeError locked | not_found | backup_unfit | workspace_exists | store_too_new | store_unavailable | disk_full */
export function restoreBackup(
  place: CarePlace,
  { source, force, onProgress }: { source: string; force: boolean; onProgress?: OnProgress },
): Promise<StoreRestored> {
  const { paths, workspace, clock } = place;
  const work = (): Promise<StoreRestored> =>
    restore({
      paths,
      workspace,
      source,
      force,
      clock,
      by: LOCAL_ACTOR.id,
      carriedUsage,
      carriedJobs,
      ...(onProgress && { onProgress }),
    });
  return existsSync(paths.folder) ? locked(place, work) : work();
}

/** @throws RuntimeError locked | store_damaged | not_found */
export async function gc(
  place: CarePlace,
  { dryRun, onProgress }: { dryRun: boolean; onProgress?: OnProgress },
): Promise<StoreGc> {
  const { paths, workspace, clock } = place;
  if (!existsSync(paths.folder)) {
    throw new RuntimeError('not_found', `There is no workspace ${workspace} yet.`, {
      next: 'Nothing is to be removed.',
    });
  }
  const work = (): Promise<StoreGc> =>
    collectGarbage({ paths, workspace, now: clock.now(), dryRun, ...(onProgress && { onProgress }) });
  return dryRun ? work() : locked(place, work);
}

/** One that was cut short, unless somebody works on it or on the workspace: then it is theirs. */
function endRedaction(place: Pick<CarePlace, 'paths' | 'clock'>): void {
  if (!isRedacting(place.paths)) return;
  const lock = lockWithRoom(place);
  if (!lock.ok) return;
  settleRedaction(place.paths);
  lock.release();
}

/** Does the work as the one who holds the workspace. @throws RuntimeError locked */
async function locked<T>(place: CarePlace, work: () => Promise<T>): Promise<T> {
  const lock = lockWithRoom(place);
  if (!lock.ok) throw lockedError(lock.held_by);
  try {
    settleRedaction(place.paths);
    return await work();
  } finally {
    lock.release();
  }
}

/** What frees space must be able to begin on a full disk: then the ballast goes, and the next `run` makes it again. */
function lockWithRoom({ paths, clock }: Pick<CarePlace, 'paths' | 'clock'>): LockResult {
  const owner = { pid: process.pid, program: 'runtime', version, started_at: clock.now() };
  try {
    return takeLock(paths.folder, owner);
  } catch (error) {
    if (!(error instanceof RuntimeError) || error.code !== 'disk_full' || !dropBallast(paths.ballast)) throw error;
    return takeLock(paths.folder, owner);
  }
}

function blobsOf({ blobs: folder }: WorkspacePaths) {
  return createBlobs({ folder, requireLock: () => {} }).blobs;
}

function entryOf(line: ChainLine): Entry {
  return storedEntry(line).entry;
}

/** What the kernel decides behind the lines; nothing where a blob that it would have to know is missing. */
function deriveWith(blobs: ReturnType<typeof blobsOf>): Derive {
  return async (lines) => {
    const kernel = createKernel(sha256);
    const resolve = createResolver(blobs);
    const decided: NewEntry[] = [];
    try {
      let state = kernel.initial();
      for (const line of lines) state = kernel.evolve(state, entryOf(line), await resolve(entryOf(line))).state;
      while (decided.length < MOST_DECISIONS) {
        const { append } = kernel.decide(state);
        if (!append) break;
        decided.push(append);
        state = kernel.evolve(state, { v: 1, seq: state.seq + 1, at: state.at, ...append }).state;
      }
    } catch {
      // As far as it came.
    }
    return decided;
  };
}

/** Entries that the rules don't admit end a journal that is cut; one whose blob is missing doesn't: that may come back. */
async function admittedOf(
  session: string,
  lines: readonly ChainLine[],
  blobs: ReturnType<typeof blobsOf>,
): Promise<number> {
  const stored: StoredEntry[] = lines.map(storedEntry);
  const { failure } = await verifyJournal({
    session_id: session,
    hasHead: false,
    blobs,
    async read(visit) {
      for (const one of stored) await visit(one);
      return { status: 'whole', seq: stored.length, hash: stored.at(-1)?.hash ?? '', durable: 0 };
    },
  });
  if (failure === undefined || failure.code === 'blob_missing' || failure.code === 'blob_mismatch') return lines.length;
  return failure.seq - 1;
}

const LEFT_OUT = 'LEFT-OUT-OF-THE-BACKUP';

/** The text of the configuration without the secrets that stand in it. */
function configOf(loaded: LoadedConfig): { text: string; left_out: string[] } | undefined {
  const { file } = loaded;
  if (file.text === '') return undefined;
  const left_out: string[] = [];
  let { text } = file;
  for (const { name, value } of secretsOf(loaded, {})) {
    if (!text.includes(value)) continue;
    text = text.replaceAll(value, LEFT_OUT);
    left_out.push(`${name} in config.yaml`);
  }
  return { text, left_out };
}
