/** Words of a command line of which only the shell knows what they name, and text in it that nobody read as what it is. */
import { basename } from 'node:path';
import { type Unclear, VIA_JOINT } from '../../../contract/command-words.ts';
import type { CommandFact } from '../../../contract/values.ts';
import { packageRunnerOf } from '../shell/package-runners.ts';
import { judgeProgram } from '../shell/program.ts';
import { isHarmless, variableOf } from '../shell/variables.ts';
import { wordsOf as shellWords } from '../shell/words.ts';
import { wrapperOf } from '../shell/wrappers.ts';
import { readsIn } from './file-named.ts';

export interface MadeWord {
  /** As it is told where nobody knows its files. */
  told: string;
  /** What may name files in it, without quotes. */
  names: string[];
  /** It had quotes, so that a comma or a brace may be just that. */
  isQuoted: boolean;
  /** The line goes there, and what its other words name is looked for where that is known before. */
  isFolder?: boolean;
}

/** Where the line is by then, which is one of the folders that are looked into. */
export const FOLDER_AT = /^(?:\$PWD|\$\{PWD\}|\$\(pwd\)|`pwd`|~\+)(?=\/|$)/;
const HOME_AT = /^(?:\$HOME|\$\{HOME\})(?=\/|$)/;

const MOVES = new Set(['cd', 'pushd']);
const FOLDER_OPTION = /^(?:-C|--(?:directory|prefix|cwd|dir|chdir))$/;
const WITH_FOLDER = /^(?:-C|--(?:directory|prefix|cwd|dir|chdir)=)./;

/** What is in it is told as commands of their own, and what the word becomes is no file of anybody. */
export const PROCESS = /^[<>]\([^]*\)$/;

