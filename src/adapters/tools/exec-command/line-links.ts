/**
 * Where links that lie in the project, or in a home, lead a line that no sandbox confines: commands may put them there at any time, in the place
 * of what its words name, and no word tells of them.
 */
import { resolveReal } from '../../../base/files/resolve-real.ts';
import { allHomesOf } from '../../../base/homes.ts';
import { isInside } from '../../../base/is-inside.ts';
import { digestOf } from '../../../base/digest.ts';
import type { CommandFact, Facts } from '../../../contract/values.ts';
import { type PathFact, pathFact } from '../paths/path-facts.ts';
import type { Scene } from '../tool.ts';
import { fileNamed } from './file-named.ts';
import { folderAt, foldersOf, withinOf } from './line-words.ts';
import { beyondConfined, linksBelow } from './links-below.ts';
import { isMade, moves, placed } from './made-words.ts';
import { type Line, namedPaths } from './named-places.ts';
import { isUnknown, nameOf } from './programs.ts';
import { shortened } from './shortened.ts';

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

const MOST_OTHERS = 5;

type LinkRow = NonNullable<Facts['links']>[number];

export interface LineLinks {
  /** Paths that lead elsewhere than they say: those that are named; below folders, what leads out of the project, or to a secret. */
  led: PathFact[];
  /** Whether all of those folders were looked through. */
  isAll: boolean;
  /** Beside these, all other links that lead on where no confined command could go; what are more than a few, as one. Absent: nobody looked. */
  others?: LinkRow[];
  /** Folders in which nobody here could look for such. */
  unseen: string[];
}

export const NO_LINKS: LineLinks = { led: [], isAll: true, unseen: [] };

export function lineLinks(line: Line, scene: Scene): LineLinks {
  const { projectRoot } = scene;
  const roots = [projectRoot, ...scene.sandboxes.written(projectRoot)];
  const named = namedPaths({ ...line, makes: true }, {});
  const below = linksBelow(startsOf(line, projectRoot, named.isAll), scene);
  const found = named.paths.map((path) => ({ path, at: resolveReal(path) }));
  // Commands of other projects may put some there: these lie in homes, as a rule.
  const changed = [...roots, ...allHomesOf(scene.environment)];
  const facts = found.filter(({ at }) => isLed(at, changed)).flatMap(({ path }) => factOf(scene, path) ?? []);
  const distinct = new Map([...facts, ...below.led].map((fact) => [placeOf(fact.path), fact]));
  // Where a link says what is no text, nobody can look; nor into what is locked, which the line may unlock.
  const isText = facts.every(({ real }) => !real.includes('\ufffd'));
  const isLocked = found.some(
    ({ path, at }) => isInside(projectRoot, path) && 'code' in at && at.code === 'no_permission',
  );
  const isAll = below.unseen.length === 0 && isText && !isLocked;
  const all = { led: [...distinct.values()], isAll };
  // Where nothing is ever confined, no command could put any there that nobody saw.
  if (!scene.links) return { ...all, unseen: [] };
  const around = linksBelow(roots, scene);
  const rest = around.led.filter(beyondConfined(scene)).filter(({ path }) => !distinct.has(placeOf(path)));
  const others = shortened(linkRows(rest, projectRoot), MOST_OTHERS);
  return { ...all, others, unseen: around.unseen };
}

/** With a digest of where each leads. */
export function linkRows(led: readonly Pick<PathFact, 'path' | 'real'>[], root: string): LinkRow[] {
  const rows = led.map((fact) => ({ path: ledText(fact, root), digest: digestOf(fact.real) }));
  return rows.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `notes/a.txt, which leads to /home/me/x`. */
function ledText({ path, real }: Pick<PathFact, 'path' | 'real'>, projectRoot: string): string {
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

function isLed(found: ReturnType<typeof resolveReal>, folders: readonly string[]): boolean {
  return 'real' in found && found.links.some((link) => folders.some((folder) => isInside(folder, link)));
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
