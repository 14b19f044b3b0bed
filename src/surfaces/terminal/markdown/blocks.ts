/** Blocks as lines. */
import type { Token, Tokens } from 'marked';
import { visibleText } from '../width.ts';
import { codeRows } from './code.ts';
import { createHang, type Hang, type Mark } from './hang.ts';
import { inlineSpans } from './inline.ts';
import type { Look } from './look.ts';
import {
  BOLD,
  CYAN,
  DIM,
  GREEN,
  ITALIC,
  MAGENTA,
  NORMAL,
  over,
  paint,
  styled,
  UNDERLINE,
  type Style,
} from './style.ts';
import { bodyLines, headLines, layOut, readTable } from './table.ts';
import { wrap } from './wrap.ts';

export interface Setting {
  look: Look;
  columns: number;
  /** How many lists this is in. */
  depth: number;
  inline: (tokens: Token[]) => Token[];
}

/** Where blocks follow one another: decides about the blank lines between them. */
export interface Flow {
  /** In an item: only blank lines of the text part blocks. Else all are parted, but for a list under its paragraph. */
  tight: boolean;
  last: string | undefined;
  /** The text has a blank line here. */
  blank: boolean;
}

/** A list whose items come one by one. */
export interface ListState {
  /** The character that makes a mark one: another one begins another list. */
  mark: string;
  next: number;
  /** A blank line parts the next item from the last one: looseness is a matter of neighbours, not of the whole list. */
  blank: boolean;
}

const HEADINGS: Style[] = [over(BOLD | UNDERLINE, MAGENTA), over(BOLD, MAGENTA), BOLD, BOLD | ITALIC, ITALIC, ITALIC];
const WIDEST_RULE = 80;

export function blockLines(token: Token, setting: Setting): string[] {
  const { look, columns, inline } = setting;
  switch (token.type) {
    case 'space':
    case 'checkbox':
      return [];
    case 'heading': {
      const { depth, tokens } = token as Tokens.Heading;
      const style = look.colour ? (HEADINGS[depth - 1] ?? ITALIC) : NORMAL;
      const mark = look.colour ? [] : [{ text: `${'#'.repeat(depth)} `, style: NORMAL }];
      return wrap([...mark, ...inlineSpans(inline(tokens), look, style)], columns).map((line) =>
        paint(line, look.colour),
      );
    }
    case 'hr':
      return [ruled(Math.min(columns, WIDEST_RULE), look)];
    case 'code': {
      const { text, lang } = token as Tokens.Code;
      return text.trim() === '' ? [] : codeRows(text.replace(/\n+$/, ''), lang ?? '', look, columns);
    }
    case 'blockquote': {
      const hang = quoteHang(look, columns);
      const flow: Flow = { tight: false, last: undefined, blank: false };
      return hang.mark(flowLines((token as Tokens.Blockquote).tokens, flow, { ...setting, columns: hang.columns }));
    }
    case 'list': {
      const list = token as Tokens.List;
      const state: ListState = { mark: '', next: Number(list.start), blank: false };
      return list.items.flatMap((item) => itemLines(item, state, setting));
    }
    case 'table': {
      const { shape, rows } = readTable(token as Tokens.Table, inline, look);
      const layout = layOut(shape, columns);
      return [...headLines(layout, look), ...rows.flatMap((row, index) => bodyLines(row, layout, look, index === 0))];
    }
    case 'html':
    case 'def':
      return literalLines(token.raw, setting);
    default: {
      const { tokens, raw } = token as Tokens.Paragraph;
      const spans = inlineSpans(tokens === undefined ? [token] : inline(tokens), look);
      if (raw.trim() === '') return [];
      return wrap(spans, columns).map((line) => paint(line, look.colour));
    }
  }
}

export function flowLines(tokens: readonly Token[], flow: Flow, setting: Setting): string[] {
  return tokens.flatMap((token) => {
    if (token.type === 'space') flow.blank = true;
    return inFlow(flow, token.type, blockLines(token, setting));
  });
}

/** The block's lines, with a blank one before where one belongs. */
export function inFlow(flow: Flow, type: string, lines: string[]): string[] {
  if (lines.length === 0) return lines;
  const { last, blank, tight } = flow;
  flow.last = type;
  flow.blank = false;
  if (last === undefined) return lines;
  const alike = last === type && (type === 'def' || type === 'html');
  const joined = !blank && (tight || alike || (last === 'paragraph' && type === 'list'));
  return joined ? lines : ['', ...lines];
}

export function itemLines(item: Tokens.ListItem, state: ListState, setting: Setting): string[] {
  const hang = itemHang(item, state.next, setting);
  const flow: Flow = { tight: true, last: undefined, blank: false };
  const inner = { ...setting, columns: hang.columns, depth: setting.depth + 1 };
  const lines = flowLines(item.tokens, flow, inner);
  const marked = hang.mark(lines.length === 0 ? [''] : lines);
  const gap = state.blank ? [''] : [];
  state.next++;
  state.blank = /\n[ \t]*\n[ \t]*$/.test(item.raw);
  return [...gap, ...marked];
}

const BULLETS = ['•', '◦'];

export function itemHang(item: Tokens.ListItem, number: number, { look, columns, depth }: Setting): Hang {
  const first = itemMark(item, number, look, depth);
  const rest = ' '.repeat(first.text.length);
  return createHang(columns, first, { text: rest, painted: rest });
}

function itemMark(item: Tokens.ListItem, number: number, { colour }: Look, depth: number): Mark {
  const ordered = /^\s*\d{1,9}([.)])/.exec(item.raw)?.[1];
  const counted = ordered === undefined ? undefined : `${number}${ordered} `;
  if (item.task) {
    const box = item.checked === true ? '[x] ' : '[ ] ';
    const text = (counted ?? '') + box;
    const boxStyle = item.checked === true ? GREEN : DIM;
    return { text, painted: colour ? (counted ?? '') + styled(box.trimEnd(), boxStyle) + ' ' : text };
  }
  if (counted !== undefined)
    return { text: counted, painted: colour ? `${styled(counted.trimEnd(), CYAN)} ` : counted };
  const bullet = colour ? BULLETS[depth % BULLETS.length]! : '-';
  return { text: `${bullet} `, painted: colour ? `${styled(bullet, CYAN)} ` : `${bullet} ` };
}

export function quoteHang({ colour }: Look, columns: number): Hang {
  const mark: Mark = colour ? { text: '│ ', painted: `${styled('│', DIM)} ` } : { text: '> ', painted: '> ' };
  return createHang(columns, mark, mark);
}

/** As it is written, line by line: HTML, definitions of links. */
export function literalLines(raw: string, { look, columns }: Setting): string[] {
  const text = visibleText(raw).replaceAll('\t', '    ').trimEnd();
  return text.split('\n').flatMap((line) => {
    const indent = /^ */.exec(line)![0].slice(0, columns >> 1);
    const rows = wrap([{ text: line, style: DIM }], columns - indent.length);
    return rows.length === 0 ? [''] : rows.map((row) => indent + paint(row, look.colour));
  });
}

function ruled(length: number, { colour }: Look): string {
  return colour ? styled('─'.repeat(length), DIM) : '-'.repeat(length);
}
