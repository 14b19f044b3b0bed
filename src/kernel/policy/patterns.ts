/** Patterns of the policy's rules. Each answers for one recorded fact; `maybe` where the record can't say. */
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
 * Words against words: `git status *` is these and any further ones, also none; without it exactly these. `loosely`: a
 * program counts by its last name, too, so that `/bin/rm` is no way round a rule about `rm`. What the shell makes as it
 * runs may be any words; a command that is unclear may be any command.
 */
export function matchesCommand(pattern: string, command: CommandFact, { loosely }: { loosely: boolean }): Answer {
  if (command.unclear !== undefined) return 'maybe';
  const { wanted, open } = wordsOf(pattern);
  const { words, dynamic = [], via } = command;
  for (const [index, one] of wanted.entries()) {
    const word = words[index];
    if (dynamic.includes(index)) return 'maybe';
    if (word === undefined) return index > 0 && getsMore(via) ? 'maybe' : 'no';
    if (matchesText(one, word)) continue;
    const isName = index === 0 && loosely && word.includes('/');
    if (!isName || !matchesText(one, word.slice(word.lastIndexOf('/') + 1))) return 'no';
  }
  if (open) return 'yes';
  if (words.length > wanted.length) return dynamic.includes(wanted.length) ? 'maybe' : 'no';
  return getsMore(via) ? 'maybe' : 'yes';
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
function getsMore(via: string | undefined): boolean {
  return via !== undefined && /(?:^| )xargs$/.test(via);
}

/** `**` stands for any folders, also none; `*` for any characters of one name. A relative pattern is one inside the root. */
export function matchesPath(pattern: string, path: Facts['paths'][number], project_root: string): boolean {
  const root = project_root === '/' ? '' : project_root;
  const whole = pattern.startsWith('/') ? pattern : `${root}/${pattern}`;
  return matchesNames(namesIn(whole), namesIn(path.real));
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
