/**
 * What bash calculates it reads as code: a value like `a[$(rm x)]` runs its subscript, wherever it came from. So a line
 * that calculates with names and takes texts from elsewhere may run anything.
 */
import { type Command, forEachChild, type SyntaxNode } from 'unbash';
import { isDeclaration, subscripts } from './builtins.ts';
import { argumentWord, shellWord } from './words.ts';

const NAMES = /[A-Za-z_$`]/;
const COMPARES = /^-(?:eq|ne|lt|le|gt|ge)$/;
const READS = new Set(['read', 'mapfile', 'readarray', 'getopts']);
const KEEPS = new Set(['set', 'printf']);
/** They calculate their words, or subscripts in them: also of what patterns and alternatives become. */
const CALCULATE = new Set(['let', 'wait', 'set']);

/** `export` reads no value as a list. */
const declares = (name: string): boolean => isDeclaration(name) && name !== 'export';
/** The shell has them from the beginning. */
const OWN_LISTS = /^["']?(?:BASH_(?:ALIASES|ARGC|ARGV|CMDS|LINENO|REMATCH|SOURCE|VERSINFO)|COMP_WORDS|COMPREPLY|COPROC|DIRSTACK|FUNCNAME|GROUPS|MAPFILE|PIPESTATUS)\b/; // prettier-ignore
const ASKS = new Set(['test', '[']);
/** As many words as there are in it. */
const ALL_OF_LIST = /\$@|\$\{@|\[@\]/;

/** Variables that bash sets to texts: of the line, its words, what it reads, folders. Others hold numbers, or what stands elsewhere. */
const TEXTS =
  /BASH_(?:EXECUTION_STRING|COMMAND|ARGV|SOURCE|REMATCH|ALIASES|CMDS)|REPLY|OPTARG|FUNCNAME|MAPFILE|DIRSTACK|PWD|(?:COMP|READLINE)_(?:LINE|WORDS)|\bPS[0-4]\b/;
/** The last word of the command before. That of `for _ in …` is the line's. */
const LAST_WORD = /(?<!\bfor\s+)\b_\b/;
const QUOTES = /["'\\]/g;

/** `a[x]`, of a builtin's word. */
const SUBSCRIPT = /[A-Za-z_]\w*\[[^\]]*[A-Za-z_$`]/;

