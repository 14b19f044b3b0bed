/**
 * A backup of a workspace, also of one that is being written to. Audit log, accepted messages, grants, tainted files and schedules are
 * copied before the journals, and these before the blobs: so what a copied line needs was there before it. `backup.json` comes last.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { repositoryAround } from '../../base/files/repository-around.ts';
import { linkOutOfProject } from '../../base/files/link-out-of-project.ts';
import { realOf, resolveReal } from '../../base/files/resolve-real.ts';
import { isInside } from '../../base/is-inside.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { BackupRecord } from '../../contract/store-care.ts';
import { copyDurably, ensureFolder, syncFolderNow, writeWhole } from '../files.ts';
import { isFileError, storeError } from '../store-error.ts';
import { readWorkspace, workspaceId, workspacePathsIn, type WorkspacePaths } from '../workspace.ts';
import { chainedFile, isChained, scanFile } from './chained.ts';
import { readHeads } from './check.ts';
import { NOT_COPIED } from './copy.ts';
import { inventory, type FileKind, type FoundFile } from './inventory.ts';

export interface BackupOptions {
  paths: WorkspacePaths;
  home: string;
  workspace: string;
  target: string;
  /** The real folder in which the person is. */
  startedIn: string;
  now: number;
  build: string;
  /** The configuration as it may be kept, and what of it was left out. */
  config?: { text: string; left_out: string[] };
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

const RECORD = 'backup.json';
const ORDER: FileKind[] = [
  'record',
  'audit',
  'ingress',
  'grants',
  'tainted_files',
  'schedules',
  'usage',
  'rules',
  'journal',
  'torn',
  'repairs',
  'blob',
];
const NEVER = ['auth/, tokens and control sockets', 'history.jsonl (what was typed in the terminal)', 'caches'];

/** Gives where it really lies, and its record. @throws RuntimeError not_found (no workspace) | target_unfit | store_too_new | store_unavailable | disk_full */
export async function backUp(options: BackupOptions): Promise<{ folder: string; record: BackupRecord }> {
  const { paths, workspace, now, build, config, onProgress } = options;
  if (!existsSync(paths.folder)) {
    throw new RuntimeError('not_found', `There is no workspace ${workspace} yet.`, { next: 'Nothing needs a backup.' });
  }
  const target = fitTarget(options);
  const record = readWorkspace(paths);
  const id = workspaceId(paths, workspace);
  const files: BackupRecord['files'] = [];
  const damaged: string[] = [];
  const folders = new Set<string>();
  const write = (path: string, make: (to: string) => { bytes: number; sha256: string }): void => {
    const to = join(target, path);
    ensureFolder(dirname(to));
    folders.add(dirname(to));
    files.push({ path, ...make(to) });
  };
  try {
    ensureFolder(target);
    let done = 0;
    for (const kind of ORDER) {
      const found = [...inventory(paths)].filter(
        (file) => file.kind === kind && file.plain && !NOT_COPIED.has(file.kind),
      );
      // Of the copy: these are older than the journals.
      const heads = kind === 'journal' ? await readHeads(workspacePathsIn(join(target, 'workspace')), id) : undefined;
      for (const [index, file] of found.entries()) {
        await onProgress?.(done + index, done + found.length);
        const bytes = await wholeBytes(file, id, heads, damaged);
        if (bytes === undefined) continue;
        try {
          write(`workspace/${file.name}`, (to) =>
            copyDurably(kind === 'rules' ? realpathSync(file.path) : file.path, to, bytes),
          );
        } catch (error) {
          if (existsSync(file.path)) throw error; // else it was removed meanwhile: an expired segment, a session
        }
        if (kind === 'blob' && files.at(-1)!.sha256 !== basename(file.name)) damaged.push(file.name);
      }
      done += found.length;
    }
    if (config) {
      write('config.yaml', (to) => {
        writeWhole(to, config.text, { sync: true });
        return { bytes: Buffer.byteLength(config.text), sha256: sha256(config.text) };
      });
    }
    for (const folder of folders) syncFolderNow(folder);
    const made: BackupRecord = {
      v: 1,
      at: now,
      build,
      workspace: id,
      epoch: record?.epoch ?? 0,
      format: record?.v ?? 1,
      files,
      damaged,
      left_out: [...NEVER, ...(config?.left_out ?? [])],
    };
    writeWhole(join(target, RECORD), `${JSON.stringify(made, null, 1)}\n`, { sync: true });
    syncFolderNow(dirname(target));
    return { folder: target, record: made };
  } catch (error) {
    throw storeError(`Writing the backup ${target}`, error);
  }
}

