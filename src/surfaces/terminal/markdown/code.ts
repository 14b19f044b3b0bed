/** Code: each line stands on its own, so it is settled as soon as it is complete. */
import { visibleText } from '../width.ts';
import { diffSpans } from './diff.ts';
import type { Highlight, LineHighlight } from './highlight.ts';
import { NORMAL, paint, type Span } from './style.ts';
import type { Look } from './look.ts';
import { fill } from './wrap.ts';

/** No frame and no line numbers: what is selected on the screen is the code. */
const INDENT = '  ';
const TAB_STOP = 4;
/** Of a line that never ends, so much at least stays until its end is known not to cut a character in two. */
const LONGEST_CHARACTER = 32;
const LOW_SURROGATE = /[\uDC00-\uDFFF]/;

export interface CodeLines {
  /** A whole line, or a piece of one that is too long to wait for; the rows that are complete by it. */
  take(text: string, endsLine: boolean, columns: number): string[];
  /** The rows of the line that is being written. */
  live(text: string, columns: number): string[];
}

export function createCodeLines(language: string, look: Look): CodeLines {
  const lines = highlightOf(language, look);
  /** The begun row of a line that came in pieces. */
  let row = '';
  let inPieces = false;
  const rows = (spans: Span[], columns: number): string[] =>
    fill(spans, Math.max(2, columns - INDENT.length)).map((line) => {
      const painted = paint(line, look.colour);
      return painted === '' ? '' : INDENT + painted;
    });
  return {
    take(text, endsLine, columns) {
      if (endsLine && !inPieces) return rows(lines.next(clean(text)), columns);
      const all = row + clean(text);
      inPieces = !endsLine;
      const complete = endsLine ? all.length : safeLength(all);
      const room = Math.max(2, columns - INDENT.length);
      const filled = fill([{ text: all.slice(0, complete), style: NORMAL }], room);
      const last = endsLine ? [] : (filled.pop() ?? []);
      row = last.map((span) => span.text).join('') + all.slice(complete);
      return filled.flatMap((line) => rows(line, columns));
    },
    live(text, columns) {
      if (inPieces) return rows([{ text: row + clean(text), style: NORMAL }], columns);
      return text === '' ? [] : rows(lines.peek(clean(text)), columns);
    },
  };
}

/** A whole block at once. */
export function codeRows(code: string, language: string, look: Look, columns: number): string[] {
  const lines = createCodeLines(language, look);
  return code.split('\n').flatMap((line) => lines.take(line, true, columns));
}

const PLAIN: LineHighlight = { next: plainSpans, peek: plainSpans };
const DIFF: LineHighlight = { next: diffSpans, peek: diffSpans };
const PLAIN_LANGUAGE = /^(?:|text|txt|plain|plaintext)$/;
const DIFF_LANGUAGE = /^(?:diff|patch|udiff)$/i;

function highlightOf(info: string, { colour, highlight }: { colour: boolean; highlight?: Highlight }): LineHighlight {
  const language = (/^\{?\.?([^\s,{}]+)/.exec(info)?.[1] ?? '').toLowerCase();
  if (!colour || PLAIN_LANGUAGE.test(language)) return PLAIN;
  if (DIFF_LANGUAGE.test(language)) return DIFF;
  return highlight?.(language) ?? PLAIN;
}

function plainSpans(line: string): Span[] {
  return [{ text: line, style: NORMAL }];
}

function clean(line: string): string {
  const text = visibleText(line);
  if (!text.includes('\t')) return text;
  let expanded = '';
  for (const part of text.split(/(\t)/)) {
    expanded += part === '\t' ? ' '.repeat(TAB_STOP - (expanded.length % TAB_STOP)) : part;
  }
  return expanded;
}

/** Up to where no character can be cut in two by what is still to come. */
function safeLength(text: string): number {
  const least = Math.max(0, text.length - LONGEST_CHARACTER);
  for (let at = text.length - 1; at > least; at--) {
    const code = text.charCodeAt(at);
    if (code >= 0x20 && code <= 0x7e) return at;
  }
  return LOW_SURROGATE.test(text.charAt(least)) ? least - 1 : least;
}
