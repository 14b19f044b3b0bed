/** A list item's text without its mark. */
import type { Tokens } from 'marked';

const TAB_STOP = 4;
const MARK = /^( {0,3}(?:[*+-]|\d{1,9}[.)]))([ \t]*)/;
const TASK = /^\[[ xX]\][ \t]+/;
/** With more spaces than this behind the mark the item begins with indented code. */
const MOST_SPACES = 4;

export interface ItemContent {
  /** The text that begins with the item, spaces instead of the mark. */
  unmarked: string;
  /** What a line of the item says, without the indentation; undefined when it isn't one. */
  contentOf: (line: string) => string | undefined;
}

/** @param text begins with the item */
export function itemContent({ task }: Tokens.ListItem, text: string): ItemContent {
  const [all, mark, space] = MARK.exec(text) as unknown as [string, string, string];
  const blank = text.length === all.length || text.charAt(all.length) === '\n';
  const width = expanded(mark + space).length - mark.length;
  const indent = mark.length + (blank || width > MOST_SPACES ? 1 : width);
  const rest = text.slice(all.length);
  const content = ' '.repeat(Math.max(0, mark.length + width - indent)) + (task ? rest.replace(TASK, '') : rest);
  return {
    unmarked: ' '.repeat(indent) + content,
    contentOf(line) {
      if (line.trim() === '') return '';
      const aligned = line.replace(/^[ \t]+/, expanded);
      return aligned.search(/[^ ]/) >= indent ? aligned.slice(indent) : undefined;
    },
  };
}

function expanded(text: string): string {
  let line = '';
  for (const character of text) {
    line += character === '\t' ? ' '.repeat(TAB_STOP - (line.length % TAB_STOP)) : character;
  }
  return line;
}