/** How much of a file is copied: of a chained one its whole lines. Undefined: it is gone. Damaged ones are copied as they are. */
async function wholeBytes(
  file: FoundFile,
  id: string,
  heads: Awaited<ReturnType<typeof readHeads>> | undefined,
  damaged: string[],
): Promise<number | undefined> {
  if (!isChained(file)) return Infinity;
  try {
    const chained = await chainedFile(file, id, (session) => heads?.get(session));
    const end = await scanFile(chained);
    if (end.status === 'absent' && !existsSync(file.path)) return undefined;
    if (end.failure === undefined) return end.bytes;
  } catch (error) {
    if (!existsSync(file.path)) return undefined;
    throw error;
  }
  damaged.push(file.name);
  return Infinity;
}

/**
 * The real path of an empty or new folder outside of the home. A link in the project may be the agent's, whose commands nothing
 * else would keep from having it written anywhere. @throws RuntimeError target_unfit
 */
function fitTarget({ target: given, home, startedIn }: BackupOptions): string {
  const found = resolveReal(resolve(startedIn, given));
  if ('code' in found) throw new RuntimeError('target_unfit', found.message);
  const { real } = found;
  const link = linkOutOfProject(found, [repositoryAround(startedIn) ?? startedIn]);
  if (link !== undefined) {
    throw new RuntimeError(
      'target_unfit',
      `${given} leads out of a project, by the link ${link}, which a command may have made.`,
      { next: `Name ${real} if that is what you mean.` },
    );
  }
  if (isInside(realOf(home), real)) {
    throw new RuntimeError('target_unfit', `${given} lies in the home of the runtime: it would go with it.`, {
      next: 'Name a folder elsewhere, best on another disk.',
    });
  }
  let names: string[] = [];
  try {
    names = readdirSync(real);
  } catch (error) {
    if (isFileError(error, 'ENOTDIR')) throw new RuntimeError('target_unfit', `${given} is not a folder.`);
    if (!isFileError(error, 'ENOENT')) throw storeError(`Reading ${given}`, error);
  }
  if (names.length === 0) return real;
  const what = names.includes(RECORD) ? 'holds a backup already' : 'is not empty';
  throw new RuntimeError('target_unfit', `${given} ${what}.`);
}

/**
 * Reads a backup's record, and checks every file against it.
 * @throws RuntimeError not_found | backup_unfit | store_too_new
 */
export async function readBackup(
  source: string,
  onProgress?: (done: number, total: number) => void | Promise<void>,
): Promise<BackupRecord> {
  if (!existsSync(source))
    throw new RuntimeError('not_found', `There is no folder ${source}.`, { next: 'Check the path.' });
  const record = parseRecord(source);
  for (const [index, { path, bytes, sha256: expected }] of record.files.entries()) {
    await onProgress?.(index, record.files.length);
    if (!/^(?:workspace\/|config\.yaml$)/.test(path) || path.split('/').includes('..')) {
      throw new RuntimeError(
        'backup_unfit',
        `${source}: its record names ${JSON.stringify(path)}, which no backup holds.`,
      );
    }
    const found = fileOf(join(source, path));
    if (found === undefined) throw new RuntimeError('backup_unfit', `${source}: ${path} is not there.`);
    if (found.length !== bytes || sha256(found) !== expected) {
      throw new RuntimeError('backup_unfit', `${source}: ${path} is not what was backed up.`);
    }
  }
  return record;
}

function parseRecord(source: string): BackupRecord {
  const text = fileOf(join(source, RECORD));
  if (text === undefined) {
    const message = `${source} has no ${RECORD}: it is no backup, or one that was cut short.`;
    throw new RuntimeError('backup_unfit', message, {
      next: 'Name the folder that `runtime store backup` made, or take another backup.',
    });
  }
  let record: Partial<BackupRecord> | null;
  try {
    record = JSON.parse(text.toString('utf8')) as typeof record;
  } catch {
    record = null;
  }
  if (typeof record?.v === 'number' && record.v > 1) {
    throw new RuntimeError('store_too_new', `The backup has the format ${record.v}; this build knows format 1.`);
  }
  const fits =
    record?.v === 1 &&
    typeof record.at === 'number' &&
    typeof record.workspace === 'string' &&
    Number.isSafeInteger(record.epoch) &&
    record.epoch! < Number.MAX_SAFE_INTEGER && // the next one begins with the restore
    Array.isArray(record.files) &&
    record.files.every((file: { path?: unknown } | null) => typeof file?.path === 'string');
  if (!fits) throw new RuntimeError('backup_unfit', `${join(source, RECORD)} is not what a backup writes.`);
  return record as BackupRecord;
}

function fileOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isFileError(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined;
    throw storeError(`Reading ${path}`, error);
  }
}
