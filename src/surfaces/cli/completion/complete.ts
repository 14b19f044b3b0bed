/**
 * `runtime __complete`: what may stand where the cursor is (protocol.ts). Asked at each press of Tab, so it reads only what
 * the place asks for, takes no lock, asks no service, and never says that something is wrong.
 */
import type { Command } from 'commander';
import type { Environment } from '../../../base/environment.ts';
import { allKeys, findKey } from '../../../engine/config/keys.ts';
import { displayWidth, oneLine, truncate } from '../../terminal/width.ts';
import { TOPICS } from '../help/topics.ts';
import type { Io } from '../io.ts';
import { commandTree } from '../tree.ts';
import { KEY_KINDS, kindOf, type Kind } from './kinds.ts';
import { optionsOf, type Position, positionBehind, takesValue } from './position.ts';
import type { Candidate, ShellNames } from './protocol.ts';

interface Offer {
  candidates: Candidate[];
  shell?: ShellNames;
}

const NOTHING: Offer = { candidates: [] };
const WIDEST_MEANING = 72;
/** What no shell could put into a line, or what would break the protocol. */
const UNFIT = /[\p{Cc}\p{Cf}\u2028\u2029]|^:|^$/u;

export async function complete(io: Io, environment: Environment, words: readonly string[]): Promise<number> {
  const word = words.at(-1) ?? '';
  try {
    const { program } = commandTree({ io, environment, overrides: new Map() });
    const position = positionBehind(program, words.slice(0, -1));
    const { candidates, shell } = await offer(environment, program, position, word);
    const lines = candidates
      .filter(({ value }) => value.startsWith(word) && !UNFIT.test(value))
      .map(({ value, meaning }) => `${value}\t${shortLine(meaning)}\n`);
    io.stdout.write(lines.join('') + (shell === undefined ? '' : `:${shell}\n`));
  } catch {
    // The command itself will say what is wrong.
  }
  return 0;
}

async function offer(environment: Environment, program: Command, position: Position, word: string): Promise<Offer> {
  const { valueFor, literal, path, argument } = position;
  const values = (of: NonNullable<Position['valueFor']>, typed: string): Promise<Offer> =>
    typeof of === 'string' ? valuesOfKey(environment, position, of, typed) : valuesOf(environment, position, of, typed);
  if (valueFor !== undefined) return values(valueFor, word);
  if (!literal && word.startsWith('-')) {
    const [, flag, typed] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    if (flag === undefined || typed === undefined) return { candidates: flags(position, word) };
    const option = optionsOf(position.command).find(({ long }) => long === flag);
    const of = findKey(flag.slice(2))?.path ?? (option && takesValue(option) ? option : undefined);
    if (of === undefined) return NOTHING;
    const { candidates, ...shell } = await values(of, typed);
    return { candidates: candidates.map((one) => ({ ...one, value: `${flag}=${one.value}` })), ...shell };
  }
  const commands = subCommands(position);
  if (commands.length > 0 || argument === undefined) return { candidates: literal ? [] : commands };
  if (argument.argChoices) return { candidates: argument.argChoices.map((value) => ({ value, meaning: '' })) };
  return ofKind(environment, program, position, kindOf(path, argument), word);
}

function subCommands({ command }: Position): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), meaning: one.description() }));
}

/** Flags that are not there yet. Keys of the configuration, of which there are many, only when one is begun. */
function flags({ command, options }: Position, word: string): Candidate[] {
  const own = optionsOf(command)
    .filter((option) => !options.has(option))
    .flatMap(({ long, short, description }) =>
      [long, short].flatMap((flag) => (flag ? [{ value: flag, meaning: description }] : [])),
    );
  const help = { value: '--help', meaning: 'show this help' };
  const keys = allKeys.map(({ path, description }) => ({ value: `--${path}`, meaning: description }));
  return [...own, help, ...(/^--\w/.test(word) ? keys : [])];
}

async function valuesOf(
  environment: Environment,
  position: Position,
  option: Exclude<Position['valueFor'], string | undefined>,
  word: string,
): Promise<Offer> {
  if (option.argChoices) return { candidates: option.argChoices.map((value) => ({ value, meaning: '' })) };
  return ofKind(environment, undefined, position, kindOf(position.path, option), word);
}

async function valuesOfKey(environment: Environment, position: Position, path: string, word: string): Promise<Offer> {
  const key = findKey(path);
  if (key?.kind === 'boolean') return { candidates: ['true', 'false'].map((value) => ({ value, meaning: '' })) };
  if (key?.kind === 'choice') return { candidates: (key.values ?? []).map((value) => ({ value, meaning: '' })) };
  return ofKind(environment, undefined, position, KEY_KINDS[path], word);
}

async function ofKind(
  environment: Environment,
  program: Command | undefined,
  position: Position,
  kind: Kind | undefined,
  word: string,
): Promise<Offer> {
  switch (kind) {
    case undefined:
    case 'text':
      return NOTHING;
    case 'file':
      return { candidates: [], shell: 'files' };
    case 'folder':
      return { candidates: [], shell: 'folders' };
    case 'help':
      return { candidates: program === undefined ? [] : helpWords(program, position) };
    default: {
      const { namesOf } = await import('./names.ts');
      return {
        candidates: await namesOf(environment, position, kind, word),
        ...(kind === 'journal' && { shell: 'files' }),
      };
    }
  }
}

/** Topics, and the commands down to where the words have come. */
function helpWords(program: Command, { operandWords }: Position): Candidate[] {
  let command: Command | undefined = program;
  for (const word of operandWords) command = command?.commands.find((one) => one.name() === word);
  const commands = (command?.commands ?? []).map((one) => ({ value: one.name(), meaning: one.description() }));
  if (operandWords.length > 0) return commands;
  const topics = [...TOPICS].map(([value, { summary }]) => ({ value, meaning: summary }));
  return [...topics, ...commands.filter(({ value }) => !TOPICS.has(value))];
}

/** On one line that fits beside the value. */
function shortLine(text: string): string {
  const line = oneLine(text.replaceAll('\t', ' '));
  return displayWidth(line) > WIDEST_MEANING ? truncate(line, WIDEST_MEANING) : line;
}
