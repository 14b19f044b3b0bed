/** What lies in a workspace's folder: each file, and what it is there. */
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SEGMENT_NAME } from '../ingress-segments.ts';
import { sessionFileKind } from '../session-file.ts';
import { isFileError } from '../store-error.ts';
import { MONTH_NAME } from '../usage.ts';
import { RULES_FILE, type WorkspacePaths } from '../workspace.ts';

/** `runtime`: what a process that owns the workspace keeps there for itself. `foreign`: nothing of ours. */
export type FileKind =
  | 'record' | 'journal' | 'ingress' | 'audit' | 'grants' | 'tainted_files' | 'schedules' | 'usage' | 'rules' | 'blob' | 'snapshot' | 'torn' | 'repairs' | 'temporary'
  | 'runtime' | 'folder' | 'foreign'; // prettier-ignore

export interface FoundFile {
  /** Within the workspace's folder. */
  name: string;
  path: string;
  kind: FileKind;
  /** Is it a file (a folder, where a folder should be), and not a link or a pipe? */
  plain: boolean;
  bytes: number;
  mode: number;
  changed_at: number;
}

const RUNTIME: ReadonlySet<string> = new Set(['workspace.lock', 'owner.json', 'ballast', 'control.sock']);
const FOLDERS =
  /^(?:sessions|ingress|governance|usage|torn|repairs|redaction|cache|cache\/snapshots|blobs|blobs\/(?:sha256|private)(?:\/[0-9a-f]{2})?)$/;
const BLOB = /^blobs\/(?:sha256|private)\/([0-9a-f]{2})\/([0-9a-f]{64})$/;
const TEMPORARY = /\.tmp$/;

/** All files and folders. Those that go while it looks are left out. */
export function* inventory({ folder }: WorkspacePaths, below = ''): Generator<FoundFile> {
  for (const base of readNames(join(folder, below))) {
    const name = below === '' ? base : `${below}/${base}`;
    const path = join(folder, name);
    // A person may keep their rules elsewhere, and link to them.
    const stat = name === RULES_FILE && existsSync(path) ? statSync(path) : lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    const isFolder = stat.isDirectory();
    const kind = kindOf(name, isFolder);
    const plain = kind === 'folder' ? isFolder : stat.isFile() || (name === 'control.sock' && stat.isSocket());
    yield { name, path, kind, plain, bytes: stat.size, mode: stat.mode & 0o777, changed_at: Math.floor(stat.mtimeMs) };
    if (isFolder && kind !== 'foreign') yield* inventory({ folder } as WorkspacePaths, name);
  }
}

function kindOf(name: string, isFolder: boolean): FileKind {
  if (FOLDERS.test(name) || (isFolder && name.startsWith('repairs/'))) return 'folder';
  if (isFolder) return isOurs(name) ? fileKind(name) : 'foreign';
  return fileKind(name);
}

/** Would a file of this name be ours? Then a folder in its place is worth more than a note. */
function isOurs(name: string): boolean {
  return fileKind(name) !== 'foreign';
}

function fileKind(name: string): FileKind {
  if (RUNTIME.has(name)) return 'runtime';
  if (name.startsWith('repairs/')) return 'repairs';
  if (TEMPORARY.test(name) || name.startsWith('redaction/')) return 'temporary';
  if (name === 'workspace.json') return 'record';
  if (name === 'audit.jsonl') return 'audit';
  if (name === 'governance/grants.jsonl') return 'grants';
  if (name === 'governance/tainted-files.jsonl') return 'tainted_files';
  if (name === 'schedules.jsonl') return 'schedules';
  if (name === RULES_FILE) return 'rules';
  const [top, base = '', more] = name.split('/');
  if (top === 'ingress' && more === undefined && SEGMENT_NAME.test(base)) return 'ingress';
  if (top === 'usage' && more === undefined && MONTH_NAME.test(base)) return 'usage';
  if (top === 'torn' && more === undefined) return 'torn';
  if (top === 'sessions' && more === undefined && base.endsWith('.jsonl') && sessionFileKind(base.slice(0, -6))) {
    return 'journal';
  }
  if (/^cache\/snapshots\/[^/]+\.json$/.test(name)) return 'snapshot';
  const [, pair, hex] = BLOB.exec(name) ?? [];
  return hex !== undefined && hex.startsWith(pair!) ? 'blob' : 'foreign';
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (isFileError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
