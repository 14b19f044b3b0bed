/** Words of a shell line: what the shell would pass, as far as that stands in the text. */
import type { CommandFact } from '../../../contract/values.ts';
import type { CommandArgument, DoubleQuotedChild, Word, WordPart } from 'unbash';

export interface ShellWord {
  /** Without quotes where it is literal, else as in the text. */
  text: string;
  /** The shell makes something else of it as it runs: one word, none or many. */
  dynamic: boolean;
  /** It begins with a tilde that is one, as in quotes: no home. */
  isTilde?: true;
}

/** As it is recorded: where no shell reads a tilde, it is a name, of the folder where the command runs. */
export function recordedText({ text, isTilde }: ShellWord): string {
  return isTilde ? `./${text}` : text;
}

export function plainWord(text: string): ShellWord {
  return { text, dynamic: false, ...(/^~(?:\/|$)/.test(text) && { isTilde: true }) };
}

/** Those of a command as it was recorded. */
export function wordsOf({ words, dynamic = [] }: Pick<CommandFact, 'words' | 'dynamic'>): ShellWord[] {
  return words.map((text, index) => ({ text, dynamic: dynamic.includes(index) }));
}

export function shellWord(word: Word): ShellWord {
  if (isMadeByTilde(word.text)) return { text: word.text, dynamic: true };
  const literal = word.parts === undefined ? word.value : literalOf(word.parts);
  if (literal === undefined) return { text: word.text, dynamic: true };
  return word.text.startsWith('~') ? { text: literal, dynamic: false } : plainWord(literal);
}

/** A word behind the command's name. Of `declare x=1` also that is one. */
export function argumentWord(argument: CommandArgument): ShellWord {
  if (argument.type === 'Word') return shellWord(argument);
  const { name, append, index, value, text } = argument;
  if (index || value.type !== 'Word') return { text, dynamic: true };
  const given = shellWord(value);
  return given.dynamic
    ? { text, dynamic: true }
    : { text: `${name}${append ? '+' : ''}=${given.text}`, dynamic: false };
}

/** `~/` is the person's own home; any other folder that a tilde stands for is known only to the shell, as are those behind `x=`. */
function isMadeByTilde(source: string): boolean {
  return /[=:]~/.test(source) || (source.startsWith('~') && source !== '~' && !source.startsWith('~/'));
}

/** `$'\\377'` is a byte, and no character of any text. */
const MAKES_BYTES = /\\(?:x[89a-f][\da-f]|[23][0-7][0-7])/i;

/** Undefined when a part of it isn't literal. */
function literalOf(parts: readonly (WordPart | DoubleQuotedChild)[]): string | undefined {
  let whole = '';
  for (const part of parts) {
    switch (part.type) {
      case 'AnsiCQuoted':
        if (MAKES_BYTES.test(part.text)) return undefined;
        whole += part.value;
        break;
      case 'Literal':
      case 'SingleQuoted':
        whole += part.value;
        break;
      case 'DoubleQuoted': {
        const inner = literalOf(part.parts);
        if (inner === undefined) return undefined;
        whole += inner;
        break;
      }
      default:
        return undefined;
    }
  }
  return whole;
}
