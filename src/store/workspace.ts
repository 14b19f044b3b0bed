/** The workspace's folder: where what lies, and `workspace.json`, which says whose it is and in which epoch. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RuntimeError } from '../contract/errors.ts';
import type { WorkspaceRecord } from '../contract/records.ts';
import { ensureFolder, writeWhole } from './files.ts';
import { workspaceFolderName } from './session-file.ts';
import { finishSwitch } from './switch-folder.ts';
import { isFileError, storeError } from './store-error.ts';

/** A person's own rules for a workspace, in its folder. What the ids of these rules begin with, too. */
export const RULES_FILE = 'policy.yaml';

/** Where the files of a workspace lie. */
export interface WorkspacePaths {
  /** Beside it a restore or a migration makes another, see `switch-folder.ts`. */
  folder: string;
  record: string;
  sessions: string;
  ingress: string;
  blobs: string;
  audit: string;
  grants: string;
  taintedFiles: string;
  schedules: string;
  rules: string;
  torn: string;
  /** Files as they were before a repair. */
  repairs: string;
  /** What a redaction has made, until it is done. */
  redaction: string;
  /** What was used of shared budgets: a file a month. */
  usage: string;
  ballast: string;
  /** For what may be deleted at any time. */
  cache: string;
}

/** @throws RuntimeError invalid_id */
export function workspacePaths(home: string, workspace: string): WorkspacePaths {
  return workspacePathsIn(join(home, 'workspaces', workspaceFolderName(workspace)));
}

/** The same for a folder that stands anywhere, as one that is being made. */
export function workspacePathsIn(folder: string): WorkspacePaths {
  const inside = (...names: string[]): string => join(folder, ...names);
  return {
    folder,
    record: inside('workspace.json'),
    sessions: inside('sessions'),
    ingress: inside('ingress'),
    blobs: inside('blobs'),
    audit: inside('audit.jsonl'),
    grants: inside('governance', 'grants.jsonl'),
    taintedFiles: inside('governance', 'tainted-files.jsonl'),
    schedules: inside('schedules.jsonl'),
    usage: inside('usage'),
    rules: inside(RULES_FILE),
    torn: inside('torn'),
    repairs: inside('repairs'),
    redaction: inside('redaction'),
    ballast: inside('ballast'),
    cache: inside('cache'),
  };
}

/**
 * What `workspace.json` says; undefined when there is no workspace yet. `format`: the newest that is understood.
 * @throws RuntimeError store_too_new | store_damaged | no_permission | store_unavailable
 */
export function readWorkspace(paths: WorkspacePaths, format = 1): WorkspaceRecord | undefined {
  const { record: path, folder } = paths;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isFileError(error, 'ENOENT'))
      return !existsSync(folder) && finishSwitch(folder) ? readWorkspace(paths, format) : undefined;
    throw storeError(`Reading ${path}`, error);
  }
  let record: Partial<Record<keyof WorkspaceRecord, unknown>> | null;
  try {
    record = JSON.parse(text) as typeof record;
  } catch {
    record = null;
  }
  const { v, id, epoch } = record ?? {};
  if (typeof v === 'number' && v > format) {
    throw new RuntimeError('store_too_new', `The workspace has the format ${v}; this build knows format ${format}.`);
  }
  if (
    typeof v !== 'number' ||
    !Number.isSafeInteger(v) ||
    v < 1 ||
    typeof id !== 'string' ||
    typeof epoch !== 'number' ||
    !Number.isSafeInteger(epoch)
  ) {
    throw new RuntimeError('store_damaged', `${path} is not what the runtime wrote.`, {
      next: 'See what `runtime store repair` would do; or restore a backup with `runtime store restore`.',
    });
  }
  return { v, id, epoch };
}

/** The id with which the chains of the workspace begin: what its record says, else what it is called. */
export function workspaceId(paths: WorkspacePaths, called: string): string {
  try {
    return readWorkspace(paths)?.id ?? called;
  } catch {
    return called;
  }
}

/** Makes the folders and the record of a new workspace, durably. To be called by the holder of its lock. */
export function createWorkspace(paths: WorkspacePaths, record: WorkspaceRecord): void {
  for (const folder of [paths.sessions, paths.ingress, paths.blobs]) ensureFolder(folder);
  writeWhole(paths.record, `${JSON.stringify(record)}\n`, { sync: true });
}
