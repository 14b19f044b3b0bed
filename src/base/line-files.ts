/** Which files a line for a shell may run, or give to what it runs: rather too many are found than one too few. */
import { join } from 'node:path';

/** The home of whoever has this name, or of the person for ''. */
export type Users = (name: string) => string | undefined;

export interface NamedFile {
  /** Absolute. */
  path: string;
  /** It has a folder or an ending: hardly anything else can be meant. */
  isPlain: boolean;
}

const BETWEEN_COMMANDS = /[;|&(){}\n!]+/;
/** Git puts something in its place. */
const PLACEHOLDER = /^%\w?$/;
/** With a folder, or with an ending. */
const NAMES_FILE = /\/|\.\w+$/;

/** By what everybody writes it in such lines, each ends up as the folder that the line is run in, or a home. */
const ROOT = /\$\((?:git rev-parse --show-toplevel|pwd)\)|`(?:git rev-parse --show-toplevel|pwd)`|\$\{?PWD\}?/g;
const HOME = /\$\{?HOME\}?/g;

const MOST_FOLDERS = 8;
const MOST_NAMED = 500;

/** Each word of it, relative to the folders it may be run in, and to those that it goes to. */
export function filesNamedIn(line: string, tops: readonly string[], homeOf: Users): NamedFile[] {
  const folders = new Set(tops);
  const found = new Map<string, boolean>();
  const find = (word: string): void => {
    if (PLACEHOLDER.test(word)) return;
    const isPlain = NAMES_FILE.test(word);
    for (const folder of folders) {
      const path = pathNamed(word, folder, homeOf);
      if (path !== undefined && found.size < MOST_NAMED) found.set(path, isPlain || found.get(path) === true);
    }
  };
  const spelt = line.replace(ROOT, '.').replace(HOME, '~');
  for (const command of spelt.split(BETWEEN_COMMANDS)) {
    const words = wordsIn(command);
    const goes = words[0] === 'cd' || words[0] === 'pushd';
    const targets = words.filter((_, at) => (goes ? at > 0 : words[at - 1] === '-C'));
    for (const target of targets.flatMap((word) => tops.flatMap((top) => pathNamed(word, top, homeOf) ?? [])))
      if (folders.size < MOST_FOLDERS + tops.length) folders.add(target);
    // A name alone, where a command stands, is looked for elsewhere.
    if (!goes) words.flatMap(spelledIn).filter((word, at) => at > 0 || NAMES_FILE.test(word)).forEach(find); // prettier-ignore
  }
  quotedIn(spelt).forEach(find);
  return [...found].map(([path, isPlain]) => ({ path, isPlain }));
}

/** The path that git, or a shell, takes this for. Undefined: none, or of nobody who is known. */
export function pathNamed(path: string, from: string, homeOf: Users): string | undefined {
  if (path === '') return undefined;
  const [, name, rest] = /^~([^/]*)(?:\/(.*))?$/s.exec(path) ?? [];
  if (name === undefined) return path.startsWith('/') ? path : join(from, path);
  const home = homeOf(name);
  return home === undefined ? undefined : join(home, rest ?? '');
}

/** Without quotes, which may stand around a part of a name. */
function wordsIn(command: string): string[] {
  return command.replace(/["']/g, '').split(/[\s`$<>]+/).filter(Boolean); // prettier-ignore
}

/** `a`; of `X=a` and `--x=a` what is given; of `-xa` that as well. */
function spelledIn(word: string): string[] {
  const given = /^-*\w[\w-]*=(.*)$/s.exec(word)?.[1];
  if (given !== undefined) return [given];
  return word.startsWith('-') ? [word.slice(2)].filter((text) => NAMES_FILE.test(text)) : [word];
}

/** Words with blanks in them: in quotes, or each behind a backslash. */
function quotedIn(line: string): string[] {
  const words = line.matchAll(/"((?:\\[^]|[^"\\])*)"|'([^']*)'|((?:\\[^]|[^\s;|&"'\\])+)/g);
  return [...words]
    .map(([, double, single, bare]) => single ?? (double ?? bare ?? '').replace(/\\([^])/g, '$1'))
    .filter((word) => /\s/.test(word) && NAMES_FILE.test(word));
}
