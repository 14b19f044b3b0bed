/** The chained files of a workspace that lies still or is being written to, and what each must be. */
import { readFileSync } from 'node:fs';
import { sha256 } from '../../base/digest.ts';
import { isEntryType } from '../../contract/entry-types.ts';
import type { AuditHead } from '../../contract/ports.ts';
import type { ChainLine } from '../chain/line.ts';
import { scanChain, type ChainEnd, type ChainRules } from '../chain/scan.ts';
import { withFile } from '../files.ts';
import { scanJournal, sessionOf } from '../journal-file.ts';
import { knowsAudit, knowsGrant, knowsIngress, knowsSchedule, knowsTaintedFile, knowsUsage } from '../line-types.ts';
import { isFileOf } from '../session-file.ts';
import type { WorkspacePaths } from '../workspace.ts';
import { inventory, type FoundFile } from './inventory.ts';

export interface ChainedFile {
  file: FoundFile;
  rules: ChainRules;
  /** Whose journal it is. */
  session?: string;
}

export type ChainedKind = 'journal' | 'ingress' | 'audit' | 'grants' | 'tainted_files' | 'schedules' | 'usage';

const CHAINED: ReadonlySet<string> = new Set<ChainedKind>([
  'journal', 'ingress', 'audit', 'grants', 'tainted_files', 'schedules', 'usage',
]); // prettier-ignore

/** Of those that are not a session's. */
const KNOWS = {
  audit: knowsAudit,
  grants: knowsGrant,
  ingress: knowsIngress,
  tainted_files: knowsTaintedFile,
  schedules: knowsSchedule,
  usage: knowsUsage,
};

export function isChained({ kind }: FoundFile): boolean {
  return CHAINED.has(kind);
}

/** What the file must be. `head`: the newest one that the audit log has for a session. */
export async function chainedFile(
  file: FoundFile,
  workspace: string,
  head: (session: string) => AuditHead | undefined,
): Promise<ChainedFile> {
  const base = file.name.split('/').at(-1)!;
  if (file.kind !== 'journal') {
    const knows = KNOWS[file.kind as keyof typeof KNOWS];
    return { file, rules: { genesis: sha256(`${base}:${workspace}`), knows } };
  }
  const name = base.slice(0, -'.jsonl'.length);
  const session = (await sessionOf(file.path, name)) ?? sessionGuessed(file.path, name);
  if (session === undefined) return { file, rules: { knows: isEntryType } };
  return { file, session, rules: { genesis: sha256(session), knows: isEntryType, head: head(session) } };
}

/** Of a hashed name whose first line is damaged: an id that some line has, and that hashes to the name. */
function sessionGuessed(path: string, name: string): string | undefined {
  const texts = readFileSync(path, 'latin1').matchAll(/"session_id":"([^"\\]{1,128})"/g);
  for (const [, id] of texts) if (isFileOf(name, id!)) return id;
  return undefined;
}

/** Reads the file as every reader does. */
export function scanFile(
  { file, session, rules }: ChainedFile,
  visit: (line: ChainLine) => void | Promise<void> = () => {},
): Promise<ChainEnd> {
  return withFile(file.path, (fd) =>
    session === undefined ? scanChain(fd, rules, visit) : scanJournal(fd, session, rules, visit),
  );
}

/** The greatest epoch of this workspace that any whole line names; 0 when none does. */
export async function lastEpoch(paths: WorkspacePaths, workspace: string): Promise<number> {
  let epoch = 0;
  for (const file of inventory(paths)) {
    if (!isChained(file) || !file.plain) continue;
    let ofFile = 0;
    await scanFile(await chainedFile(file, workspace, () => undefined), ({ type, data }) => {
      const known = (data as { epoch?: unknown } | null)?.epoch;
      if (typeof known !== 'number') return;
      // What stands before that came from another workspace, with its own epochs.
      ofFile = type === 'session.forked' ? known : Math.max(ofFile, known);
    });
    epoch = Math.max(epoch, ofFile);
  }
  return epoch;
}
