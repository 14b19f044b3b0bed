/**
 * Files that programs of every day write by their words. Two kinds: those that only read but for an option, and those whose
 * name says that they write. What others write by themselves nobody sees here.
 */
import { VIA_JOINT } from '../../../contract/command-words.ts';
import { type GitCall, gitCall } from './git-operands.ts';
import { mayBeOption } from './options.ts';
import { transferFiles } from './transfer-files.ts';
import type { CommandFact } from '../../../contract/values.ts';
import { wordsOf } from './words.ts';

export interface Outputs {
  files: string[];
  /** Folders are written below: each of these names, where the last of the files is one. */
  into?: string[];
  /** Files that are read, and sent elsewhere. */
  reads?: string[];
  /** A program that else reads does so by an option: who allows the program doesn't mean that. */
  byOption: boolean;
}

interface Operands {
  words: (string | undefined)[];
  /** Values of the options that name a file. */
  named: (string | undefined)[];
}

/** Short options as letters: those with a value, and which of them, or of the long ones, names a file that is written. */
interface Naming {
  values: string;
  short: string;
  long: readonly string[];
}

const READERS: Record<string, Naming> = {
  sort: { values: 'kotST', short: 'o', long: ['output'] },
  shuf: { values: 'ino', short: 'o', long: ['output'] },
  iconv: { values: 'fto', short: 'o', long: ['output'] },
  tree: { values: 'LPIoHTR', short: 'o', long: [] },
  uniq: { values: 'fsw', short: '', long: [] },
};

const COPIERS: Record<string, Naming> = {
  cp: { values: 'tS', short: 't', long: ['target-directory'] },
  mv: { values: 'tS', short: 't', long: ['target-directory'] },
  ln: { values: 'tS', short: 't', long: ['target-directory'] },
  install: { values: 'tSgmo', short: 't', long: ['target-directory'] },
};

const WRITES: Record<string, (words: Words) => Outputs | 'unknown' | undefined> = {
  find: deletedOrPrinted,
  sed: inPlace,
  gsed: inPlace,
  tee: (words) => known(operandsOf(words, { values: '', short: '', long: [] }).words, false),
  dd: (words) => known(words.filter((word) => word === undefined || word.startsWith('of=')).map((word) => word?.slice(3)), false), // prettier-ignore
};

/** Undefined: the shell makes it as it runs. */
type Words = readonly (string | undefined)[];

/** Undefined: it is no such program, or writes nothing. `unknown`: which files can't be known. */
export function outputsOf(command: CommandFact): Outputs | 'unknown' | undefined {
  const { words, dynamic = [], via } = command;
  const name = words[0]?.slice(words[0].lastIndexOf('/') + 1) ?? '';
  const rest = words.slice(1).map((word, index) => (dynamic.includes(index + 1) ? undefined : word));
  // What its caller adds may be names of files as well.
  const more = via?.split(VIA_JOINT).includes('xargs') === true;
  if (more) rest.push(undefined);
  if (name === 'git') return ofGit(command, rest);
  const transfer = transferFiles(command);
  // wget writes by nature, curl only by an option.
  if (transfer) return transfer === 'unknown' ? transfer : { ...transfer, byOption: name === 'curl' };
  if (Object.hasOwn(WRITES, name)) return WRITES[name]!(rest);
  if (Object.hasOwn(READERS, name) || name === 'xxd') {
    if (mayBeOption(wordsOf(command).slice(1), more)) return 'unknown';
    if (name === 'xxd') return secondOfXxd(rest);
    const { words: files, named } = operandsOf(rest, READERS[name]!);
    return known(name === 'uniq' ? files.slice(1, 2) : named, true);
  }
  return Object.hasOwn(COPIERS, name) ? copied(name, operandsOf(rest, COPIERS[name]!)) : undefined;
}

function known(files: Words, byOption: boolean): Outputs | 'unknown' | undefined {
  if (files.length === 0) return undefined;
  return files.some((file) => file === undefined) ? 'unknown' : { files: files as string[], byOption };
}

/** The last is what they write, the others what is taken; what is moved or linked is touched as well. */
function copied(name: string, { words, named }: Operands): Outputs | 'unknown' | undefined {
  const target = named.length > 0 ? named : words.slice(-1);
  const sources = named.length > 0 ? words : words.slice(0, -1);
  const touched = name === 'mv' || name === 'ln' ? sources : [];
  const found = known([...touched, ...target], false);
  return typeof found === 'object' ? { ...found, into: sources.filter((one) => one !== undefined) } : found;
}

function operandsOf(words: Words, { values, short, long }: Naming): Operands {
  const found: Operands = { words: [], named: [] };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === '--') {
      found.words.push(...words.slice(at + 1));
      break;
    }
    if (word === undefined || !word.startsWith('-') || word === '-') {
      found.words.push(word);
      continue;
    }
    if (word.startsWith('--')) {
      const [name = '', value] = word.slice(2).split(/=([^]*)/, 2);
      if (long.some((one) => one.startsWith(name))) found.named.push(value ?? words[(at += 1)]);
      continue;
    }
    const letter = [...word].findIndex((one, index) => index > 0 && values.includes(one));
    if (letter === -1) continue;
    const value = word.length > letter + 1 ? word.slice(letter + 1) : words[(at += 1)];
    if (short.includes(word[letter]!)) found.named.push(value);
  }
  return found;
}

