/**
 * Blocks as they arrive. Line by line, so that what is settled is a matter of the text and not of its pieces on the way:
 *
 * - Lines gather in `tail`, which begins where a block begins. When a line may have ended a block, marked's lexer reads the
 *   tail. What stands before the last block can't change any more and is settled; so is the last one when its kind ends with
 *   its line (heading, rule) or a blank line follows (paragraph, quote, table). Definitions of links count from there on; a
 *   reference before its definition stays text.
 * - Items of a list are settled when the next one has begun. Whether a blank line parts two items is decided between them.
 * - A block that is too long to wait for becomes a `part`, which takes the lines from then on: code at once; an item or a
 *   quote, whose content is then a stream of its own; a table after 30 rows, by which its columns are fixed.
 * - A long paragraph is cut where no emphasis, link … is open. Its last line isn't full: that is `carry`, and the tail goes on
 *   with it. A `guard` before the tail then keeps the lexer from seeing the beginning of another block in the middle of a line.
 */
import type { Token, Tokens } from 'marked';
import { itemHang, quoteHang, type Setting } from './blocks.ts';
import {
  BEGINS_WITH_LETTER,
  changesNothing,
  finalTokens,
  FROZEN_ROWS,
  isLong,
  isTooDeep,
  LONG_LITERAL,
  LONGEST_BLOCK,
  mustWait,
  ONLY_MARKS,
} from './boundaries.ts';
import { createFencedCode, createIndentedCode, fenceOf } from './code-part.ts';
import { createContainerPart } from './container-part.ts';
import type { Hang } from './hang.ts';
import { itemContent } from './item-content.ts';
import type { MarkdownLexer } from './lexer.ts';
import type { Look } from './look.ts';
import { mend } from './mend.ts';
import { LONG_PARAGRAPH, safeCut } from './paragraph.ts';
import type { BlockStream, Part } from './part.ts';
import { createTablePart } from './table-part.ts';
import { readTable } from './table.ts';
import {
  beginList,
  copyOf,
  guardOf,
  nothingWritten,
  put,
  putCarry,
  putItems,
  putPartly,
  putToken,
  type Written,
} from './writer.ts';

interface Position {
  columns: number;
  /** How many lists this is in. */
  depth: number;
  tight: boolean;
}

/** A line of a quote and what it says. */
const QUOTED = /^ {0,3}> ?(.*)$/;

