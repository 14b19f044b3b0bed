/** Puts blocks that come one by one under one another: what is above, which list goes on, which paragraph has begun. */
import type { Token, Tokens } from 'marked';
import { flowLines, inFlow, itemLines, type Flow, type ListState, type Setting } from './blocks.ts';
import { inlineSpans } from './inline.ts';
import { NORMAL, paint, type Span } from './style.ts';
import { wrap } from './wrap.ts';

export interface Written {
  flow: Flow;
  /** A block is in progress and lines of it are above: no blank line belongs before the next. */
  begun: boolean;
  list: ListState | undefined;
  /** The last, unfinished line of a paragraph whose other lines are above. */
  carry: Span[] | undefined;
}

export function nothingWritten(tight: boolean): Written {
  return { flow: { tight, last: undefined, blank: false }, begun: false, list: undefined, carry: undefined };
}

/** To render on from here without consequences. */
export function copyOf({ flow, list, ...others }: Written): Written {
  return { ...others, flow: { ...flow }, list: list && { ...list } };
}

/** Lines of the block that is in progress. */
export function put(at: Written, type: string, lines: string[]): string[] {
  if (lines.length === 0) return lines;
  if (!at.begun) {
    at.begun = true;
    return inFlow(at.flow, type, lines);
  }
  at.flow.last = type;
  at.flow.blank = false;
  return lines;
}

/** A whole block, or what was missing of the one in progress. */
export function putToken(at: Written, token: Token, setting: Setting): string[] {
  if (token.type === 'space') {
    at.flow.blank = true;
    return [];
  }
  if (at.carry !== undefined) return putCarry(at, paragraphSpans(at, token, setting), setting);
  if (token.type === 'list') {
    const list = token as Tokens.List;
    beginList(at, list);
    const lines = putItems(at, list.items, setting);
    at.begun = false;
    at.list = undefined;
    return lines;
  }
  at.begun = false;
  at.list = undefined;
  return flowLines([token], at.flow, setting);
}

/** Goes on with the list that is in progress when it is one with these marks. */
export function beginList(at: Written, list: Tokens.List): ListState {
  const mark = /[*+.)-]/.exec(list.raw)?.[0] ?? '';
  if (at.list?.mark !== mark) {
    at.list = { mark, next: Number(list.start), blank: false };
    at.begun = false;
  }
  return at.list;
}

export function putItems(at: Written, items: Tokens.ListItem[], setting: Setting): string[] {
  return items.flatMap((item) => put(at, 'list', itemLines(item, at.list!, setting)));
}

/** The rest of the paragraph. */
export function putCarry(at: Written, spans: Span[], setting: Setting): string[] {
  const lines = put(at, 'paragraph', paintLines(wrap(spans, setting.columns), setting));
  at.carry = undefined;
  at.begun = false;
  return lines;
}

/** The lines of the paragraph that are full by this part of it, which ends between two words (`spaced`) or within one. */
export function putPartly(at: Written, token: Token | undefined, spaced: boolean, setting: Setting): string[] {
  const spans = token === undefined ? (at.carry ?? []) : paragraphSpans(at, token, setting);
  const lines = wrap(spans, setting.columns);
  const last = lines.pop() ?? [];
  at.carry = spaced ? [...last, { text: ' ', style: NORMAL }] : last;
  return put(at, 'paragraph', paintLines(lines, setting));
}

/**
 * What stands before the rest of a paragraph while it is read, so that it is read as one and not as the beginning of another
 * block.
 */
export function guardOf({ carry }: Written): string {
  return carry === undefined ? '' : 'x ';
}

function paragraphSpans(at: Written, token: Token, { inline, look }: Setting): Span[] {
  const { tokens } = token as Tokens.Paragraph;
  let guard = guardOf(at).length;
  const spans = inlineSpans(tokens === undefined ? [token] : inline(tokens), look).map((span) => {
    const text = span.text.slice(guard);
    guard -= span.text.length - text.length;
    return { ...span, text };
  });
  return [...(at.carry ?? []), ...spans];
}

function paintLines(lines: Span[][], { look }: Setting): string[] {
  return lines.map((line) => paint(line, look.colour));
}