/** Its options are words, not letters that stand together: without a value, with that of the next word, and with one of their own. */
const XXD = [
  /^--?(?:a|autoskip|b|bits|C|capitalize|d|e|E|EBCDIC|h|help|i|include|p|ps|postscript|plain|r|revert|u|v|version)$/,
  /^--?(?:c|cols|g|groupsize|l|len|n|name|o|offset|s|skip|seek|R)$/,
  /^-[cglos][+-]?(?:0x)?[\da-f]+$/,
] as const;

/** It writes its second operand. */
function secondOfXxd(words: Words): Outputs | 'unknown' | undefined {
  const operands: (string | undefined)[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    const kind = word !== undefined && /^-./.test(word) ? XXD.findIndex((one) => one.test(word)) : undefined;
    if (kind === -1) return 'unknown';
    if (kind === undefined) operands.push(word);
    else if (kind === 1) at += 1;
  }
  return known(operands.slice(1, 2), true);
}

/** Where it begins, for what it deletes there; and files that it prints to. */
function deletedOrPrinted(words: Words): Outputs | 'unknown' | undefined {
  const printed = words.filter((_, at) => /^-f(?:print0?|printf|ls)$/.test(words[at - 1] ?? ''));
  if (!words.includes('-delete')) return known(printed, true);
  const end = words.findIndex((word) => word !== undefined && /^[-(!]/.test(word));
  // With links that are followed nobody sees where that leads.
  if (/^-(?:L|H|files0-from)/.test(words[end] ?? '')) return 'unknown';
  return known([...(end === 0 ? ['.'] : words.slice(0, end)), ...printed], true);
}

function ofGit(command: CommandFact, words: Words): Outputs | 'unknown' | undefined {
  const call = gitCall(wordsOf(command));
  const isShort = /^(?:archive|format-patch)$/.test(call?.command ?? '');
  const at = words.findIndex((word) => word !== undefined && ((isShort && /^-[a-zA-Z]*o/.test(word)) || /^(?:--output(?:-directory)?(?:=|$)|--outp?u?$|--outp?u?=)/.test(word))); // prettier-ignore
  if (at === -1) return call && madeByGit(call);
  // The folder may be that of an option before.
  if (words[0]?.startsWith('-')) return 'unknown';
  const word = words[at]!;
  // Which of the letters before have values depends on the subcommand.
  if (/^-[a-zA-Z]+o/.test(word) && !word.startsWith('-o')) return 'unknown';
  if (/^-o./.test(word)) return known([word.slice(2)], true);
  return known([word.includes('=') ? word.slice(word.indexOf('=') + 1) : words[at + 1]], true);
}

/** Folders that it makes, and files that some of its subcommands write. */
function madeByGit(call: GitCall): Outputs | 'unknown' | undefined {
  const operands = call.operands.map(({ text, dynamic }) => (dynamic ? undefined : text));
  switch (call.command) {
    case 'init':
      return known(operands.slice(0, 1), false);
    case 'clone':
      return known(operands.length > 1 ? operands.slice(1) : [cloneOf(operands[0])], false);
    case 'worktree':
      return known(operands[0] === 'add' || operands[0] === 'move' ? operands.slice(operands[0] === 'add' ? 1 : 2).slice(0, 1) : [], false); // prettier-ignore
    case 'bundle':
      return known(operands[0] === 'create' ? operands.slice(1, 2) : [], true);
    case 'checkout-index': {
      const prefix = call.rest.find(({ text }) => text.startsWith('--prefix='));
      return known(prefix ? [prefix.dynamic ? undefined : prefix.text.slice('--prefix='.length)] : [], true);
    }
    default:
      return undefined;
  }
}

/** The folder that git names after what it clones. */
function cloneOf(repository: string | undefined): string | undefined {
  return repository?.replace(/\/+$/, '').replace(/(?:\/?\.git|\.bundle)$/, '').split(/[/:]/).at(-1); // prettier-ignore
}

function inPlace(words: Words): Outputs | 'unknown' | undefined {
  const isScript = (word: string | undefined): boolean => word !== undefined && /^(?:-[nrEsuz]*e|--expression(?:=|$))/.test(word); // prettier-ignore
  if (!words.some((word) => word !== undefined && /^(?:-[nrEsuz]*i|--in-place)/.test(word))) return undefined;
  const files = words.filter((word, at) => {
    const isValue = /^(?:-[nrEsuz]*e|--expression)$/.test(words[at - 1] ?? '');
    return !isValue && !(word?.startsWith('-') === true);
  });
  return known(words.some(isScript) ? files : files.slice(1), true);
}