export function createBlockStream(lexer: MarkdownLexer, look: Look, position: Position): BlockStream {
  let { columns } = position;
  const { depth, tight } = position;
  const written = nothingWritten(tight);
  let tail = '';
  let part: Part | undefined;
  /** The kind of the block that the tail ends in, when that is known. */
  let kind: string | undefined;

  return { take, live, end, resize, inParagraph };

  function take(text: string, endsLine: boolean): string[] {
    if (part !== undefined) return takeInPart(part, text, endsLine);
    if (tail === '' && endsLine && written.carry === undefined && text.trim() === '') {
      written.flow.blank = true;
      return [];
    }
    if (isTooDeep(text)) return takeLiterally(text, endsLine);
    const quiet = endsLine && changesNothing(tail, kind, text);
    if (tail === '' && BEGINS_WITH_LETTER.test(text)) kind = 'paragraph';
    tail += endsLine ? `${text}\n` : text;
    return quiet || (!endsLine && mustWait(tail, kind)) ? [] : settle(endsLine);
  }

  function takeInPart(open: Part, text: string, endsLine: boolean): string[] {
    const { lines, over } = open.take(text, endsLine);
    const settled = put(written, open.type, lines);
    if (over === undefined) return settled;
    leavePart(open);
    return over === 'with' ? settled : [...settled, ...take(text, endsLine)];
  }

  function leavePart({ type }: Part): void {
    part = undefined;
    kind = undefined;
    // Another item may follow.
    if (type !== 'list') written.begun = false;
  }

  function takeLiterally(text: string, endsLine: boolean): string[] {
    const settled = end();
    beginParagraph();
    tail = endsLine ? `${text}\n` : text;
    return [...settled, ...settle(endsLine)];
  }

  function settle(endsLine: boolean): string[] {
    const settled: string[] = [];
    for (;;) {
      const text = guardOf(written) + tail;
      const { tokens, inline } = lexer.lex(text);
      if (written.carry !== undefined && tokens[0]?.type === 'table') {
        settled.push(...putCarry(written, written.carry, setting(inline)));
        continue;
      }
      const final = finalTokens(tokens, endsLine);
      let consumed = 0;
      for (const token of tokens.slice(0, final)) {
        settled.push(...putToken(written, token, setting(inline)));
        if (token.type === 'def') lexer.define(token as Tokens.Def);
        consumed += token.raw.length;
      }
      if (consumed > 0) tail = text.slice(consumed);
      const open = tokens[final];
      kind = open?.type;
      if (open === undefined) return settled;
      const { length } = tail;
      settled.push(...advance(open, setting(inline), endsLine));
      if (part !== undefined || tail.length === length || tail.length < LONG_PARAGRAPH) return settled;
    }
  }

  /** Settles what it can of the block that is open, which is then shorter, gone, or a part. */
  function advance(token: Token, at: Setting, endsLine: boolean): string[] {
    switch (token.type) {
      case 'code':
        return endsLine ? openCode(token as Tokens.Code) : forced(token, at, endsLine);
      case 'list':
        return advanceList(token as Tokens.List, at, endsLine);
      case 'blockquote':
        return endsLine && !isLong(token.raw) ? [] : openQuote(endsLine);
      case 'table':
        if (!endsLine) return forced(token, at, endsLine);
        if ((token as Tokens.Table).rows.length < FROZEN_ROWS && tail.length < LONGEST_BLOCK) return [];
        return openTable(token as Tokens.Table, at);
      case 'paragraph':
        return cutParagraph();
      default:
        return endsLine && tail.length < LONG_LITERAL ? [] : forced(token, at, endsLine);
    }
  }

  function openCode(token: Tokens.Code): string[] {
    const fence = fenceOf(token.raw, token.lang ?? '');
    const code = fence === undefined ? createIndentedCode(look, columns) : createFencedCode(fence, look, columns);
    return openPart(code, fence === undefined ? tail : tail.slice(tail.indexOf('\n') + 1), true);
  }

  function advanceList(list: Tokens.List, at: Setting, endsLine: boolean): string[] {
    const state = beginList(written, list);
    const done = list.items.slice(0, -1);
    const settled = putItems(written, done, at);
    for (const { raw } of done) tail = tail.slice(raw.length);
    const item = list.items.at(-1)!;
    if (endsLine && !isLong(item.raw)) return settled;

    const { next, blank } = state;
    if (blank) settled.push(...put(written, 'list', ['']));
    const { unmarked, contentOf } = itemContent(item, tail);
    const hangFor = (width: number): Hang => itemHang(item, next, { ...at, columns: width });
    const content = streamInside(hangFor(columns).columns, depth + 1, true);
    const ended = (blankLine: boolean): void => {
      state.next = next + 1;
      state.blank = blankLine;
      written.flow.blank = blankLine;
    };
    const open = createContainerPart({ type: 'list', content, hangFor, columns, contentOf, isLazy, ended });
    return [...settled, ...openPart(open, unmarked, endsLine)];
  }

  function openQuote(endsLine: boolean): string[] {
    const hangFor = (width: number): Hang => quoteHang(look, width);
    const content = streamInside(hangFor(columns).columns, depth, false);
    const contentOf = (line: string): string | undefined => QUOTED.exec(line)?.[1];
    const ended = (blankLine: boolean): void => {
      written.flow.blank = blankLine;
    };
    const open = createContainerPart({ type: 'blockquote', content, hangFor, columns, contentOf, isLazy, ended });
    return openPart(open, tail, endsLine);
  }

  function openTable(table: Tokens.Table, at: Setting): string[] {
    const head = `${tail.split('\n', 2).join('\n')}\n`;
    const { shape } = readTable(table, at.inline, look);
    const settled = putToken(written, table, at);
    written.begun = true;
    return [...settled, ...openPart(createTablePart(head, shape, { lexer, look, columns }), '', true)];
  }

  function openPart(opened: Part, text: string, endsLine: boolean): string[] {
    part = opened;
    tail = '';
    const lines = text.split('\n');
    const last = lines.pop()!;
    const settled = lines.flatMap((line) => take(line, true));
    return endsLine ? settled : [...settled, ...take(last, false)];
  }

  function cutParagraph(): string[] {
    const cut = tail.length < LONG_PARAGRAPH ? 0 : safeCut(tail);
    if (cut === 0) return [];
    const { tokens, inline } = lexer.lex(guardOf(written) + tail.slice(0, cut));
    const spaced = /\s/.test(tail.charAt(cut - 1));
    tail = tail.slice(cut);
    return putPartly(written, tokens[0], spaced, setting(inline));
  }

  /** The block as it is: it is too long to wait for its end. What follows on its line is a paragraph. */
  function forced(token: Token, at: Setting, endsLine: boolean): string[] {
    const settled = putToken(written, token, at);
    tail = '';
    if (!endsLine) beginParagraph();
    return settled;
  }

  function beginParagraph(): void {
    kind = 'paragraph';
    written.carry = [];
  }

  function live(text: string): string[] {
    const shown = copyOf(written);
    const begun = ONLY_MARKS.test(text) ? '' : text;
    if (part === undefined) return unsettled(tail + begun, shown);
    const { lines, foreign } = part.live(text);
    const rest = put(shown, part.type, lines);
    if (!foreign) return rest;
    if (part.type !== 'list') shown.begun = false;
    else if (shown.list !== undefined) shown.list.next++;
    return [...rest, ...unsettled(begun, shown)];
  }

  function unsettled(text: string, shown: Written): string[] {
    const { tokens, inline } = lexer.lex(guardOf(shown) + text, mend);
    return allLines(tokens, shown, setting(inline));
  }

  function end(): string[] {
    if (part !== undefined) {
      const lines = put(written, part.type, part.end());
      leavePart(part);
      return lines;
    }
    const { tokens, inline } = lexer.lex(guardOf(written) + tail);
    tail = '';
    return allLines(tokens, written, setting(inline));
  }

  function allLines(tokens: Token[], at: Written, where: Setting): string[] {
    const lines = tokens.flatMap((token) => putToken(at, token, where));
    return at.carry === undefined ? lines : [...lines, ...putCarry(at, at.carry, where)];
  }

  function resize(next: number): void {
    columns = next;
    part?.resize(next);
  }

  function inParagraph(): boolean {
    if (part !== undefined) return part.inParagraph();
    return !tail.endsWith('\n\n') && (kind === 'paragraph' || kind === 'list' || kind === 'blockquote');
  }

  function setting(inline: Setting['inline']): Setting {
    return { look, columns, depth, inline };
  }

  function streamInside(width: number, lists: number, items: boolean): BlockStream {
    return createBlockStream(lexer, look, { columns: width, depth: lists, tight: items });
  }

  function isLazy(line: string): boolean {
    const [token] = lexer.lex(`${line}\n`).tokens;
    return token?.type === 'paragraph' || (token?.type === 'code' && fenceOf(token.raw, '') === undefined);
  }
}
