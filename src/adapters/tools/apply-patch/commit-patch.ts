/**
 * Changes the files of a patch, all or none, through any kill:
 *
 *   stage    every new content is written beside its target, durable; nothing has changed yet
 *   preserve the bytes that will go are kept
 *   commit   each target is replaced by a rename, or removed; then the folders are synced
 *
 * A failure before or while committing puts back what was changed. A kill while committing leaves each file as it was
 * before or as it is after, with the staged files of those not yet done: the next attempt finishes from these alone.
 */
import { closeSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Digest, digestOf } from '../../../base/digest.ts';
import type { ToolContext } from '../../../contract/ports.ts';
import type { FileChange } from '../../../contract/values.ts';
import { readWhole } from '../../../base/files/open-file.ts';
import { fromRoot, pathPlace } from '../paths/path-facts.ts';
import { type Failure, failureOf } from '../../../base/failure.ts';
import type { Scene } from '../tool.ts';
import type { Content } from './plan-patch.ts';
import {
  type Folder, makeFolders, openChecked, putInPlace, quietly, removeFolders, removeFrom, removeStale, stagedName, synced,
  writeStaged,
} from './staged-files.ts'; // prettier-ignore

const MAX_FILE_BYTES = 16 * 1024 * 1024;

export type Committed =
  | { state: 'done' }
  /** Nothing is changed. */
  | { state: 'canceled' }
  | { state: 'failed'; failure: Failure }
  /** Some files are changed, others not. */
  | { state: 'unknown'; failure: Failure };

export interface Commit {
  scene: Scene;
  files: readonly FileChange[];
  /** The new contents by path; undefined: they were staged by an earlier attempt. */
  contents: ReadonlyMap<string, Content> | undefined;
  /** Names the call, the same in every attempt. */
  key: string;
  context: Pick<ToolContext, 'signal' | 'onOutput' | 'preserve'>;
}

/** A target, and what is known of it. */
interface Target {
  change: FileChange;
  folder: Folder;
  name: string;
  staged: string;
  before: Content | undefined;
}

/** What a file holds now, or undefined where there is none. */
export async function currentContent(scene: Scene, path: string): Promise<Content | undefined | Failure> {
  const fact = pathPlace(scene, 'patch', path);
  if ('invalid' in fact) return { code: 'changed', message: `${path}: ${fact.invalid[0]!.message}` };
  if (fact.real !== fromRoot(scene, path) || !fact.inside_root || fact.closed) {
    return { code: 'changed', message: `${path} is not where it was: it leads to ${fact.real} now` };
  }
  if (fact.kind === 'missing') return undefined;
  const read = await readWhole(fact.real, MAX_FILE_BYTES);
  return 'code' in read ? read : { bytes: read.bytes, mode: read.stats.mode & 0o7777 };
}

export function digestOfContent(content: Content | undefined): Digest | undefined {
  return content && digestOf(content.bytes);
}

export async function commitPatch(commit: Commit): Promise<Committed> {
  const made: string[] = [];
  const folders = new Map<string, Folder>();
  const targets: Target[] = [];
  const changed: Target[] = [];
  const rollsForward = commit.contents === undefined;
  let finished = false;
  try {
    for (const change of commit.files) {
      const target = await openTarget(commit, change, folders, made);
      if (target) targets.push(target);
    }
    for (const target of targets) await stage(commit, target);
    for (const folder of folders.values()) await synced(folder.fd);
    const going = targets.flatMap(({ before }) => (before ? [before.bytes] : []));
    await Promise.all(going.map((bytes) => commit.context.preserve(bytes)));
    if (commit.context.signal.aborted && !rollsForward) return { state: 'canceled' };
    for (const target of targets) {
      await check(commit, target);
      replace(target);
      changed.push(target);
    }
    for (const folder of folders.values()) await synced(folder.fd);
    finished = true;
    return { state: 'done' };
  } catch (error) {
    const failure = failureOf(error);
    if (rollsForward) return { state: 'unknown', failure };
    const stuck = await putBack(changed);
    if (stuck.length === 0) return { state: 'failed', failure };
    return {
      state: 'unknown',
      failure: { ...failure, message: `${failure.message}; left changed: ${stuck.join(', ')}` },
    };
  } finally {
    // After a failed roll forward the staged files stay: they are the only copy of the new contents.
    if (finished || !rollsForward) {
      for (const { folder, staged } of targets) quietly(() => removeFrom(folder, staged));
    }
    for (const folder of folders.values()) {
      removeStale(folder, commit.scene.clock);
      closeSync(folder.fd);
    }
    if (!finished) removeFolders(made);
  }
}

/** Undefined for a file that an earlier attempt has finished; its folder is synced with the others. */
async function openTarget(
  { scene, key }: Commit,
  change: FileChange,
  folders: Map<string, Folder>,
  made: string[],
): Promise<Target | undefined> {
  const before = await currentContent(scene, change.path);
  if (before && 'code' in before) throw asError(before);
  const real = fromRoot(scene, change.path);
  const place = dirname(real);
  if (digestOfContent(before) === change.after) {
    if (!folders.has(place)) quietly(() => folders.set(place, openChecked(place)));
    return undefined;
  }
  if (!folders.has(place)) {
    made.push(...makeFolders(place));
    folders.set(place, openChecked(place));
  }
  return { change, folder: folders.get(place)!, name: basename(real), staged: stagedName(key, change.path), before };
}

async function stage({ contents }: Commit, { change, folder, staged, name, before }: Target): Promise<void> {
  const content = contents?.get(change.path);
  if (content) await writeStaged(folder, staged, content.bytes, content.mode ?? before?.mode, name);
}

/** Looks once more, right before the change. @throws Error when the file is not as before, or nothing is staged for it. */
async function check({ scene, contents }: Commit, { change, folder, staged }: Target): Promise<void> {
  const now = await currentContent(scene, change.path);
  if (now && 'code' in now) throw asError(now);
  if (digestOfContent(now) !== change.before) {
    throw asError({ code: 'changed', message: `${change.path} was changed by someone else meanwhile` });
  }
  if (change.after !== undefined && contents === undefined) {
    const waiting = await readWhole(`${folder.real}/${staged}`, MAX_FILE_BYTES);
    if ('code' in waiting || digestOf(waiting.bytes) !== change.after) {
      throw asError({ code: 'not_found', message: `what was to be written to ${change.path} is gone` });
    }
  }
}

function replace({ change, folder, name, staged }: Target): void {
  if (change.after === undefined) removeFrom(folder, name);
  else putInPlace(folder, staged, name);
}

/** Undoes changes, the last first; gives the paths where that failed. */
async function putBack(changed: readonly Target[]): Promise<string[]> {
  const stuck: string[] = [];
  for (const { change, folder, name, staged, before } of changed.toReversed()) {
    try {
      if (before) {
        await writeStaged(folder, staged, before.bytes, before.mode, name);
        putInPlace(folder, staged, name);
      } else {
        removeFrom(folder, name);
      }
      await synced(folder.fd);
    } catch {
      stuck.push(change.path);
    }
  }
  return stuck;
}

function asError({ code, message }: Failure): Error {
  return Object.assign(new Error(message), { code });
}
