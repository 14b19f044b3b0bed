/** Options of programs that run others, read by what is known of them: where one isn't, nobody knows what it runs. */
import type { ShellWord } from './words.ts';

/** What a program takes before the words that matter. Short options are single letters. */
export interface Options {
  flags?: string;
  /** Short options that take a value: the rest of the word, or the next one. */
  values?: string;
  long?: readonly string[];
  longValues?: readonly string[];
  /** Options, short and long, that bring code of the program's own language. */
  code?: readonly string[];
  /** Behind these, short, nothing is an option any more. Their value is the first of the rest. */
  last?: string;
}

/** `at`: where the rest begins. `isCode`: an option that brings code was there. `stdin`: a lone `-`. */
export interface Read {
  at: number;
  given: Set<string>;
  isCode: boolean;
  stdin: boolean;
}

/** Reads from the word after the name. Undefined: something there is not understood. */
export function readOptions(words: readonly ShellWord[], options: Options): Read | undefined {
  const { flags = '', values = '', long = [], longValues = [], code = [], last = '' } = options;
  const read: Read = { at: 1, given: new Set(), isCode: false, stdin: false };
  for (; read.at < words.length; read.at += 1) {
    const word = words[read.at]!;
    // Who reads on finds it first, and can't know what it is.
    if (word.dynamic) return read;
    const { text } = word;
    if (text === '--') return { ...read, at: read.at + 1 };
    if (text === '-') return { ...read, at: read.at + 1, stdin: true };
    if (!text.startsWith('-')) return read;
    if (text.startsWith('--')) {
      const [name, value] = split(text.slice(2));
      read.given.add(name);
      if (code.includes(name)) return { ...read, isCode: true };
      if (value !== undefined ? longValues.includes(name) : long.includes(name)) continue;
      if (value !== undefined || !longValues.includes(name)) return undefined;
      read.at += 1;
      if (isUnknown(words[read.at])) return undefined;
      continue;
    }
    for (let index = 1; index < text.length; index += 1) {
      const letter = text[index]!;
      read.given.add(letter);
      const rest = text.slice(index + 1);
      if (code.includes(letter)) return { ...read, isCode: true };
      if (last.includes(letter)) return { ...read, at: read.at + 1 };
      if (flags.includes(letter)) continue;
      if (!values.includes(letter)) return undefined;
      if (rest === '') {
        read.at += 1;
        if (isUnknown(words[read.at])) return undefined;
      }
      break;
    }
  }
  return read;
}

function isUnknown(word: ShellWord | undefined): boolean {
  return word === undefined || word.dynamic;
}

function split(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Its beginning is made as well, or stands in quotes, or is that of an option whose name is made or quoted. */
const MAYBE = /^(?:["']*-{0,2}["']*[$`*?[{]|["']*[!@+]|["']+-|--[^=]*["'$`*?[{\\])/;

/**
 * A word that the shell makes may become an option, unless it stands behind `--` or its beginning is another one. So may one
 * that only a caller knows (`more`).
 */
export function mayBeOption(words: readonly ShellWord[], more = false): boolean {
  const end = words.findIndex(({ text }) => text === '--');
  if (end < 0 && more) return true;
  return (end < 0 ? words : words.slice(0, end)).some(({ text, dynamic }) => dynamic && MAYBE.test(text));
}
