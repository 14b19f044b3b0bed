/** Commands of the shell itself that change what later commands mean, or run lines. */
import { type Judge, nothing, shellLine, unclear } from './judgement.ts';
import { isHarmless, reachesCommands, variableOf } from './variables.ts';
import type { ShellWord } from './words.ts';

/** Their words name variables that they set. */
const DECLARES = new Set(['export', 'declare', 'typeset', 'local', 'readonly', 'read', 'mapfile', 'readarray', 'getopts', 'unset', 'let', 'wait']); // prettier-ignore

/** What they name may be given to the commands that follow. */
const HANDS_ON = new Set(['export', 'declare', 'typeset', 'local']);

export function isDeclaration(name: string): boolean {
  return HANDS_ON.has(name) || name === 'readonly';
}

/** Whether it calculates subscripts, or reads values as lists, of what its words hold once the quotes are gone. */
export function evaluates(name: string): boolean {
  return DECLARES.has(name) || ['test', '[', 'printf'].includes(name);
}

/** Whether its words name elements of arrays, whose subscripts it calculates. */
export function subscripts(name: string): boolean {
  return DECLARES.has(name) || name === 'printf';
}

const BUILTINS: Record<string, Judge> = {
  eval: (words, dialect, more) => {
    if (words.length === 1) return more ? unclear('dynamic_code') : nothing;
    const code = words.slice(words[1]!.text === '--' ? 2 : 1);
    return more ? unclear('dynamic_code') : shellLine('eval', code, dialect);
  },
  source: () => unclear('loads_code'),
  '.': () => unclear('loads_code'),
  trap: (words) => (words.length === 1 ? nothing : unclear('shell_state')),
  alias: () => unclear('shell_state'),
  enable: () => unclear('shell_state'),
  complete: () => unclear('shell_state'),
  bind: () => unclear('shell_state'),
  fc: () => unclear('shell_state'),
  compgen: () => unclear('shell_state'),
  jobs: (words) => (words.some(({ text }) => text.startsWith('-x')) ? unclear('shell_state') : nothing),
  history: () => unclear('shell_state'),
  hash: (words) => (words.length === 1 || words[1]!.text === '-r' ? nothing : unclear('shell_state')),
  shopt: (words) => (words.slice(1).every(isHarmlessOption) ? nothing : unclear('shell_state')),
  set: (words) => {
    const end = words.findIndex(({ text }) => text === '--');
    return changesReading(words.slice(1, end === -1 ? undefined : end)) ? unclear('shell_state') : nothing;
  },
};

/** Undefined: it is no such command. */
export function builtinOf(name: string): Judge | undefined {
  if (DECLARES.has(name)) return judgeDeclaration;
  if (name === 'printf') return judgePrintf;
  return Object.hasOwn(BUILTINS, name) ? BUILTINS[name] : undefined;
}

const judgeDeclaration: Judge = (words) => {
  const [command] = words;
  const exports = command!.text === 'export' || (HANDS_ON.has(command!.text) && words.some(({ text }) => /^-[a-zA-Z]*x/.test(text))); // prettier-ignore
  for (const { text, dynamic } of words.slice(1)) {
    // A name that comes from elsewhere can be any. That of `NAME=$value` stands in the text.
    if (dynamic && !/^[A-Za-z_]\w*\+?=/.test(text) && !isValueOnly(command!)) return unclear('environment');
    // `read -aNAME`, `wait -pNAME`.
    if (/^-\w/.test(text) && [...text].some((_, at) => at > 1 && reachesCommands(text.slice(at)))) return unclear('environment'); // prettier-ignore
    const reaches = exports ? variableOf(text) !== '' && !isHarmless(text) : reachesCommands(text);
    if (reaches) return unclear('environment');
    // A name for another variable, whose name is a value; a value that is calculated; a function.
    if (/^-[a-zA-Z]*[nif]/.test(text) && /^(?:declare|typeset|local|export|readonly)$/.test(command!.text)) return unclear('shell_state'); // prettier-ignore
    if (/^-[a-zA-Z]*C/.test(text) && /^(?:mapfile|readarray)$/.test(command!.text)) return unclear('code');
  }
  return nothing;
};

/** Its words are no names of variables, or calculated ones. */
function isValueOnly(word: ShellWord): boolean {
  return word.text === 'let' || word.text === 'wait';
}

const judgePrintf: Judge = (words) => {
  const [, option, name] = words;
  if (option === undefined || (!option.dynamic && !option.text.startsWith('-v'))) return nothing;
  if (option.dynamic) return option.text.startsWith('"') ? nothing : unclear('environment');
  const variable = option.text === '-v' ? name : { text: option.text.slice(2), dynamic: false };
  if (variable === undefined || variable.dynamic || reachesCommands(variable.text)) return unclear('environment');
  return nothing;
};

function isHarmlessOption({ text, dynamic }: ShellWord): boolean {
  return (
    !dynamic &&
    /^(?:-[suqp]+|nullglob|dotglob|globstar|nocaseglob|nocasematch|failglob|lastpipe|inherit_errexit|pipefail)$/.test(
      text,
    )
  );
}

/** How `set` changes when the shell stops, what it prints, and which words stand for files: not how it reads a line. */
const SET_LETTERS = /^[-+][befhmntuvxBCEPTo]*$/;
const SET_NAMES = new Set([
  'braceexpand', 'emacs', 'errexit', 'errtrace', 'functrace', 'hashall', 'ignoreeof', 'monitor', 'noclobber', 'noexec', 'noglob', 'nolog', 'notify',
  'nounset', 'onecmd', 'physical', 'pipefail', 'verbose', 'vi', 'xtrace',
]); // prettier-ignore

/** `set -k` makes assignments of arguments, `set -a` gives them to all that follows; `posix` quotes otherwise; the history is code, too. */
function changesReading(words: readonly ShellWord[]): boolean {
  const isOption = ({ text }: ShellWord): boolean => /^[-+]./.test(text);
  // Its own words may follow: they are no names where no option asks for one.
  const asksForNames = words.some((word) => isOption(word) && word.text.includes('o'));
  return words.some((word) => {
    if (word.dynamic) return true;
    return isOption(word) ? !SET_LETTERS.test(word.text) : asksForNames && !SET_NAMES.has(word.text);
  });
}
