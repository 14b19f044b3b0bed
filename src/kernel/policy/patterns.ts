/** Patterns of the policy's rules. Each answers for one recorded fact; `maybe` where the record can't say. */
import { VIA_JOINT } from '../../contract/command-words.ts';
import type { CommandFact, Facts, HostFact } from '../../contract/values.ts';

export type Answer = 'no' | 'maybe' | 'yes';

/** `*` stands for any characters, also none. */
export function matchesText(pattern: string, text: string): boolean {
  if (pattern === text) return true;
  const first = pattern[0];
  if (first !== '*' && first !== text[0]) return false;
  return matchesInOrder(pattern, text, '*', isSame);
}

function isSame(one: string, other: string): boolean {
  return one === other;
}

/**
 * The items of the pattern against all of those that are there, `any` standing for any of them, also none. Linear in
 * items times wildcards: only the last wildcard is ever tried again.
 */
function matchesInOrder(
  pattern: ArrayLike<string>,
  items: ArrayLike<string>,
  any: string,
  matches: (wanted: string, item: string) => boolean,
): boolean {
  let at = 0;
  let place = 0;
  let lastAny = -1;
  let resume = 0;
  while (at < items.length) {
    const wanted = pattern[place];
    if (wanted === any) {
      lastAny = place++;
      resume = at;
    } else if (wanted !== undefined && matches(wanted, items[at]!)) {
      place++;
      at++;
    } else if (lastAny >= 0) {
      place = lastAny + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[place] === any) place++;
  return place === pattern.length;
}

/**
 * Words against words: `git status *` is these and any further ones, also none; without it exactly these. What the shell
 * makes as it runs may be any words; a command that is unclear may be any command. `loosely`, as for what is forbidden: a
 * program counts by its last name, too, so that `/bin/rm` is no way round a rule about `rm`, and `maybe` is what has the
 * words with options between them, or further ones.
 */
export function matchesCommand(pattern: string, command: CommandFact, { loosely }: { loosely: boolean }): Answer {
  if (command.unclear !== undefined) return 'maybe';
  const { wanted, program, open } = wordsOf(pattern);
  const { words, dynamic } = command;
  for (let index = 0; index < wanted.length; index++) {
    const one = wanted[index]!;
    const word = words[index];
    if (dynamic?.includes(index)) return 'maybe';
    if (word === undefined) return index > 0 && getsMore(command) ? 'maybe' : 'no';
    if (!loosely ? matchesExactly(one, word) : index === 0 ? isProgram(program, word) : matchesText(one, word))
      continue;
    return loosely && index > 0 && hasAmong(wanted, command) ? 'maybe' : 'no';
  }
  if (open) return 'yes';
  if (words.length > wanted.length) return loosely || dynamic?.includes(wanted.length) ? 'maybe' : 'no';
  return getsMore(command) ? 'maybe' : 'yes';
}

/** The most that any of the patterns answers for any of the commands: a policy asks this of each rule, so it stops early. */
export function matchesAnyCommand(patterns: readonly string[], commands: readonly CommandFact[]): Answer {
  let found: Answer = 'no';
  for (const command of commands) {
    for (const pattern of patterns) {
      const answer = matchesCommand(pattern, command, LOOSELY);
      if (answer === 'yes') return answer;
      if (answer === 'maybe') found = answer;
    }
  }
  return found;
}

const LOOSELY = { loosely: true };

/** What stands for a star leads to no folder above: `scripts/*` is not `scripts/../x`. */
function matchesExactly(pattern: string, word: string): boolean {
  return matchesText(pattern, word) && (pattern === '*' || !pattern.includes('*') || ups(word) === ups(pattern));
}

function ups(word: string): number {
  return word.split('/').filter((name) => name === '..').length;
}

/** By its whole name or its last one, `wanted` in small letters: where names of files have no case, a program has many. */
function isProgram(wanted: string, word: string): boolean {
  const name = word.toLowerCase();
  return (
    matchesText(wanted, name) || (name.includes('/') && matchesText(wanted, name.slice(name.lastIndexOf('/') + 1)))
  );
}

/** Whether the words come in this order with only options, and what may be their values, between; an option stands anywhere. */
function hasAmong(wanted: readonly string[], command: CommandFact): boolean {
  const { words, dynamic = [] } = command;
  let at = 1;
  for (const one of wanted.slice(1)) {
    for (; ; at += 1) {
      const word = words[at];
      if (word === undefined) return getsMore(command);
      if (matchesText(one, word)) break;
      const isPassed = one.startsWith('-') || word.startsWith('-') || words[at - 1]!.startsWith('-');
      if (!isPassed) return dynamic.includes(at);
    }
    at += 1;
  }
  return true;
}

interface CommandPattern {
  wanted: readonly string[];
  /** The first of them in small letters. */
  program: string;
  open: boolean;
}

/** Of every pattern that was looked at lately: a policy is asked about each command of each call. */
const read = new Map<string, CommandPattern>();
const MOST_READ = 5000;

function wordsOf(pattern: string): CommandPattern {
  const known = read.get(pattern);
  if (known) return known;
  const words = pattern.trim().split(/\s+/);
  const open = words.at(-1) === '*';
  const wanted = open ? words.slice(0, -1) : words;
  const made = { wanted, program: wanted[0]?.toLowerCase() ?? '', open };
  if (read.size >= MOST_READ) read.clear();
  read.set(pattern, made);
  return made;
}

/** Who runs it appends words that only it knows. */
function getsMore({ via }: CommandFact): boolean {
  return via !== undefined && via.split(VIA_JOINT).includes('xargs');
}

/** `**` stands for any folders, also none; `*` for any characters of one name. A relative pattern is one inside the root. */
export function matchesPath(
  pattern: string,
  path: Pick<Facts['paths'][number], 'real'>,
  project_root: string,
): boolean {
  return matchesNames(namesIn(below(project_root, pattern)), namesIn(path.real));
}

/** As it was called, whatever its links lead to. */
export function matchesNamedPath(
  pattern: string,
  { path }: Pick<Facts['paths'][number], 'path'>,
  project_root: string,
): boolean {
  const names: string[] = [];
  for (const name of namesIn(below(project_root, path))) {
    if (name === '..') names.pop();
    else names.push(name);
  }
  return matchesNames(namesIn(below(project_root, pattern)), names);
}

function below(project_root: string, path: string): string {
  return path.startsWith('/') ? path : `${project_root}/${path}`;
}

function namesIn(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function matchesNames(pattern: readonly string[], names: readonly string[]): boolean {
  return matchesInOrder(pattern, names, '**', matchesText);
}

const PORT = /:(\d+)$/;

/** A name, with `*.` also all below it; with a port that one, else any. */
export function matchesHost(pattern: string, { host, port }: Pick<HostFact, 'host' | 'port'>): boolean {
  const wantedPort = PORT.exec(pattern)?.[1];
  if (wantedPort !== undefined && Number(wantedPort) !== port) return false;
  const wanted = pattern.replace(PORT, '').toLowerCase();
  if (wanted === '*') return true;
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted;
}