/** An expansion beside another one, or beside a piece of such names. */
const JOINED = /(?<!\w)[A-Z_]+["']*\$["']?[\w{]|(?:\$\w+["']+|\}["']*)[A-Z_]+(?![a-z\d])|(?:\$\w+|\})["']*\$/;

/** With more than numbers. */
export function calculates(node: SyntaxNode): boolean {
  switch (node.type) {
    case 'ArithmeticWord':
      return NAMES.test(node.value);
    case 'ArithmeticCommandExpansion':
      return true;
    case 'TestBinary':
      return COMPARES.test(node.operator);
    case 'TestUnary':
      return node.operator === '-v';
    case 'Slice':
      return NAMES.test(`${node.offset.text} ${node.length?.text ?? ''}`);
    case 'ParameterExpansion':
    case 'Assignment':
      return node.index !== undefined && NAMES.test(node.index.text);
    case 'ArrayValue':
      return node.elements.some(({ text }) => /^\[[^\]]*[A-Za-z_$`]/.test(text));
    case 'Command': {
      const { name, args } = called(node);
      if (name === 'let') return true;
      if (name === 'wait' && args.some((word) => word.text !== '$!' && argumentWord(word).dynamic)) return true;
      if (subscripts(name)) return args.some(({ text }) => SUBSCRIPT.test(text.replace(QUOTES, '')));
      return ASKS.has(name) && mayAsk(args);
    }
    default:
      return false;
  }
}

/** For a variable (`-v`), whose subscript is calculated: said so, or by words of which one may say it, and another stand behind it. */
function mayAsk(words: Command['args']): boolean {
  return words.some((word, at) => {
    const { text } = word;
    if (text === '-v' || text.startsWith('$') || ALL_OF_LIST.test(text)) return true;
    if (isManyWords(word) && /^(?:-|\*|\?|\[.*\]|\{.*\})+(?:v|\*|\?|\[.*\]|\{.*\})*$/.test(text)) return true;
    const next = words[at + 1];
    return next !== undefined && argumentWord(word).dynamic && argumentWord(next).dynamic;
  });
}

/** Whether it makes an array, or declares one of the shell's own. */
export function makesList(node: SyntaxNode): boolean {
  switch (node.type) {
    case 'ArrayValue':
      return true;
    case 'Assignment':
      return node.index !== undefined;
    case 'Command': {
      const { name, args } = called(node);
      if (READS.has(name) && name !== 'read') return true;
      return (declares(name) || name === 'read') && args.some(({ text }) => /^-\w*[aA]/.test(text) || OWN_LISTS.test(text)); // prettier-ignore
    }
    default:
      return false;
  }
}

/** Whether it declares with a value that is no plain text: of an array, bash reads that as the line's own (`declare -a x="$y"`). */
export function declaresValue(node: SyntaxNode): boolean {
  if (node.type !== 'Command') return false;
  const { name, args } = called(node);
  if (!declares(name)) return false;
  const isMade = (arg: Command['args'][number]): boolean => arg.text.includes('=') && argumentWord(arg).dynamic;
  return args.some((arg) => isMade(arg) && !(arg.type === 'Assignment' && arg.value.type === 'ArrayValue'));
}

/** Whether a text, or the line itself, names a variable that bash sets to a text. */
export function namesText(text: string): boolean {
  const bare = text.replace(QUOTES, '');
  return TEXTS.test(bare) || LAST_WORD.test(bare);
}

/** Texts that are not plain in the line: output, input, names of files; pieces of which one has a bracket, or that may make a name. */
export function bringsText(node: SyntaxNode): boolean {
  switch (node.type) {
    case 'CommandExpansion':
    case 'ArithmeticCommandExpansion':
    case 'Select':
      return true;
    case 'Default':
      return node.operator.includes('=');
    case 'Names':
      return true;
    case 'ArithmeticWord':
      return isPieced(node, node.value);
    case 'Word':
      return node.text.includes("$'") && namesText(shellWord(node).text);
    case 'Assignment': {
      const isAdded = node.append === true && node.value.type === 'Word' && NAMES.test(node.value.text);
      const isMade = node.value.type === 'ArrayValue' && node.value.elements.some(isManyWords);
      return isAdded || isMade || hasBracket(node) || isPieced(node, node.text);
    }
    case 'For':
      return node.wordlist?.some((word) => hasBracket(word) || isManyWords(word) || isPieced(word, word.text)) === true;
    case 'Command': {
      const { name, args } = called(node);
      if (CALCULATE.has(name) && args.some(isManyWords)) return true;
      // Whatever comes behind what asks.
      if (ASKS.has(name) && mayAsk(args) && args.some(isManyWords)) return true;
      return READS.has(name) || (KEEPS.has(name) && args.some((word) => hasBracket(word) || isPieced(word, word.text))) || puts({ name, args }); // prettier-ignore
    }
    default:
      return false;
  }
}

function hasBracket(node: SyntaxNode): boolean {
  if ((node.type === 'Literal' || node.type === 'SingleQuoted' || node.type === 'AnsiCQuoted') && node.value.includes('[')) return true; // prettier-ignore
  if (node.type === 'Word' && node.parts === undefined && node.value.includes('[')) return true;
  return someChild(node, hasBracket);
}

interface Called {
  name: string;
  args: Command['args'];
}

/** Behind `command` and `builtin`, and without quotes. */
function called({ name, args }: Pick<Command, 'name' | 'args'>): Called {
  const text = name ? shellWord(name).text : '';
  if (text !== 'command' && text !== 'builtin') return { name: text, args };
  const at = args.findIndex((arg) => !arg.text.startsWith('-'));
  const next = args[at];
  return next?.type === 'Word' ? called({ name: next, args: args.slice(at + 1) }) : { name: text, args };
}

/** `printf -v` puts texts together. */
function puts({ name, args }: Called): boolean {
  return name === 'printf' && args[0]?.text.startsWith('-v') === true && args.some(({ text }) => /%[^\s%]*[bcqs]/.test(text)); // prettier-ignore
}

function isPieced(node: SyntaxNode, text: string): boolean {
  return JOINED.test(text) || hasOperation(node);
}

/** It takes a part of a value, or changes it. */
function hasOperation(node: SyntaxNode): boolean {
  switch (node.type) {
    case 'Remove':
    case 'Replace':
    case 'Slice':
    case 'CaseModification':
    case 'Transform':
      return true;
    default:
      return someChild(node, hasOperation);
  }
}

/** Names of files, or alternatives put together: words that stand nowhere in the line. */
function isManyWords(node: SyntaxNode): boolean {
  if (hasGlob(node)) return true;
  const parts = node.type === 'Word' ? (node.parts ?? []) : [];
  return (
    parts.length > 1 &&
    parts.some(({ type }) => type === 'BraceExpansion') &&
    NAMES.test(parts.map(({ text }) => text).join(''))
  );
}

function hasGlob(node: SyntaxNode): boolean {
  return node.type === 'Glob' || someChild(node, hasGlob);
}

function someChild(node: SyntaxNode, holds: (child: SyntaxNode) => boolean): boolean {
  let found = false;
  forEachChild(node, (child) => {
    found ||= holds(child);
  });
  return found;
}

/** A substitution that quotes keep for later, as the value of a variable. */
export function keepsCode(text: string): boolean {
  return /'[^']*(?:\$[({]|`)|\\[$`]/.test(text);
}

/** The same where what quotes hold is calculated at once: also written by codes of its characters. */
export function hidesCode(text: string): boolean {
  return keepsCode(text) || /\$'[^']*\\/.test(text);
}
