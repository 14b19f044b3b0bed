/** Where blocks end for certain, and how long to wait for that. */
import type { Token } from 'marked';
import { LONG_PARAGRAPH } from './paragraph.ts';

const LONG_CONTAINER = 800;
const LONG_CONTAINER_LINES = 10;
export const FROZEN_ROWS = 30;
/** HTML and the like is settled in parts of this size. */
export const LONG_LITERAL = 1024;
/** Of a row, or of what may become one, so much is waited for. */
export const LONGEST_BLOCK = 8192;

export const BEGINS_WITH_LETTER = /^[A-Za-z]/;
const CONTINUES_ITEM = /^(?: {2,})?[A-Za-z]/;
/** Nothing can be told about the block before there is more on the line. */
export const ONLY_MARKS = /^[\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)*(?:[-=*_+#`~|:\s]*|\d{1,9}[.)]?|\[[ xX]?\]?\s*)$/;
const MANY_MARKS = /^(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$))){17}/;
const RULE = /^ {0,3}([-*_])(?:[ \t]*\1)*[ \t]*$/;
const ENDS_WITH_LINE = new Set(['heading', 'hr']);
const ENDS_WITH_BLANK = new Set(['paragraph', 'blockquote', 'table', 'def']);
const WAITS_FOR_LINE_END = /^ {0,3}(?:`{3}|~{3}|\|)/;

/** Most lines only make their block, of this kind, longer: the lexer needn't be asked. */
export function changesNothing(tail: string, kind: string | undefined, line: string): boolean {
  const length = tail.length + line.length;
  if (tail === '') return BEGINS_WITH_LETTER.test(line) && length < LONG_PARAGRAPH;
  if (tail.endsWith('\n\n')) return false;
  const short = (): boolean => length < LONG_CONTAINER && linesOf(tail) < LONG_CONTAINER_LINES;
  switch (kind) {
    case 'paragraph':
      return length < LONG_PARAGRAPH && BEGINS_WITH_LETTER.test(line);
    case 'list':
      return CONTINUES_ITEM.test(line) && short();
    case 'blockquote':
      return line.startsWith('>') && short();
    case 'table':
      return length < LONGEST_BLOCK && line.startsWith('|') && linesOf(tail) < FROZEN_ROWS;
    default:
      return false;
  }
}

/** A piece of a line says too little: a row needs all of its cells, a fence all of its language. */
export function mustWait(tail: string, kind: string | undefined): boolean {
  const line = tail.slice(tail.lastIndexOf('\n') + 1);
  return tail.length < LONGEST_BLOCK && (kind === 'table' || WAITS_FOR_LINE_END.test(line));
}

/** So many marks on one line are no text; each would be a level of nesting. */
export function isTooDeep(line: string): boolean {
  return MANY_MARKS.test(line) && !RULE.test(line);
}

function linesOf(text: string): number {
  return text.split('\n').length;
}

export function isLong(block: string): boolean {
  return block.length >= LONG_CONTAINER || linesOf(block) > LONG_CONTAINER_LINES;
}

/** How many of the tokens can't change whatever follows. */
export function finalTokens(tokens: Token[], endsLine: boolean): number {
  const last = tokens.findLastIndex(({ type }) => type !== 'space');
  const token = tokens[last];
  if (token === undefined) return tokens.length;
  const ended =
    endsLine && (ENDS_WITH_LINE.has(token.type) || (last < tokens.length - 1 && ENDS_WITH_BLANK.has(token.type)));
  return ended ? tokens.length : last;
}
