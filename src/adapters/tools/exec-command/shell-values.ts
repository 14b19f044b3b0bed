/** What variables of a command line may hold, as far as the line and the environment tell. */
import { readFileSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import type { Environment } from '../../../base/environment.ts';
import type { CommandFact } from '../../../contract/values.ts';
import { assignmentsOf } from './made-words.ts';

/** The values of a variable. One that is not there may hold anything. */
export type Values = ReadonlyMap<string, ReadonlySet<string>>;

const MOST_VALUES = 100;
const LONGEST_TEXT = 100_000;

/** A value of which nothing is known: nothing takes it apart. */
const UNKNOWN = '$()';

const NUMBERS = /\$\(\([^()]*\)\)|\$(?:[?#$!-]|\{#\w+(?:\[[@*]\])?\})/g;
/** What these print is no place. */
const NO_PLACES =
  /\$\((?:date\b[^()`$|;&\n/]*|(?:hostname|id|nproc|seq|uname|whoami)\b[^()`$|;&\n]*|wc(?:\s+-[clmwL]+)*\s*(?:<[^()`$|;&\n]*)?)\)/g;
const VARIABLE = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/;
/** What a function or a script of the line was given are words of the line. */
const GIVEN = /^\$(?:[@*\d]|\{[@*\d]+\})$/;

const LOOP = /\b(?:for|select)\s+([A-Za-z_]\w*)\s+in\s+([^;\n]*)/g;
const COUNTED = /\(\(\s*([A-Za-z_]\w*)\s*=\s*\d/g;
const SETS = new Set(['read', 'mapfile', 'readarray', 'getopts', 'printf']);
/** What these set that nobody names to them. */
const SET_UNNAMED = ['REPLY', 'MAPFILE', 'OPTARG'];
const SET_WHERE_USED = /\$\{([A-Za-z_]\w*):?=/g;

/** `line`: its text, for the lists of loops, which are words of no command. */
export function valuesIn(commands: readonly CommandFact[], line: string, environment: Environment): Values {
  const values = new Map<string, Set<string>>();
  const add = (name: string, ...those: string[]): void => {
    const known = values.get(name) ?? new Set();
    for (const one of those) known.add(one);
    values.set(name, known);
  };
  const passed = { HOME: homedir(), TMPDIR: tmpdir(), ...environment };
  for (const [name, value] of Object.entries(passed)) if (value !== undefined) add(name, value);
  // It is where the line is by then.
  values.set('PWD', new Set(['.']));
  values.delete('OLDPWD');
  for (const command of commands) {
    for (const text of assignmentsOf(command)) {
      const [, name, more, value = ''] = /^([A-Za-z_]\w*)([^=]*)=([^]*)$/.exec(text) ?? [];
      if (name !== undefined) add(name, more === '' && !value.startsWith('(') ? bare(value) : UNKNOWN);
    }
    const [program = '', ...words] = command.words;
    if (SETS.has(program)) for (const name of [...SET_UNNAMED, ...words.flatMap(namesIn)]) add(name, UNKNOWN);
  }
  for (const [, name, list] of line.replaceAll('\\\n', ' ').matchAll(LOOP)) {
    add(name!, ...withoutNumbers(list!).trim().split(/\s+/).map(bare));
    if (/["'\\]/.test(list!)) add(name!, UNKNOWN); // it may go on behind what looks like its end
  }
  for (const [, name] of line.matchAll(COUNTED)) add(name!, '0');
  for (const [, name] of line.matchAll(SET_WHERE_USED)) add(name!, UNKNOWN);
  return values;
}

/** Of a word that may name a variable, or one of its members (`x[0]`); behind letters of options, too: `-vx`. */
function namesIn(word: string): string[] {
  const parts = word.startsWith('-') ? [...word].map((_, at) => word.slice(at + 1)) : [word];
  return parts.flatMap((part) => /^([A-Za-z_]\w*)(?:\[|$)/.exec(part)?.[1] ?? []);
}

/** The texts that a word may stand for. What is left of variables in them nobody knows. */
export function expanded(word: string, values: Values): string[] {
  if (GIVEN.test(word)) return [];
  const done: string[] = [];
  const waiting = [withoutNumbers(word)];
  for (const one of waiting) {
    const [whole, braced, plain] = VARIABLE.exec(one) ?? [];
    const known = whole === undefined ? undefined : values.get((braced ?? plain)!);
    if (whole === undefined || known === undefined) done.push(one);
    else waiting.push(...[...known].map((value) => one.replace(whole, () => value)));
    if (waiting.length > MOST_VALUES || one.length > LONGEST_TEXT) return [word];
  }
  return done;
}

/** Undefined: nobody of that name is known here. */
export type HomeOf = (user: string) => string | undefined;

/** Looked up once, if at all. */
export function homesHere(): HomeOf {
  let homes: Map<string, string> | undefined;
  return (user) => (homes ??= new Map(homesOfUsers())).get(user);
}

function homesOfUsers(): [user: string, home: string][] {
  try {
    const { username, homedir: own } = userInfo();
    return [...usersListed(), [username, own]];
  } catch {
    return usersListed(); // a user that the system has no name for
  }
}

function usersListed(): [user: string, home: string][] {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
    return lines.flatMap(([user, , , , , home]) => (user !== undefined && home !== undefined ? [[user, home]] : []));
  } catch {
    return [];
  }
}

function withoutNumbers(text: string): string {
  return text.replaceAll(NUMBERS, '0').replaceAll(NO_PLACES, '0');
}

/** Without quotes. What follows it in a word is no part of a name in it. */
function bare(text: string): string {
  return text.replace(/["']/g, '').replace(/\$([A-Za-z_]\w*)/g, '${$1}');
}
