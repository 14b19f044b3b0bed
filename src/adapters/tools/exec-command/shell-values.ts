/** What variables of a command line may hold, as far as the line and the environment tell. */
import { readFileSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import type { Environment } from '../../../base/environment.ts';
import type { CommandFact } from '../../../contract/values.ts';
import { namesOutside } from '../shell/variables.ts';
import { assignmentsOf } from './made-words.ts';

/** The values of a variable. One that is not there may hold anything. */
export type Values = ReadonlyMap<string, ReadonlySet<string>>;

const MOST_VALUES = 100;
const LONGEST_TEXT = 100_000;

/** A value of which nothing is known: nothing takes it apart. */
const UNKNOWN = '$()';

const NUMBERS = /\$\(\([^()]*\)\)|\$(?:[?#$!-]|\{#\w+(?:\[[@*]\])?\})/g;
/** What these print is a name that leads nowhere else. */
const NO_PLACES =
  /\$\((?:date(?:\s+(?:-[uI]\w*|--utc))*(?:\s+["']?\+[\w%:. -]*["']?)?|(?:hostname|nproc|whoami)(?:\s+-[a-z]+)*|id\s+-[ugnr]+|seq(?:\s+\d+)+|uname(?:\s+-[mnrs]+)?|wc(?:\s+-[clmwL]+)*\s*(?:<[^()`$|;&\n]*)?)\s*\)/g;
/** Of a date: it has folders. */
const WITH_FOLDERS = /%[-_0^#EO]*[Dxc]/;
/** What such a text is by then, or any name that lies there. */
const NAMES = ['0', '*'];

/** Bash sets these itself, whatever the line says. */
const OWN =
  /^(?:_|E?UID|PPID|LINENO|SECONDS|S?RANDOM|OPTIND|OPTARG|HISTCMD|GROUPS|EPOCH\w+|BASH\w*|DIRSTACK|FUNCNAME|PIPESTATUS|COMP_\w+|SHLVL|OLDPWD)$/;

/** What may calculate: numbers become values of variables that the line names without a `$`. */
const CALCULATES = /\(\(|\$\[|\[\[|\blet\b|[\w"'](?<!\s)\[|\$\{\w+:[^-+=?]|\s-v/;
const VARIABLE = /\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/;
/** What a function or a script of the line was given are words of the line. */
const GIVEN = /^\$(?:[@*\d]|\{[@*\d]+\})$/;

const LOOP = /\b(?:for|select)\s+([A-Za-z_]\w*)\s+in\s+([^;\n]*)/g;
const SETS = new Set(['read', 'mapfile', 'readarray', 'getopts', 'printf', 'unset', 'wait', 'let']);
/** With options, what they are given becomes another value. */
const DECLARES = new Set(['declare', 'typeset', 'local', 'readonly', 'export']);
const CHANGES = /^-[a-zA-Z]*[aAcilnu]/;
const COPROC = /\bcoproc\s+([A-Za-z_]\w*)/g;
/** What these set that nobody names to them. */
const SET_UNNAMED = ['REPLY', 'MAPFILE', 'OPTARG'];
const SET_WHERE_USED = /\$\{([A-Za-z_]\w*):?=/g;

/**
 * `line`: its text, for the lists of loops, which are words of no command. `mayBeUnset`: what the line sets may be empty where it is
 * used, as in another part of a pipe.
 */
export function valuesIn(
  commands: readonly CommandFact[],
  line: string,
  environment: Environment,
  mayBeUnset = false,
): Values {
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
    for (const text of [...assignmentsOf(command), ...declaredIn(command)]) {
      const [, name, more, value = ''] = /^([A-Za-z_]\w*)([^=]*)=([^]*)$/.exec(text) ?? [];
      if (name === undefined) continue;
      if (mayBeUnset) add(name, '');
      const held = bare(value);
      add(name, ...(more !== '' || value.startsWith('(') ? [UNKNOWN] : [held, held.replace(/^~(?=\/|$)/, homedir)]));
    }
    const [program = '', ...words] = command.words;
    const isSet = SETS.has(program) || (DECLARES.has(program) && words.some((word) => CHANGES.test(word)));
    if (isSet) for (const name of [...SET_UNNAMED, ...words.flatMap(namesIn)]) add(name, UNKNOWN);
  }
  for (const [, name, list] of line.replaceAll('\\\n', ' ').matchAll(LOOP)) {
    for (const one of withoutNumbers(list!)) add(name!, ...one.trim().split(/\s+/).map(bare));
    if (/["'\\]/.test(list!)) add(name!, UNKNOWN); // it may go on behind what looks like its end
  }
  for (const [, name] of line.matchAll(SET_WHERE_USED)) add(name!, UNKNOWN);
  for (const [, name] of line.matchAll(COPROC)) add(name!, UNKNOWN);
  if (CALCULATES.test(line)) {
    const text = line.replace(/["'\\]/g, '');
    const isSet = (name: string): boolean => values.has(name) || numberSet(name).test(text);
    for (const name of new Set(namesOutside(line))) if (isSet(name)) add(name, ...NAMES);
  }
  for (const name of values.keys()) if (OWN.test(name)) values.delete(name);
  return values;
}

/** `x=1`, `x += 1`, `x++`, `--x`. */
function numberSet(name: string): RegExp {
  return new RegExp(`(?:\\+\\+|--)\\s*${name}\\b|\\b${name}\\s*(?:\\+\\+|--|(?:[-+*/%&|^]|<<|>>)?=(?!=))`);
}

/** `declare x=$y`: the shell makes the word, and what it sets all the same. */
function declaredIn({ words, dynamic = [] }: CommandFact): string[] {
  return DECLARES.has(words[0] ?? '') ? dynamic.map((at) => words[at]!) : [];
}

/** Of a word that may name a variable, or one of its members (`x[0]`); behind letters of options, too: `-vx`. */
function namesIn(word: string): string[] {
  const parts = word.startsWith('-') ? [...word].map((_, at) => word.slice(at + 1)) : [word];
  return parts.flatMap((part) => /^([A-Za-z_]\w*)(?:\[|\+?=|$)/.exec(part)?.[1] ?? []);
}

/** The texts that a word may stand for. What is left of variables in them nobody knows. */
export function expanded(word: string, values: Values): string[] {
  if (GIVEN.test(word)) return [];
  const done: string[] = [];
  const waiting = withoutNumbers(word);
  for (const one of waiting) {
    const [whole, braced, plain] = VARIABLE.exec(one) ?? [];
    const name = braced ?? plain;
    // In the middle of a path it is another place than where the line is.
    const isKnown = whole !== undefined && (name !== 'PWD' || one.startsWith(whole));
    const known = isKnown ? values.get(name!) : undefined;
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

/** A number may be that of any file there: as a pattern it stands for all of them. */
function withoutNumbers(text: string): string[] {
  const isName = (date: string): boolean => !WITH_FOLDERS.test(date);
  const all = NAMES.map((name) =>
    text.replaceAll(NUMBERS, name).replaceAll(NO_PLACES, (one) => (isName(one) ? name : one)),
  );
  return [...new Set(all)];
}

/** Without quotes. What follows it in a word is no part of a name in it. */
function bare(text: string): string {
  return text.replace(/["']/g, '').replace(/\$([A-Za-z_]\w*)/g, '${$1}');
}
