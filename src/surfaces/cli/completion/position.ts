/** Where the cursor stands on a command line that is being typed. */
import type { Argument, Command, Option } from 'commander';
import { splitOverrides } from '../overrides.ts';

export interface Position {
  /** The command that the words before have chosen. */
  command: Command;
  /** Its name without the program's: `session show`; empty for the program. */
  path: string;
  /** What comes next is the value of this option, or of the configuration key of this path. */
  valueFor?: Option | string;
  /** The argument that comes next, where there are no commands to choose from. */
  argument?: Argument;
  /** The arguments before it. */
  operandWords: readonly string[];
  /** Behind `--` nothing is an option. */
  literal: boolean;
  /** Options that are there, with their values ('' for those that have none), and configuration keys with theirs. */
  options: ReadonlyMap<Option, string>;
  overrides: ReadonlyMap<string, string>;
}

/** A flag that sets a configuration key, as far as it is typed. */
const KEY_FLAG = /^--[A-Za-z]\w*(?:\.\w+)+$/;

/** What the words before the cursor's mean. Words that are wrong are passed over: the program will say so. */
export function positionBehind(program: Command, words: readonly string[]): Position {
  const options = new Map<Option, string>();
  const overrides = new Map<string, string>();
  let command = program;
  const operandWords: string[] = [];
  let literal = false;
  let valueFor: Option | string | undefined;
  for (const word of words) {
    if (valueFor !== undefined) {
      if (typeof valueFor === 'string') overrides.set(valueFor, word);
      else options.set(valueFor, word);
      valueFor = undefined;
    } else if (literal || !/^-./.test(word)) {
      const chosen =
        literal || operandWords.length > 0 ? undefined : command.commands.find((one) => one.name() === word);
      if (chosen === undefined) operandWords.push(word);
      else command = chosen;
    } else if (word === '--') {
      literal = true;
    } else if (KEY_FLAG.test(word)) {
      valueFor = word.slice(2);
    } else {
      for (const [path, value] of splitOverrides([word]).overrides) overrides.set(path, value);
      const [flag, value] = split(word);
      const option = optionsOf(command).find(({ long, short }) => flag === long || flag === short);
      if (option === undefined) continue;
      if (takesValue(option) && value === undefined) valueFor = option;
      else options.set(option, value ?? '');
    }
  }
  const { registeredArguments: known } = command;
  const last = known.at(-1);
  const argument = known[operandWords.length] ?? (last?.variadic ? last : undefined);
  return {
    command,
    path: pathOf(command),
    ...(valueFor !== undefined && { valueFor }),
    ...(argument !== undefined && { argument }),
    operandWords,
    literal,
    options,
    overrides,
  };
}

/** Its own options, then those of the commands above it; hidden ones stay hidden. */
export function optionsOf(command: Command): Option[] {
  const own = command.options.filter(({ hidden }) => !hidden);
  return command.parent === null ? own : [...own, ...optionsOf(command.parent)];
}

export function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

/** `--flag=value`: the flag, and the value where there is one. */
function split(word: string): [string, string?] {
  const at = word.startsWith('--') ? word.indexOf('=') : -1;
  return at === -1 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

function pathOf(command: Command): string {
  return command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();
}