const ASSIGNMENT = /^[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=/;

/** Nothing of it was read. */
export const NOT_READ = new Set<Unclear | undefined>(['parse_error', 'too_large', 'too_deep', 'unknown_syntax']);

/** Its words are known, but one of them may be code, or a line for another shell. */
const MAY_HAVE_CODE = new Set<Unclear | undefined>([
  'other_shell', 'options', 'dynamic_code', 'dynamic_command', 'control_characters', 'misleading_characters',
]); // prettier-ignore

/** By words that nobody reads here these run programs on names that they are given, or find. */
const GIVES = /^(?:xargs|parallel|sem|entr|run-parts|fd|fdfind|rg)$/;
const RUNS_BY_WORDS = new Set<Unclear | undefined>(['options', 'option_runs_code', 'runs_elsewhere']);

/** Runs a program in each folder where it finds something. */
const RUNS_THERE = /^-(?:exec|ok)dir$/;

/** More than one name, as code has it. */
const CODE = /[\s;&|<>()$`*?[{~"'\\]/;
const LINE = /[\s;&|<>()]/;

/** Without quotes, and with what is known before the shell runs. */
export function placed(word: string): string {
  const bare = word.replace(/["']/g, '');
  // In single quotes a variable is a name like any other.
  return word.includes("'") ? bare : bare.replace(FOLDER_AT, '.').replace(HOME_AT, '~');
}

/** By the shell, as it runs. `~/` is the home, or a folder of this name. */
export function isMade(word: string): boolean {
  return /[$`*?[{]|[@+!]\(|(?:^|[=:])~(?![/]|$)/.test(word);
}

export function moves({ words }: CommandFact): boolean {
  return MOVES.has(words[0] ?? '');
}

/** Names in the values of its assignments: also a folder in which programs are looked for, and a file that is read before any other. */
export function assignedBy(command: CommandFact): string[] {
  return assignmentsOf(command).flatMap((text) => [
    ...namesOf(text),
    // The program of a variable has words of its own.
    ...valueOf(text).split(/[\s"']+/),
  ]);
}

export function madeBy(command: CommandFact): MadeWord[] {
  const { words, dynamic = [] } = command;
  const made = dynamic.flatMap((index): MadeWord[] => {
    const text = words[index]!;
    if (PROCESS.test(text)) return [];
    const isFolder = moves(command) || FOLDER_OPTION.test(words[index - 1] ?? '') || WITH_FOLDER.test(text);
    return [{ told: placed(text), names: [placed(text)], isQuoted: hasQuotes(text), isFolder }];
  });
  const read = readsIn(command.redirects).filter((text) => !PROCESS.test(text));
  const given = assignmentsOf(command).filter((text) => !isHarmless(text));
  return [
    ...made,
    ...read.map((text) => ({ told: placed(text), names: [placed(text)], isQuoted: hasQuotes(text) })),
    ...given.map((text) => ({
      told: valueOf(text).replace(/["']/g, ''),
      // The shell takes no alternatives apart there: a brace is one.
      names: namesOf(text).map((name) => name.replace(/[{}]/g, '')),
      isQuoted: true,
    })),
  ];
}

/** What nobody read as the code that it may be: the shell, or what it runs, finds names in it that stand nowhere else. */
export function unreadIn(command: CommandFact): string[] {
  const { words, parser, unclear } = command;
  if (parser === 'text' || NOT_READ.has(unclear)) return [words.join(' ')];
  // In whatever language it is; and a trap's is run at its end.
  const isGiven = unclear === 'code_from_input' && readsIn(command.redirects).length === 0;
  if (unclear === 'code' || isGiven || words[0] === 'trap') return ['else its code names'];
  // It may stand where no command has it, as in the list of a loop.
  if (unclear === 'hidden_code') return ['else it calculates with'];
  const all = shellWords(command);
  if (!MAY_HAVE_CODE.has(ownReason(command))) return [];
  return all
    .slice(1)
    .filter(({ text, dynamic }) => (dynamic ? isMade(placed(text)) && LINE.test(text) && !PROCESS.test(text) : CODE.test(text)))
    .map(({ text }) => text.replace(/["']/g, '')); // prettier-ignore
}

/** Those that work on names which stand nowhere in the line, or in folders which do so. */
export function givenNames(commands: readonly CommandFact[]): CommandFact[] {
  const goesThere = commands.some(({ words: [name = '', ...rest] }) => basename(name) === 'find' && rest.some((word) => RUNS_THERE.test(word))); // prettier-ignore
  return commands.filter((command) => {
    const { words, unclear, via } = command;
    const name = basename(words[0] ?? '');
    if (GIVES.test(name) && RUNS_BY_WORDS.has(ownReason(command))) return true;
    // Which of its words is the program nobody can tell.
    if (hidesProgram(command)) return true;
    // It hands on what it is given, and who gets it is a command of its own.
    if (unclear === undefined && wrapperOf(name) !== undefined) return false;
    const runners = via?.split(VIA_JOINT) ?? [];
    return runners.includes('xargs') || (goesThere && runners.includes('find -exec'));
  });
}

/** It runs one of its words, behind options that aren't known here. */
function hidesProgram(command: CommandFact): boolean {
  const name = basename(command.words[0] ?? '');
  const runsOne = wrapperOf(name) !== undefined || (packageRunnerOf(name) !== undefined && command.words.length > 2);
  if (!runsOne) return false;
  const { unclear, runs } = judgeProgram(shellWords(command), 'bash', false);
  return unclear === 'options' && runs === undefined;
}

/** Why nobody can say what it runs, by its words alone: what is told of it may be another reason, as of a variable before it. */
function ownReason(command: CommandFact): Unclear | undefined {
  return judgeProgram(shellWords(command), 'bash', false).unclear;
}

/** Also those that stand behind a program's name: `env`, `export` and `make` take them. */
export function assignmentsOf({ words, dynamic = [], assignments }: CommandFact): string[] {
  // Behind `-c` it begins a line, which was read.
  const isOne = (word: string, index: number): boolean =>
    ASSIGNMENT.test(word) && !dynamic.includes(index) && !/^-\w*c$/.test(words[index - 1] ?? '');
  return [...assignments, ...words.filter(isOne)];
}

/** A list of folders or options may go on with itself: those of before were told there, or nobody's business. */
function valueOf(text: string): string {
  const name = variableOf(text);
  const value = text.slice(text.indexOf('=') + 1);
  if (!/(?:PATH|OPTIONS|OPTS|FLAGS)$/.test(name)) return value;
  return value
    .split(/([:\s"])/)
    .filter((one) => one !== `$${name}` && one !== `\${${name}}`)
    .join('');
}

function namesOf(text: string): string[] {
  return valueOf(text).split(/[=:]/).map(placed);
}

function hasQuotes(text: string): boolean {
  return /["'\\]/.test(text);
}
