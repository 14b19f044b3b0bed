/**
 * Places that the words of a command line may mean, for who asks what it may read: rather too many than one too few. What its
 * programs read that nobody names isn't among them.
 */
import { homedir } from 'node:os';
import type { Environment } from '../../../base/environment.ts';
import { realOf } from '../../../base/files/resolve-real.ts';
import type { CommandFact } from '../../../contract/values.ts';
import { fileNamed, LONGEST_PATH, partsOf, readsIn } from './file-named.ts';
import {
  atHome,
  foldersOf,
  inCode,
  MOST_FOLDERS,
  MOST_LOOKED_FOR,
  MOST_TEXT,
  namedBy,
  setsHome,
} from './line-words.ts';
import { FOLDER_AT, isMade, moves, NOT_READ, PROCESS } from './made-words.ts';
import { createNames, filesOfPattern } from './pattern-files.ts';
import { expanded, type HomeOf, homesHere, type Values, valuesIn } from './shell-values.ts';

/** Where only the shell will know. */
const ANYWHERE = '/';

/** Their words are no files that they read. */
const READ_NO_WORD = new Set([
  'echo', 'printf', 'test', '[', '[[', '((', 'let', 'exit', 'return', 'break', 'continue', 'kill', 'sleep', 'seq', 'set', 'unset', 'shift', 'export',
  'declare', 'typeset', 'local', 'readonly', 'read', 'wait', 'trap', 'true', 'false', ':',
]); // prettier-ignore

const ONLY_MAKE = new Set(['mkdir', 'touch']);

/** A text for people: `git commit -m "$(cat <<EOF …)"`. */
const HAVE_MESSAGES = new Set(['git', 'gh', 'glab', 'hg']);
const MESSAGE_OPTION = /^(?:-\w*m|--message|--body|--title)$/;

/** `{1..9}`, and what may go through folders. */
const MANY = /\{[\w-]+\.\.[\w.-]+\}|\*{2,}/g;

interface Made {
  /** Without quotes. */
  text: string;
  isQuoted: boolean;
  /** Whether it is told where only the shell knows what it names. */
  isRead: boolean;
}

export interface Line {
  commands: readonly CommandFact[];
  /** As it was given to the shell; empty: there was none. */
  text: string;
  /** Where it is run. */
  folder: string;
  /** What it only makes is told, too, where only the shell knows what that is. */
  makes?: true;
}

/** Absolute real paths. `/`: it may be any. */
export function namedPlaces(line: Line, environment: Environment): string[] {
  const { paths, isAll } = namedPaths(line, environment);
  return [...new Set([...paths.map(realOf), ...(isAll ? [] : [ANYWHERE])])];
}

/** Absolute paths as they are named. `isAll`: it may be no other. */
export function namedPaths(
  { commands, text, folder, makes }: Line,
  environment: Environment,
): { paths: string[]; isAll: boolean } {
  const values = valuesIn(commands, text, environment, makes);
  const homeOf = homesHere();
  const isRead = (name: string): boolean => !READ_NO_WORD.has(name) && (makes === true || !ONLY_MAKE.has(name));
  const all = commands.flatMap((command) => madeIn(command, isRead(command.words[0]!)));
  const distinct = new Map(all.map((one) => [JSON.stringify(one), one]));
  // What is nothing but a number is hardly a file that is read.
  const isName = (one: Made): boolean => makes === true || one.text !== '*';
  const made = [...distinct.values()].flatMap((one) => valuesOf(one, values, homeOf)).filter(isName);
  const patterns = made.filter((one) => isMade(one.text));
  const plain = made.filter((one) => !isMade(one.text)).flatMap((one) => partsOf(one.text));
  const known = [...commands.flatMap(knownIn), ...plain].filter(isPlace);
  const words = [...new Set(known.flatMap(atHome))];
  const isHomeMoved = commands.some(setsHome) && words.some((word) => word.startsWith('~'));
  if (isTooMuch(words, 1) || isHomeMoved) return { paths: [], isAll: false };
  const folders = foldersOf(commands, words, folder);
  if (folders.length > MOST_FOLDERS || isTooMuch(words, folders.length)) return { paths: [], isAll: false };
  const places = new Set(folders.flatMap((one) => words.map((word) => fileNamed(word, one))));
  if (commands.some((one) => moves(one) && one.words.length === 1)) places.add(homedir());
  const names = createNames();
  const found = patterns.map((one) => ofMade(one, folders, names));
  for (const place of found.flatMap((paths) => paths ?? [])) places.add(place);
  return { paths: [...places], isAll: !found.includes(undefined) };
}

