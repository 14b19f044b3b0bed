/**
 * What a patch would do, computed whole before anything is written. Sections act in their order on an overlay of the
 * files, so a file may be named twice; the plan says for each file what it is before and after all of them.
 */
import { isAbsolute } from 'node:path';
import { type Digest, digestOf } from '../../../base/digest.ts';
import { readWhole } from '../../../base/files/open-file.ts';
import { pathFact, shownPath, type PathFact } from '../paths/path-facts.ts';
import type { Scene } from '../tool.ts';
import { applyHunks } from './apply-hunks.ts';
import type { Section } from './parse-patch.ts';
import { bytesOf, type Line, linesOf } from './text-file.ts';
import type { FileDiff } from './unified-diff.ts';

const MAX_FILE_BYTES = 8 * 1024 * 1024;
/** All files of a patch, and the diff of them, are in memory at once, line by line. */
const MAX_PATCH_BYTES = 16 * 1024 * 1024;

/** A file's content at one moment; undefined where there is no file. */
export interface Content {
  bytes: Buffer;
  /** Permission bits; undefined for a new file, which gets the usual ones. */
  mode: number | undefined;
}

export interface PlannedFile {
  /** Real path, relative to the project root. */
  path: string;
  before: Digest | undefined;
  after: Digest | undefined;
  content: Content | undefined;
  /** Permission bits of a file that goes. */
  mode: number | undefined;
}

export interface Plan {
  /** Files that change, those that are written before those that are removed. */
  files: PlannedFile[];
  diffs: FileDiff[];
}

type Refused = { refused: string };

/** The paths that a section names, as facts. A path that is absolute or leads out of the project root is refused. */
export function patchPaths(sections: readonly Section[], scene: Scene): PathFact[] | Refused {
  const facts = new Map<string, PathFact>();
  for (const section of sections) {
    for (const path of pathsOf(section)) {
      if (isAbsolute(path)) return { refused: `${path}: must be relative to the project root` };
      const fact = pathFact(scene, 'patch', path);
      if ('invalid' in fact) return { refused: `${path}: ${fact.invalid[0]!.message}` };
      if (!fact.inside_root) return { refused: `${path}: lies outside the project root` };
      facts.set(path, fact);
    }
  }
  return [...facts.values()];
}

export function pathsOf(section: Section): string[] {
  return section.kind === 'update' && section.moveTo !== undefined ? [section.path, section.moveTo] : [section.path];
}

/** Computes the plan. `paths` are the facts of all paths in the sections; none of them is closed. */
export async function planPatch(
  sections: readonly Section[],
  paths: readonly PathFact[],
  scene: Scene,
): Promise<Plan | Refused> {
  const reals = new Map(paths.map(({ path, real }) => [path, real]));
  const overlay = new Map<string, { before: Content | undefined; now: Content | undefined }>();
  let bytes = 0;
  for (const { path, real, kind } of paths) {
    if (kind === 'dir' || kind === 'other') return { refused: `${path}: is no regular file` };
    const read = kind === 'missing' ? undefined : await readWhole(real, MAX_FILE_BYTES);
    if (read && 'code' in read) return { refused: `${path}: ${read.message}` };
    bytes += read?.bytes.length ?? 0;
    if (bytes > MAX_PATCH_BYTES) {
      return { refused: `its files have more than ${MAX_PATCH_BYTES} bytes together: make several patches` };
    }
    const content = read && { bytes: read.bytes, mode: read.stats.mode & 0o7777 };
    overlay.set(real, { before: content, now: content });
  }

  const diffs: FileDiff[] = [];
  for (const section of sections) {
    const file = overlay.get(reals.get(section.path)!)!;
    const target = section.kind === 'update' && section.moveTo !== undefined ? section.moveTo : section.path;
    const place = overlay.get(reals.get(target)!)!;
    const changed = changeFile(section, file.now, target);
    if ('refused' in changed) return { refused: `${section.path}: ${changed.refused}` };
    if (place !== file && place.now) return { refused: `${target}: exists already, so nothing can be moved there` };
    file.now = undefined;
    place.now = changed.content;
    diffs.push(changed.diff);
  }
  return { files: changedFiles(overlay, scene), diffs };
}

/** What a section makes of a file. */
function changeFile(
  section: Section,
  file: Content | undefined,
  target: string,
): { content: Content | undefined; diff: FileDiff } | Refused {
  if (section.kind === 'add') {
    if (file) return { refused: 'exists already; update it, or delete it first in the same patch' };
    const added = section.lines.map<Line>((text) => ({ text, end: '\n' }));
    const content = { bytes: bytesOf(added), mode: undefined };
    const changes = added.length > 0 ? [{ at: 0, removed: [], added }] : [];
    return { content, diff: { from: undefined, to: section.path, text: { lines: [], changes } } };
  }
  if (!file) return { refused: 'there is no such file' };
  const lines = linesOf(file.bytes);
  if (section.kind === 'delete') {
    const text = lines && { lines, changes: lines.length > 0 ? [{ at: 0, removed: lines, added: [] }] : [] };
    return { content: undefined, diff: { from: section.path, to: undefined, text } };
  }
  if (section.hunks.length === 0) {
    return { content: file, diff: { from: section.path, to: target, text: { lines: [], changes: [] } } };
  }
  if (!lines) return { refused: 'is no UTF-8 text, so it can only be deleted or moved' };
  const edit = applyHunks(lines, section.hunks);
  if ('refused' in edit) return edit;
  const content = { bytes: bytesOf(edit.result), mode: file.mode };
  return { content, diff: { from: section.path, to: target, text: { lines, changes: edit.changes } } };
}

function changedFiles(
  overlay: ReadonlyMap<string, { before: Content | undefined; now: Content | undefined }>,
  scene: Scene,
): PlannedFile[] {
  const files = [...overlay].map(([real, { before, now }]) => ({
    path: shownPath(scene, real),
    before: before && digestOf(before.bytes),
    after: now && digestOf(now.bytes),
    content: now,
    mode: now ? undefined : before?.mode,
  }));
  const changed = files.filter(({ before, after }) => before !== after);
  return [...changed.filter(({ after }) => after), ...changed.filter(({ after }) => !after)];
}
