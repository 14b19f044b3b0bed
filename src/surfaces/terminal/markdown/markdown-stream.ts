/**
 * Markdown for a terminal's scrollback while it arrives. Parts that can't change any more are settled: printed for good; the
 * rest is drawn anew each time. How the pieces were cut on their way makes no difference to what is settled.
 */
import { visibleText } from '../width.ts';
import { createBlockStream } from './block-stream.ts';
import type { Highlight } from './highlight.ts';
import { createLexer } from './lexer.ts';
import type { Look } from './look.ts';

export interface MarkdownStream {
  /** Takes more of the text. Gives the lines that are settled by it: they won't change any more. */
  push(text: string): string[];
  /** The lines of the rest as it looks now. */
  live(): string[];
  /** The width from now on, in columns; what was settled stays. */
  resize(columns: number): void;
  /** Settles the rest. The stream is over then. */
  end(): string[];
}

/**
 * A line is text with SGR sequences and, when `hyperlinks`, OSC 8; it closes what it opens and is never wider than `columns`.
 * With `colour: false` (and no `hyperlinks`) it holds no escape sequence at all.
 */
export interface MarkdownOptions {
  /** 10 at least; less counts as 10. */
  columns: number;
  colour: boolean;
  hyperlinks: boolean;
  highlight?: Highlight;
}

const NARROWEST = 10;
/** A line is taken in pieces of this length (UTF-16 units) when it is longer. */
const LONGEST_LINE = 1024;
const PIECES = new RegExp(`.{1,${LONGEST_LINE}}`, 'gs');

export function createMarkdownStream({ columns, colour, hyperlinks, highlight }: MarkdownOptions): MarkdownStream {
  const look: Look = { colour, hyperlinks: colour && hyperlinks, ...(highlight && { highlight }) };
  const blocks = createBlockStream(createLexer(), look, { columns: widthOf(columns), depth: 0, tight: false });
  /** The begun line. */
  let line = '';
  /** The last character when it was a carriage return: a line feed after it belongs to it. */
  let held = '';
  let drawn: string[] | undefined;

  const takePieces = (pieces: string[]): string[] => pieces.flatMap((piece) => blocks.take(piece, false));

  const takeLines = (text: string): string[] => {
    line += text;
    if (line.length <= LONGEST_LINE && !text.includes('\n')) return [];
    const lines = line.split('\n');
    const rest = piecesOf(lines.pop()!);
    line = rest.pop()!;
    const settled = lines.flatMap((whole) => {
      if (whole.length <= LONGEST_LINE) return blocks.take(whole, true);
      const pieces = piecesOf(whole);
      const end = pieces.pop()!;
      return [...takePieces(pieces), ...blocks.take(end, true)];
    });
    return [...settled, ...takePieces(rest)];
  };

  return {
    push(text) {
      if (text === '') return [];
      drawn = undefined;
      const all = held + text;
      held = all.endsWith('\r') ? '\r' : '';
      return takeLines(visibleText(held === '' ? all : all.slice(0, -1)));
    },
    live: () => (drawn ??= blocks.live(line)),
    resize(next) {
      drawn = undefined;
      blocks.resize(widthOf(next));
    },
    end() {
      const settled = takeLines(visibleText(held));
      if (line !== '') settled.push(...blocks.take(line, true));
      line = '';
      drawn = [];
      return [...settled, ...blocks.end()];
    },
  };
}

function piecesOf(line: string): string[] {
  return line === '' ? [''] : line.match(PIECES)!;
}

/** The whole at once. */
export function renderMarkdown(text: string, options: MarkdownOptions): string[] {
  const stream = createMarkdownStream(options);
  return [...stream.push(text), ...stream.end()];
}

function widthOf(columns: number): number {
  return Math.max(NARROWEST, Math.floor(columns));
}
