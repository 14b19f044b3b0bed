/** What the words of a command line may name, and in which folders. */
import { homedir } from 'node:os';
import type { CommandFact } from '../../../contract/values.ts';
import { resolveReal } from '../../../base/files/resolve-real.ts';
import { isInside } from '../../../base/is-inside.ts';
import { fileNamed, LONGEST_PATH, partsOf, pathsIn, readsIn } from './file-named.ts';
import { assignedBy, moves, placed } from './made-words.ts';

/** In so many folders, and for so many names in all, files are looked for. */
export const MOST_FOLDERS = 30;
export const MOST_LOOKED_FOR = 6000;
/** Characters of all names together, in all folders: each folder in them is looked at. */
export const MOST_TEXT = 200_000;

/** What an option runs, and code of any language, has words of its own. */
const HAVE_CODE = new Set<CommandFact['unclear']>(['option_runs_code', 'code', 'code_from_input', 'runs_elsewhere', 'shell_state']); // prettier-ignore

/** What its words may name, those without quotes and those whose quotes are part of a name. */
export function namedBy(command: CommandFact): string[] {
  const { words, dynamic = [], redirects } = command;
  const whole = words.filter((_, index) => !dynamic.includes(index));
  const read = readsIn(redirects);
  const inner = HAVE_CODE.has(command.unclear) ? whole.flatMap(inCode) : [];
  // What is to run stands in quotes that may be none.
  if (command.unclear === 'hidden_code') inner.push(...words.flatMap(inCode));
  return [
    ...[...words, ...assignedBy(command), ...read, ...inner].map(placed).flatMap(pathsIn),
    ...[...whole, ...read].flatMap((word) => partsOf(word)),
  ].filter(({ length }) => length <= LONGEST_PATH);
}

/** The words in a text of another language. */
export function inCode(text: string): string[] {
  return text.split(/[\s"'`();,{}|&<>]+/);
}

/** In quotes `~` is a folder of this name, and nobody sees these here. */
export function atHome(word: string): string[] {
  if (word === '~') return [word, homedir()];
  return word.startsWith('~/') ? [word, `./${word}`] : [word];
}

/** After that `~` may be anywhere. */
export function setsHome({ words, assignments }: CommandFact): boolean {
  return [...words, ...assignments].some((word) => /^["']?HOME\b/.test(word));
}

/** Where the line is run, and where it may go from there: what `cd` names, and folders that are words (`make -C`, `--prefix`). */
export function foldersOf(commands: readonly CommandFact[], words: readonly string[], folder: string): string[] {
  const folders = new Set([folder]);
  const add = (path: string): void => {
    for (const found of folders.size > MOST_FOLDERS ? [] : folderAt(path)) folders.add(found);
  };
  for (const word of words) if (word !== '' && !word.startsWith('-')) add(fileNamed(word, folder));
  // Where it goes from where it went.
  for (const command of commands.filter(moves)) {
    const named = command.words.slice(1).map(placed).flatMap(atHome);
    for (const one of folders.values().toArray()) for (const name of named) add(fileNamed(name, one));
    if (named.length === 0) add(homedir());
  }
  return [...folders];
}

/** The real path of the folder that is there, or none. */
export function folderAt(path: string): string[] {
  const found = resolveReal(path);
  return 'real' in found && found.kind === 'dir' ? [found.real] : [];
}

/** As much of a folder as is the project's. */
export function withinOf(root: string, folder: string): string[] {
  if (isInside(root, folder)) return [folder];
  return isInside(folder, root) ? [root] : [];
}
