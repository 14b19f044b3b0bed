/** The workspace's folder: where what lies, and `workspace.json`, which says whose it is and in which epoch. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RuntimeError } from '../contract/errors.ts';
import type { WorkspaceRecord } from '../contract/records.ts';
import { ensureFolder, writeWhole } from './files.ts';
import { workspaceFolderName } from './session-file.ts';
import { isFileError, storeError } from './store-error.ts';

/** Where the files of a workspace lie. */
export interface WorkspacePaths {
  folder: string;
  record: string;
  sessions: string;
  ingress: string;
  blobs: string;
  audit: string;
  grants: string;
  torn: string;
  ballast: string;
  /** For what may be deleted at any time. */
  cache: string;
}

/** @throws RuntimeError invalid_id */
export function workspacePaths(home: string, workspace: string): WorkspacePaths {
  const folder = join(home, 'workspaces', workspaceFolderName(workspace));
  const inside = (...names: string[]): string => join(folder, ...names);
  return {
    folder,
    record: inside('workspace.json'),
    sessions: inside('sessions'),
    ingress: inside('ingress'),
    blobs: inside('blobs'),
    audit: inside('audit.jsonl'),
    grants: inside('governance', 'grants.jsonl'),
    torn: inside('torn'),
    ballast: inside('ballast'),
    cache: inside('cache'),
  };
}

/**
 * What `workspace.json` says; undefined when there is no workspace yet.
 * @throws RuntimeError store_too_new | store_damaged | no_permission | store_unavailable
 */
export function readWorkspace({ record: path }: WorkspacePaths): WorkspaceRecord | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return undefined;
    throw storeError(`Reading ${path}`, error);
  }
  let record: Partial<Record<keyof WorkspaceRecord, unknown>> | null;
  try {
    record = JSON.parse(text) as typeof record;
  } catch {
    record = null;
  }
  const { v, id, epoch } = record ?? {};
  if (typeof v === 'number' && v > 1) {
    throw new RuntimeError('store_too_new', `The workspace has the format ${v}; this build knows format 1.`);
  }
  if (v !== 1 || typeof id !== 'string' || typeof epoch !== 'number' || !Number.isSafeInteger(epoch)) {
    throw new RuntimeError('store_damaged', `${path} is not what the runtime wrote.`, { next: 'Restore a backup.' });
  }
  return { v, id, epoch };
}

/** Makes the folders and the record of a new workspace, durably. To be called by the holder of its lock. */
export function createWorkspace(paths: WorkspacePaths, record: WorkspaceRecord): void {
  for (const folder of [paths.sessions, paths.ingress, paths.blobs]) ensureFolder(folder);
  writeWhole(paths.record, `${JSON.stringify(record)}\n`, { sync: true });
}
