/** Words of which only the shell will know what they say, and the line itself doesn't settle it. */
import { basename } from 'node:path';
import { VIA_JOINT } from '../../../contract/command-words.ts';
import type { CommandFact } from '../../../contract/values.ts';
import { FOLDER_AT, placed, PROCESS } from './made-words.ts';
import { GIT_LISTS } from './programs.ts';
import { expanded, type Values, valuesIn } from './shell-values.ts';

/** Whatever their words say, they do nothing but print it, wait, or say yes or no. */
const NAME_NOTHING = new Set([
  'echo', 'printf', 'test', '[', '[[', '((', 'true', 'false', ':', 'exit', 'return', 'break', 'continue', 'sleep', 'seq', 'expr', 'wait',
]); // prettier-ignore

/** What they are given may be the name of a variable: nobody knows any more what that holds. */
const SET_GIVEN = /^(?:read|getopts|printf -v)/;

/** Where `cd -`, `~-` and `~+` lead. */
const SETS_FOLDER = /^["']?(?:OLD)?PWD(?:=|$)/;

/** A redirect to or from a file, as the parser records it. */
const FILE = /^(?:\d+|\{\w+\})?(?!<<)[<>&|]+ ([^]*)$/;

/** What a list or a pipe names to a program. */
export const GIVEN = 'else it is given';

/** With such options these take names, or whom to end, from a list. */
const LISTED: readonly [programs: RegExp, options: RegExp][] = [
  [/^(?:sort|wc|du|find)$/, /^(?:--f(?!ie)|-files0)/],
  [/^(?:pkill|pgrep)$/, /^(?:-[a-zA-Z]*F|--pi)/],
  [/^file$/, /^(?:-[a-zA-Z]*f|--files)/],
  [/^(?:md5|b2|sha\d+|ck)sum$/, /^(?:-[a-zA-Z]*c|--c)/],
  [/^git$/, GIT_LISTS],
];

/** `"$(cat <<'EOF' …)"`: the text stands there. */
const HERE_TEXT = /^"?\$\(cat <<-?\s*(["']?)(\w+)\1\n((?:(?!\t*\2\n).*\n)*)\t*\2\n\s*\)"?$/;

/** A part of what the variable holds, or a plain text in its place. */
const PART = /\$\{([A-Za-z_]\w*)(?:[%#,^/]|:?[-+=?]|:(?=\d))[^{}$`]*\}/g;

/**
 * As they are told. Patterns are none of these: they stand for names that are there. `line`: its text, empty where no shell
 * was given one.
 */
export function openWords(commands: readonly CommandFact[], line: string): string[] {
  const values = valuesIn(commands, line, {});
  return commands.flatMap((command) => openIn(command, values)).map(placed);
}

/** Of one with redirects only these name files. */
export function namesNothing(command: CommandFact): boolean {
  return command.unclear === undefined && command.redirects.length === 0 && hasNoNames(command);
}

function hasNoNames({ words }: CommandFact): boolean {
  return NAME_NOTHING.has(basename(words[0] ?? ''));
}

function openIn(command: CommandFact, values: Values): string[] {
  const { words, dynamic = [], redirects, assignments, via } = command;
  const isOnlySaid = hasNoNames(command);
  const isOpenHere = (word: string): boolean => !PROCESS.test(word) && isOpen(word, values);
  const made = dynamic.map((at) => words[at]!);
  const files = redirects.flatMap((one) => FILE.exec(one)?.[1] ?? []);
  return [
    ...[...assignments, ...words].filter((word) => SETS_FOLDER.test(word)),
    ...(SET_GIVEN.test(words.join(' ')) ? made : []),
    ...(isOnlySaid ? [] : made.filter(isOpenHere)),
    ...((!isOnlySaid && via?.split(VIA_JOINT).includes('xargs')) || isListed(words) ? [GIVEN] : []),
    ...files.filter(isOpenHere),
  ];
}

function isListed([program = '', ...words]: readonly string[]): boolean {
  const name = basename(program);
  return LISTED.some(([programs, options]) => programs.test(name) && words.some((word) => options.test(word)));
}

function isOpen(word: string, values: Values): boolean {
  const [here, quote, , inner = ''] = HERE_TEXT.exec(word) ?? [];
  if (here !== undefined && (quote !== '' || !/[$`]/.test(inner))) return false;
  const text = word.replaceAll(/["']/g, '').replace(FOLDER_AT, '.').replaceAll(PART, '${$1}');
  return expanded(text, values).some((one) => /[$`]/.test(one));
}
