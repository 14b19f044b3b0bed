/** Sources of taint by way of files: where it came from first, and by which file. */
import { relative } from 'node:path';
import { isInside } from '../../base/is-inside.ts';
import type { TaintedPath } from '../../contract/tainted-files.ts';

const FILE_SOURCE = 'file:';
/** More are told as the folder that was looked at. */
const MOST_FILES = 5;
/** What comes on top is told as others. */
const MOST_SOURCES = 50;
const LONGEST_SOURCE = 512;
const OTHERS = 'others';

/** Of those who look at these paths and all below them: first where it came from, then the files. */
export function ofFiles(tainted: readonly TaintedPath[], paths: readonly string[], root: string): string[] {
  const sources = new Set<string>();
  const files = new Set<string>();
  for (const path of paths) {
    const found = tainted.filter((one) => isTaintedBy(path, one));
    for (const one of found) for (const source of one.sources) sources.add(source);
    const named = new Set(found.map((one) => (isInside(one.path, path) ? path : one.path)));
    for (const file of named.size > MOST_FILES ? [path] : named) files.add(file);
  }
  return [...originalSources([...sources]), ...[...files].map((file) => FILE_SOURCE + shown(file, root))];
}

function isTaintedBy(path: string, { path: by, but }: TaintedPath): boolean {
  if (isInside(path, by)) return true;
  return isInside(by, path) && !but.some((trusted) => isInside(trusted, path));
}

function shown(path: string, root: string): string {
  return isInside(root, path) ? relative(root, path) || '.' : path;
}

/** As they are recorded with a write: without the files that it came by, where it is known from where. */
export function originalSources(sources: readonly string[]): string[] {
  const original = sources.filter((source) => !source.startsWith(FILE_SOURCE));
  const kept = [...new Set(original.length > 0 ? original : sources)].map((one) => one.slice(0, LONGEST_SOURCE));
  return kept.length > MOST_SOURCES ? [...kept.slice(0, MOST_SOURCES), OTHERS] : kept;
}

/** Whether nothing new is among them. */
export function tellsAll(known: readonly string[], sources: readonly string[]): boolean {
  return sources.every((source) => known.includes(source));
}

/** Those that say more than is known: a file whose sources are known adds nothing. */
export function freshSources(found: readonly string[], known: readonly string[]): readonly string[] {
  return tellsAll(known, originalSources(found)) ? [] : found;
}

/** Tainted files of a project, as people are told of them. */
export function shownFiles(tainted: readonly TaintedPath[], root: string): string[] {
  const met = tainted.filter((one) => isTaintedBy(root, one));
  const sourcesOf = Map.groupBy(met, ({ path }) => (isInside(path, root) ? '.' : shown(path, root)));
  return [...sourcesOf].map(([path, ones]) => {
    const sources = new Set(ones.flatMap(({ sources }) => sources));
    return `${path === '.' ? 'all of the project' : path} (${[...sources].join(', ')})`;
  });
}
