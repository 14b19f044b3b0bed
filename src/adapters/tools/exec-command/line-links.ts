/**
 * Where links that lie in the project lead a line that no sandbox confines: commands may put them there at any time, in the place
 * of what its words name, and no word tells of them.
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { resolveReal } from '../../../base/files/resolve-real.ts';
import { isInside } from '../../../base/is-inside.ts';
import type { CommandFact } from '../../../contract/values.ts';
import { type PathFact, pathFact } from '../paths/path-facts.ts';
import type { Scene } from '../tool.ts';
import { fileNamed } from './file-named.ts';
import { folderAt, foldersOf, withinOf } from './line-words.ts';
import { isMade, moves, placed } from './made-words.ts';
import { type Line, namedPaths } from './named-places.ts';
import { createNames } from './pattern-files.ts';
import { isUnknown, nameOf } from './programs.ts';

/** Of programs of every day, with which options they go through folders, and to where links in there lead. */
const DESCEND: readonly [programs: RegExp, options: RegExp][] = [
  [/^cp$/, /^-[a-zA-Z]*[arR]|^--[ar]/],
  [/^[efz]?grep$/, /^-[a-zA-Z]*[RS]|^--der/],
  [/^rg$/, /^-[a-zA-Z]*L|^--follow/],
  [/^find$/, /^-(?:L|follow)$/],
  [/^(?:ls|du|chgrp|chmod|chown)$/, /^-[a-zA-Z]*L|^--der/],
  [/^tree$/, /^-[a-zA-Z]*l/],
  [/^diff$/, /^-[a-zA-Z]*r|^--rec/],
];

/** Where no folder is named to them, they begin where they are run. */
const BEGIN_HERE = /^(?:[efz]?grep|rg|find|ls|du|tree)$/;

/** What lies below a folder is found by another name behind them, which isn't there before. */
const RENAMES = /^(?:ln|link|mv)$/;

export interface LineLinks {
  /** Paths that lead elsewhere than they say: those that are named; below folders, what leads out of the project, or to a secret. */
  led: PathFact[];
  /** Whether all of those folders were looked through. */
  isAll: boolean;
}

export const NO_LINKS: LineLinks = { led: [], isAll: true };

export function lineLinks(line: Line, scene: Scene): LineLinks {
  const { projectRoot } = scene;
  const named = namedPaths({ ...line, makes: true }, {});
  const starts = startsOf(line, projectRoot, named.isAll);
  const below = linksBelow(starts, scene);
  const found = named.paths.map((path) => ({ path, at: resolveReal(path) }));
  const facts = found.filter(({ at }) => isLed(at, projectRoot)).flatMap(({ path }) => factOf(scene, path) ?? []);
  const distinct = new Map([...facts, ...below.led].map((fact) => [placeOf(fact.path), fact]));
  // Where a link says what is no text, nobody can look; nor into what is locked, which the line may unlock.
  const isText = facts.every(({ real }) => !real.includes('\ufffd'));
  const isLocked = found.some(
    ({ path, at }) => isInside(projectRoot, path) && 'code' in at && at.code === 'no_permission',
  );
  return { led: [...distinct.values()], isAll: below.isAll && isText && !isLocked };
}

/** `notes/a.txt, which leads to /home/me/x`. */
export function ledText({ path, real }: PathFact, projectRoot: string): string {
  const place = placeOf(path);
  return `${place.startsWith(`${projectRoot}/`) ? place.slice(projectRoot.length + 1) : place}, which leads to ${real}`;
}

