/** Patterns of the policy's rules. Each answers for one recorded fact; `maybe` where the record can't say. */
import { VIA_JOINT } from '../../contract/command-words.ts';
import type { CommandFact, Facts } from '../../contract/values.ts';

export type Answer = 'no' | 'maybe' | 'yes';

/** `*` stands for any characters, also none. Linear in text times stars: only the last star is ever tried again. */
export function matchesText(pattern: string, text: string): boolean {
  if (pattern === text) return true;
  const first = pattern[0];
  if (first !== '*' && first !== text[0]) return false;
  let at = 0;
  let place = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (pattern[place] === '*') {
      star = place++;
      resume = at;
    } else if (pattern[place] === text[at]) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[place] === '*') place++;
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
  const { wanted, open } = wordsOf(pattern);
  const { words, dynamic = [] } = command;
  for (const [index, one] of wanted.entries()) {
    const word = words[index];
    if (dynamic.includes(index)) return 'maybe';
    if (word === undefined) return index > 0 && getsMore(command) ? 'maybe' : 'no';
    if (loosely ? matchesLoosely(one, word, index) : matchesExactly(one, word)) continue;
    return loosely && index > 0 && hasAmong(wanted, command) ? 'maybe' : 'no';
  }
  if (open) return 'yes';
  if (words.length > wanted.length) return loosely || dynamic.includes(wanted.length) ? 'maybe' : 'no';
  return getsMore(command) ? 'maybe' : 'yes';
}

/** What stands for a star leads to no folder above: `scripts/*` is not `scripts/../x`. */
function matchesExactly(pattern: string, word: string): boolean {
  return matchesText(pattern, word) && (pattern === '*' || !pattern.includes('*') || ups(word) === ups(pattern));
}

function ups(word: string): number {
  return word.split('/').filter((name) => name === '..').length;
}

function matchesLoosely(pattern: string, word: string, index: number): boolean {
  if (index > 0) return matchesText(pattern, word);
  // Where names of files have no case, a program has many.
  const [wanted, name] = [pattern.toLowerCase(), word.toLowerCase()];
  return matchesText(wanted, name) || matchesText(wanted, name.slice(name.lastIndexOf('/') + 1));
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
  const made = { wanted: open ? words.slice(0, -1) : words, open };
  if (read.size >= MOST_READ) read.clear();
  read.set(pattern, made);
  return made;
}

/** Who runs it appends words that only it knows. */
function getsMore({ via }: CommandFact): boolean {
  return via !== undefined && via.split(VIA_JOINT).includes('xargs');
}

/** `**` stands for any folders, also none; `*` for any characters of one name. A relative pattern is one inside the root. */
export function matchesPath(pattern: string, path: Facts['paths'][number], project_root: string): boolean {
  return matchesNames(namesIn(below(project_root, pattern)), namesIn(path.real));
}

/** As it was called, whatever its links lead to. */
export function matchesNamedPath(pattern: string, { path }: Facts['paths'][number], project_root: string): boolean {
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

/** As `matchesText`, with names in place of characters. */
function matchesNames(pattern: readonly string[], names: readonly string[]): boolean {
  let at = 0;
  let place = 0;
  let star = -1;
  let resume = 0;
  while (at < names.length) {
    const one = pattern[place];
    if (one === '**') {
      star = place++;
      resume = at;
    } else if (one !== undefined && matchesText(one, names[at]!)) {
      place++;
      at++;
    } else if (star >= 0) {
      place = star + 1;
      at = ++resume;
    } else return false;
  }
  while (pattern[place] === '**') place++;
  return place === pattern.length;
}

const PORT = /:(\d+)$/;

/** A name, with `*.` also all below it; with a port that one, else any. */
export function matchesHost(pattern: string, { host, port }: Facts['hosts'][number]): boolean {
  const wantedPort = PORT.exec(pattern)?.[1];
  if (wantedPort !== undefined && Number(wantedPort) !== port) return false;
  const wanted = pattern.replace(PORT, '').toLowerCase();
  if (wanted === '*') return true;
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted;
}

/** In the order in which local minutes count. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY_MINUTES = 24 * 60;

/** `local`: minutes since a Sunday's midnight. Hours that end before they begin go over midnight, into the next day. */
export function matchesHours(hours: string, local: number): boolean {
  const space = hours.indexOf(' ');
  const [from, to] = hours
    .slice(space + 1)
    .split('-')
    .map(minutesOf) as [number, number];
  const days = space < 0 ? undefined : daysIn(hours.slice(0, space));
  const day = Math.floor(local / DAY_MINUTES) % 7;
  const minute = local % DAY_MINUTES;
  const isOn = (one: number): boolean => days === undefined || days.has((one + 7) % 7);
  if (from < to) return isOn(day) && minute >= from && minute < to;
  return (isOn(day) && minute >= from) || (isOn(day - 1) && minute < to);
}

function minutesOf(time: string): number {
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  return hour * 60 + minute;
}

function daysIn(text: string): Set<number> {
  const days = new Set<number>();
  for (const range of text.split(',')) {
    const [first, last = first] = range.split('-').map((name) => DAYS.indexOf(name)) as [number, number?];
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return days;
}

/** Whether `hours` means something: days and times that there are. */
export function areHours(hours: string): boolean {
  const space = hours.indexOf(' ');
  const names = space < 0 ? [] : hours.slice(0, space).split(/[-,]/);
  const times = hours.slice(space + 1).split('-');
  return (
    names.every((name) => DAYS.includes(name)) &&
    times.every((time) => minutesOf(time) <= DAY_MINUTES && Number(time.slice(3)) < 60)
  );
}
