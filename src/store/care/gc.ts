/** Removes what nothing needs: blobs that no file names, what killed processes left, caches of sessions that are gone. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RuntimeError } from '../../contract/errors.ts';
import type { StoreGc } from '../../contract/store-care.ts';
import { removeFile } from '../files.ts';
import { NEXT } from '../switch-folder.ts';
import type { WorkspacePaths } from '../workspace.ts';
import { checkStore, YOUNG_MS } from './check.ts';
import { namedDigests } from './digests-named.ts';
import { inventory, type FoundFile } from './inventory.ts';

export interface GcOptions {
  paths: WorkspacePaths;
  workspace: string;
  now: number;
  dryRun: boolean;
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

/** @throws RuntimeError store_damaged, when a file can't be read whole: it might name what seems to be of no use */
export async function collectGarbage({ paths, workspace, now, dryRun, onProgress }: GcOptions): Promise<StoreGc> {
  const checked = await checkStore({ paths, workspace, now, ...(onProgress && { onProgress }) });
  const unread = checked.problems.find(({ file }) => !file.startsWith('blobs/'));
  if (unread) {
    const message = `${unread.file} is damaged (${unread.message}): it may name blobs that seem to be of no use.`;
    throw new RuntimeError('store_damaged', message, { next: 'See what can be saved with `runtime store repair`.' });
  }
  const files = [...inventory(paths)].filter(({ plain }) => plain);
  const named = namedDigests(paths);

  const report: StoreGc = {
    schemaVersion: 'runtime.store_gc.v1',
    workspace,
    dry_run: dryRun,
    blobs: 0,
    temporaries: 0,
    snapshots: 0,
    bytes: 0,
    kept_young: 0,
  };
  const drop = ({ path, bytes }: FoundFile, what: 'blobs' | 'temporaries' | 'snapshots'): void => {
    if (!dryRun) removeFile(path);
    report[what]++;
    report.bytes += bytes;
  };
  for (const file of files) {
    if (file.kind === 'temporary') drop(file, 'temporaries');
    if (file.kind === 'snapshot' && !existsSync(join(paths.sessions, journalOf(file)))) drop(file, 'snapshots');
    if (file.kind !== 'blob' || named.has(basename(file.name))) continue;
    if (now - file.changed_at <= YOUNG_MS) report.kept_young++;
    else drop(file, 'blobs');
  }
  for (const name of unfinished(paths)) {
    if (!dryRun) rmSync(name, { recursive: true, force: true });
    report.temporaries++;
  }
  return report;
}

function journalOf({ name }: FoundFile): string {
  return `${basename(name, '.json')}.jsonl`;
}

/** Folders that a restore or a migration was making when it was cut short. */
function unfinished({ folder }: WorkspacePaths): string[] {
  const parent = dirname(folder);
  const begins = `${basename(folder)}.${NEXT}`;
  return readdirSync(parent)
    .filter((name) => name.startsWith(begins))
    .map((name) => join(parent, name));
}