/** Folders below which links count: all of the project, where nobody knows what the line names. */
function startsOf(line: Line, root: string, isAllNamed: boolean): string[] {
  const { commands, folder } = line;
  const renames = (one: CommandFact): boolean => commands.length > 1 && RENAMES.test(nameOf(one));
  const descending = commands.filter((one) => descends(one) || isUnknown(one) || renames(one));
  const folders = foldersOf(commands, [], folder);
  const begun = descending.length === 0 ? [] : folders.map((one) => namedPaths({ ...line, commands: descending, folder: one }, {})); // prettier-ignore
  if (!isAllNamed || goesAnywhere(commands, folders) || begun.some(({ isAll }) => !isAll)) return [root];
  const here = descending.some((one) => beginsHere(one, folders)) ? folders : [];
  const found = [...begun.flatMap(({ paths }) => paths), ...here].flatMap(folderAt);
  return found.flatMap((one) => withinOf(root, one));
}

/** Only the shell knows into which folder, or up from one that isn't there yet. */
function goesAnywhere(commands: readonly CommandFact[], folders: readonly string[]): boolean {
  const going = commands.filter(moves);
  const goesUp = commands.some(({ words }) => words.some((word) => word.includes('..')));
  const isThere = (word: string): boolean => word.startsWith('-') || isFolderIn(folders, word);
  return going.some(
    ({ words, dynamic }) => dynamic !== undefined || (goesUp && !words.slice(1).map(placed).every(isThere)),
  );
}

function descends(command: CommandFact): boolean {
  const { words, dynamic = [] } = command;
  const name = nameOf(command);
  const [, options] = DESCEND.find(([programs]) => programs.test(name)) ?? [];
  if (options === undefined) return false;
  // What a pattern stands for is copied to names that no word has.
  if (name === 'cp' && dynamic.length > 0) return true;
  return words.slice(1).some((word, at) => options.test(word) || (dynamic.includes(at + 1) && /[$`]/.test(word)));
}

function beginsHere(command: CommandFact, folders: readonly string[]): boolean {
  const name = nameOf(command);
  if (!BEGIN_HERE.test(name)) return false;
  const operands = command.words.slice(1).filter((word) => !word.startsWith('-'));
  // The first of these is what is looked for.
  const named = /grep|rg/.test(name) ? operands.slice(1) : operands;
  return !named.some((word) => isMade(word) || isFolderIn(folders, word));
}

function isFolderIn(folders: readonly string[], word: string): boolean {
  return folders.some((one) => folderAt(fileNamed(word, one)).length > 0);
}

function isLed(found: ReturnType<typeof resolveReal>, root: string): boolean {
  return 'real' in found && found.links.some((link) => isInside(root, link));
}

/** Also in folders of the project to which links in there lead. */
function linksBelow(starts: readonly string[], scene: Scene): LineLinks {
  const names = createNames();
  const folders = new Set(starts);
  const led: PathFact[] = [];
  let isSaid = true;
  for (const folder of folders) {
    const inside = names.in(folder);
    isSaid &&= !names.isLocked(folder);
    for (const name of inside) {
      // It is no text, and nobody can look there by it.
      isSaid &&= !name.includes('\ufffd');
      const path = join(folder, name);
      const kind = kindAt(path);
      isSaid &&= kind !== 'locked';
      if (kind === 'dir') folders.add(path);
      const fact = kind === 'link' ? factOf(scene, path) : undefined;
      if (fact?.inside_root && fact.kind === 'dir') folders.add(fact.real);
      if (fact && (!fact.inside_root || fact.secret_shaped || fact.closed)) led.push(fact);
    }
  }
  return { led, isAll: isSaid && (folders.size === 0 || names.more()) };
}

function kindAt(path: string): 'link' | 'dir' | 'locked' | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isSymbolicLink() ? 'link' : stats?.isDirectory() ? 'dir' : undefined;
  } catch {
    return 'locked';
  }
}

/** Undefined: it leads nowhere. */
function factOf(scene: Scene, path: string): PathFact | undefined {
  const fact = pathFact(scene, 'word', path);
  return 'invalid' in fact ? undefined : fact;
}

/** `..` stays: behind a link it goes up from where that leads. */
function placeOf(path: string): string {
  return `/${path.split('/').filter((name) => name !== '' && name !== '.').join('/')}`; // prettier-ignore
}