function isTooMuch(words: readonly string[], folders: number): boolean {
  return words.length * folders > MOST_LOOKED_FOR || words.join('').length * folders > MOST_TEXT;
}

/** `//` of an address is no folder. */
function isPlace(word: string): boolean {
  return word !== '' && word.length <= LONGEST_PATH && !word.includes('\0') && !/^\/{2,}$/.test(word);
}

/** What stands in the line as it is; also in the middle of a text, which may be a line for something else. */
function knownIn(command: CommandFact): string[] {
  const texts = [...command.words, ...command.redirects.map(targetOf)];
  const inner = texts
    .flatMap((text) => (/\s/.test(text) ? text.split(/[\s=]+/) : []))
    .filter((one) => !/^\/+$/.test(one));
  return [...namedBy(command), ...[...texts, ...inner].flatMap((text) => partsOf(text))];
}

function targetOf(redirect: string): string {
  return redirect.replace(/^(?:\d+|\{\w+\})?[<>&|]+ ?/, '');
}

function madeIn(command: CommandFact, readsWords: boolean): Made[] {
  const { words, dynamic = [], redirects, assignments, parser, unclear } = command;
  if (parser === 'text' || NOT_READ.has(unclear)) return words.flatMap(inCode).map((text) => madeOf(text, true));
  const ofWords = dynamic
    .filter((at) => !PROCESS.test(words[at]!))
    .flatMap((at) => {
      const isMessage = HAVE_MESSAGES.has(words[0]!) && MESSAGE_OPTION.test(words[at - 1] ?? '');
      const isRead = readsWords && !isMessage;
      return [words[at]!, ...piecesOf(words[at]!, command)].map((text) => madeOf(text, isRead));
    });
  return [
    ...ofWords,
    ...readsIn(redirects).filter((text) => !PROCESS.test(text)).map((text) => madeOf(text, true)),
    ...assignments.map((text) => madeOf(text.slice(text.indexOf('=') + 1), false)),
  ]; // prettier-ignore
}

function piecesOf(word: string, { unclear }: CommandFact): string[] {
  return unclear === 'code' ? inCode(word) : [];
}

function madeOf(word: string, isRead: boolean): Made {
  const text = word.replace(/["']/g, '').replace(FOLDER_AT, '.');
  return { text, isQuoted: /["'\\]/.test(word), isRead };
}

/** With what is known of its variables, and of homes. */
function valuesOf(made: Made, values: Values, homeOf: HomeOf): Made[] {
  return expanded(made.text, values).map((text) => ({
    ...made,
    text: text
      .replaceAll(MANY, '*')
      .replaceAll(/(^|[=:@])~([\w.-]+|\+)(?=\/|$)/g, (whole, before: string, user: string) => {
        const home = user === '+' ? '.' : homeOf(user);
        return home === undefined ? whole : before + home;
      }),
  }));
}

/** Undefined: it may be any. */
function ofMade(
  { text, isQuoted, isRead }: Made,
  folders: readonly string[],
  names: ReturnType<typeof createNames>,
): string[] | undefined {
  const found = filesOfPattern(text, isQuoted, folders, names);
  if (found) return found;
  const start = startOf(text);
  if (start === undefined) return isRead ? undefined : [];
  const around = folders.map((one) => fileNamed(start.slice(0, start.lastIndexOf('/') + 1), one));
  const begun = filesOfPattern(`${start}*`, false, folders, names);
  return begun && [...around, ...begun];
}

/** As far as it is known; undefined: nothing is, or it goes up from where only the shell knows. */
function startOf(text: string): string | undefined {
  const at = text.search(/[$`*?[{]|[@+!]\(|(?<=^|[=:@])~(?!\/|$)/);
  const start = partsOf(text.slice(0, at + 1))
    .at(-1)!
    .slice(0, -1);
  const rest = text.slice(at);
  const isWild = /^[*?[]/.test(rest);
  return /\.\./.test(rest) || /^\.{1,2}$/.test(start) || (start === '' && !isWild) ? undefined : start;
}
