/**
 * Putting redacted files in the place of others, so that at any kill the old ones stand or the new ones. All that is to
 * stand is first made in the folder `redaction/`, durably, beside a plan of what to do; none of it holds what is to go.
 * Then the audit log says so, in one line: from there on it is done, else it never was. Whoever takes the lock next finds
 * the folder and the line, and ends it either way.
 */
import { closeSync, existsSync, fsyncSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { headsBeforeTear } from './audit-heads.ts';
import { namedDigests } from './care/digests-named.ts';
import { ensureFolder, openExisting, removeFile, syncFolderNow, writePieces, writeWhole } from './files.ts';
import { storeError } from './store-error.ts';
import type { WorkspacePaths } from './workspace.ts';

export interface RedactionPlan {
  /** A session that is redacted, and the hash of its last entry then: the audit log knows that once it is decided. */
  session: string;
  hash: string;
  /** Files that were made, and where they belong, both by name. */
  moves: { from: string; to: string }[];
  /** Files that go. */
  removes: string[];
  /** Blobs (hex) that go, unless something names them. */
  blobs: string[];
}

const PLAN = 'plan.json';

/** The folder for what is made, empty. */
export function beginRedaction({ redaction }: WorkspacePaths): void {
  rmSync(redaction, { recursive: true, force: true });
  ensureFolder(redaction);
}

/** Makes a file of texts, durably. `to`: where it belongs, within the workspace's folder. */
export async function stageFile(
  { redaction }: WorkspacePaths,
  moves: RedactionPlan['moves'],
  { to, texts }: { to: string; texts: AsyncIterable<string> | Iterable<string> },
): Promise<string> {
  const from = `${moves.length}`;
  const path = join(redaction, from);
  await writePieces(path, async (write) => {
    for await (const text of texts) write(text);
  });
  moves.push({ from, to });
  return path;
}

/** All is made. Nothing is done before the audit log says so, and `settleRedaction` is called. */
export function planRedaction({ redaction }: WorkspacePaths, plan: RedactionPlan): void {
  writeWhole(join(redaction, PLAN), `${JSON.stringify(plan)}\n`, { sync: true });
}

export function isRedacting({ redaction }: WorkspacePaths): boolean {
  return existsSync(redaction);
}

/** Ends a redaction, as the holder of the lock: does all of it where it is decided, else takes back what was made. */
export function settleRedaction(paths: WorkspacePaths): void {
  if (!isRedacting(paths)) return;
  try {
    const plan = readPlan(paths);
    if (plan && isDecided(paths, plan)) carryOut(paths, plan);
    rmSync(paths.redaction, { recursive: true, force: true });
    syncFolderNow(paths.folder);
  } catch (error) {
    throw storeError('Ending a redaction', error);
  }
}

/** It is written as a whole: where there is none, nothing was decided. */
function readPlan({ redaction }: WorkspacePaths): RedactionPlan | undefined {
  const path = join(redaction, PLAN);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as RedactionPlan) : undefined;
}

function isDecided({ audit }: WorkspacePaths, { session, hash }: RedactionPlan): boolean {
  const fd = openExisting(audit, 'read');
  if (fd === undefined) return false;
  try {
    if (headsBeforeTear(fd).get(session)?.hash !== hash) return false;
    fsyncSync(fd); // who wrote the line may have been killed before
    return true;
  } finally {
    closeSync(fd);
  }
}

/** Each step may have been done before. */
function carryOut(paths: WorkspacePaths, { moves, removes, blobs }: RedactionPlan): void {
  const changed = new Set<string>();
  const at = (name: string): string => {
    const path = join(paths.folder, name);
    changed.add(dirname(path));
    return path;
  };
  for (const { from, to } of moves) {
    const made = join(paths.redaction, from);
    if (existsSync(made)) renameSync(made, at(to));
  }
  for (const folder of changed) syncFolderNow(folder);
  for (const name of removes) removeFile(at(name));
  const named = namedDigests(paths);
  for (const hex of blobs) if (!named.has(hex)) removeFile(at(`blobs/sha256/${hex.slice(0, 2)}/${hex}`));
  for (const folder of changed) if (existsSync(folder)) syncFolderNow(folder);
}
