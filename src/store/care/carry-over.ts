/**
 * What a restore takes over from the workspace that it replaces: what was written, taken back and used there since the
 * backup was made has happened, and the rules in force are those of now.
 */
import { existsSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { localDay } from '../../base/local-date.ts';
import type { TaintedFileRecord, UsageRecord } from '../../contract/records.ts';
import type { ScheduleRecord } from '../../contract/schedule.ts';
import type { StoreRestored } from '../../contract/store-care.ts';
import type { TaintedPath } from '../../contract/tainted-files.ts';
import { syncFolderNow } from '../files.ts';
import { createGrants } from '../grants.ts';
import type { ShortFileOptions } from '../short-file.ts';
import { createScheduleLog } from '../schedules.ts';
import { allTainted, createTaintedFiles } from '../tainted-files.ts';
import { createUsageLog } from '../usage.ts';
import { RULES_FILE, type WorkspacePaths } from '../workspace.ts';
import { copyRules } from './copy.ts';

export interface CarryOptions {
  workspace: string;
  /** The backup's folder. */
  source: string;
  clock: Clock;
  /**
   * The record by which a month that is restored forgets nothing that was used; `there`: what the one that is replaced says.
   * Undefined: it takes none.
   */
  carriedUsage: (there: readonly UsageRecord[], here: readonly UsageRecord[]) => UsageRecord | undefined;
  /** The records by which jobs fire no more that didn't there, and their names. `there`: undefined where nobody can read it. */
  carriedJobs: (
    there: readonly ScheduleRecord[] | undefined,
    here: readonly ScheduleRecord[],
  ) => { records: ScheduleRecord[]; paused: string[] };
}

export async function carryOver(
  from: WorkspacePaths,
  to: WorkspacePaths,
  options: CarryOptions,
): Promise<Pick<StoreRestored, 'still_revoked' | 'paused_jobs' | 'rules_left'>> {
  await carryTaint(from, to, options);
  await carryUsage(from, to, options);
  const still_revoked = await carryRevocations(from, to, options);
  const paused_jobs = await carryJobs(from, to, options);
  const rules_left = keepRules(from, to, options);
  return { still_revoked, paused_jobs, ...(rules_left !== undefined && { rules_left }) };
}

function fileIn(path: string, { torn }: WorkspacePaths, { workspace, clock }: CarryOptions): ShortFileOptions {
  return { path, tornFolder: torn, workspace: () => workspace, clock, requireLock: () => {} };
}

/** Files are as they are now, not as they were when the backup was made: what is tainted of them stays so. */
async function carryTaint(from: WorkspacePaths, to: WorkspacePaths, options: CarryOptions): Promise<void> {
  if (!existsSync(from.taintedFiles)) return;
  const [there, here] = [from, to].map((paths) => createTaintedFiles(fileIn(paths.taintedFiles, paths, options)));
  const records = await there!.taintedFiles.list().then(
    (tainted) => tainted.map(taintedAsWell),
    () => [allTainted('restore')],
  );
  try {
    if (records.length > 0) await here!.taintedFiles.append(records);
  } finally {
    await here!.close();
  }
}

/** What was trusted of a folder is not: nobody has looked at what the backup brings back. */
function taintedAsWell({ path, sources }: TaintedPath, index: number): TaintedFileRecord {
  const data = { id: `restore-${index}`, call: 'restore', root: path, paths: [path], sources: [...sources] };
  return { type: 'write.begun', data };
}

/** Where nobody can read what was taken back, all may have been. A file of the backup that is damaged grants nothing. */
async function carryRevocations(from: WorkspacePaths, to: WorkspacePaths, options: CarryOptions): Promise<string[]> {
  const [there, here] = [from, to].map((paths) => createGrants(fileIn(paths.grants, paths, options)));
  const revoked = await there!.revoked().catch(() => undefined);
  const standing = await here!.grants.list().catch(() => []);
  const ids = standing.map(({ grant_id }) => grant_id).filter((id) => revoked === undefined || revoked.has(id));
  try {
    for (const grant_id of ids) {
      await here!.grants.append({ type: 'grant.revoked', data: { grant_id, by: revoked?.get(grant_id) ?? 'restore' } });
    }
  } finally {
    await here!.close();
  }
  return ids;
}

/** Of a file of the backup that is damaged nothing fires: it is to be mended first. */
async function carryJobs(from: WorkspacePaths, to: WorkspacePaths, options: CarryOptions): Promise<string[]> {
  const [there, here] = [from, to].map((paths) => createScheduleLog(fileIn(paths.schedules, paths, options)));
  const jobs = await jobsIn(here!).catch(() => []);
  const { records, paused } = options.carriedJobs(await jobsIn(there!).catch(() => undefined), jobs);
  try {
    if (records.length > 0) await here!.schedules.append(records, { sync: true });
  } finally {
    await here!.close();
  }
  return paused;
}

async function jobsIn({ schedules }: ReturnType<typeof createScheduleLog>): Promise<ScheduleRecord[]> {
  const records: ScheduleRecord[] = [];
  await schedules.read((record) => void records.push(record));
  return records;
}

/** Of this month: what was used before counts no more. Of a file that is damaged what can be read counts. */
async function carryUsage(from: WorkspacePaths, to: WorkspacePaths, options: CarryOptions): Promise<void> {
  const { workspace, clock, carriedUsage } = options;
  const name = localDay(clock.now()).slice(0, 7);
  const [there, here] = [from, to].map(({ usage: folder, torn: tornFolder }) =>
    createUsageLog({ folder, tornFolder, workspace: () => workspace, clock, requireLock: () => {} }),
  );
  const used = await readUsage(there!, name);
  const record = carriedUsage(used, await readUsage(here!, name));
  if (!record) return;
  try {
    const month = await here!.usage.open(name, () => {});
    month.append([record]);
    await month.sync();
  } finally {
    await here!.closeAll();
  }
}

async function readUsage({ usage }: ReturnType<typeof createUsageLog>, month: string): Promise<UsageRecord[]> {
  const records: UsageRecord[] = [];
  await usage.read(month, (record) => void records.push(record)).catch(() => {});
  return records;
}

/** Gives the place of those of the backup, where they are others. */
function keepRules(from: WorkspacePaths, to: WorkspacePaths, { source }: CarryOptions): string | undefined {
  const [own, backedUp] = [from, to].map(({ rules }) => (existsSync(rules) ? readFileSync(rules) : undefined));
  rmSync(to.rules, { force: true });
  if (lstatSync(from.rules, { throwIfNoEntry: false })) copyRules(from.rules, to.rules);
  syncFolderNow(to.folder);
  return backedUp && !own?.equals(backedUp) ? join(source, 'workspace', RULES_FILE) : undefined;
}
