/**
 * Colours for code, line by line. highlight.js can't be stopped and continued through its public interface, so each line is
 * highlighted after its context: the lines since the construct that is still open at its start began (a comment, a string, a
 * script in a page); between constructs that is nothing. Of a long construct the first lines are kept and those inside
 * dropped, so the cost of a line is bounded and that of a block linear. What a language colours by state without a construct
 * of its own may differ from a highlight of the whole; that is rare and only a colour.
 */
import type { RootContent, Root } from './grammars.ts';
import {
  BLUE,
  BOLD,
  CYAN,
  DIM,
  GREEN,
  ITALIC,
  MAGENTA,
  NORMAL,
  over,
  RED,
  YELLOW,
  type Span,
  type Style,
} from './style.ts';

/** Begins a block of code; undefined for a language that isn't known. */
export interface Highlight {
  (language: string): LineHighlight | undefined;
}

export interface LineHighlight {
  /** The next line of the block, without its line end. */
  next(line: string): Span[];
  /** The same for a line that is still being written: it doesn't count. */
  peek(line: string): Span[];
}

type HighlightCode = (language: string, code: string) => Root;

/** Longer lines are data, not code. */
const LONGEST_LINE = 1000;
const MOST_CONTEXT_LINES = 12;

const STYLES: Record<string, Style> = {
  keyword: MAGENTA,
  'selector-tag': MAGENTA,
  built_in: CYAN,
  type: CYAN,
  class: CYAN,
  literal: YELLOW,
  number: YELLOW,
  string: GREEN,
  regexp: GREEN,
  'char.escape': YELLOW,
  char: YELLOW,
  subst: NORMAL,
  symbol: YELLOW,
  comment: DIM,
  quote: over(DIM, ITALIC),
  doctag: over(DIM, BOLD),
  meta: CYAN,
  title: BLUE,
  section: over(BOLD, BLUE),
  tag: NORMAL,
  name: BLUE,
  attr: CYAN,
  attribute: CYAN,
  property: CYAN,
  variable: CYAN,
  'template-variable': CYAN,
  'selector-class': CYAN,
  'selector-id': CYAN,
  'selector-attr': CYAN,
  'selector-pseudo': CYAN,
  'template-tag': MAGENTA,
  bullet: MAGENTA,
  code: CYAN,
  formula: CYAN,
  link: BLUE,
  emphasis: ITALIC,
  strong: BOLD,
  addition: GREEN,
  deletion: RED,
};
const CLASS_PREFIX = 'hljs-';

/** Loads the grammars, which few answers need. */
export async function loadHighlight(): Promise<Highlight> {
  const { createHighlighter } = await import('./grammars.ts');
  const { knows, highlight } = createHighlighter();
  return (language) => {
    if (!knows(language)) return undefined;
    const lines = createLineHighlight(language, highlight);
    return PAGE.test(language) ? createPageHighlight(lines, highlight) : lines;
  };
}

const PAGE = /^(?:html?|xhtml|vue|svelte|svg|xml)$/;
const EMBEDDED = { script: 'javascript', style: 'css' };
const OPENS_EMBEDDED = /<(script|style)\b[^>]*>(?![^]*<\/\1)/i;

/** Scripts and styles in pages, which highlight.js has to guess and then doesn't mark as a construct. */
function createPageHighlight(page: LineHighlight, highlight: HighlightCode): LineHighlight {
  let embedded: { lines: LineHighlight; end: RegExp } | undefined;
  return {
    next(line) {
      if (embedded !== undefined && !embedded.end.test(line)) return embedded.lines.next(line);
      embedded = undefined;
      const spans = page.next(line);
      const tag = OPENS_EMBEDDED.exec(line)?.[1]?.toLowerCase() as keyof typeof EMBEDDED | undefined;
      if (tag !== undefined) {
        embedded = { lines: createLineHighlight(EMBEDDED[tag], highlight), end: new RegExp(`</${tag}`, 'i') };
      }
      return spans;
    },
    peek: (line) => (embedded !== undefined && !embedded.end.test(line) ? embedded.lines : page).peek(line),
  };
}

function createLineHighlight(language: string, highlight: HighlightCode): LineHighlight {
  /** Whole lines, each with its line end. */
  let context = '';
  const run = (line: string): { spans: Span[]; openFrom: number; depth: number } => {
    const code = `${context}${line}\n`;
    const spans: Span[] = [];
    const last = { at: 0, openFrom: code.length, depth: 0 };
    walk(highlight(language, code).children, NORMAL, 0, 0);
    return { spans, openFrom: last.openFrom, depth: last.depth };

    function walk(nodes: RootContent[], style: Style, depth: number, constructFrom: number): void {
      for (const node of nodes) {
        const from = depth === 0 ? last.at : constructFrom;
        if (node.type === 'element') {
          walk(node.children, styleOf(node.properties['className'], style), depth + 1, from);
        } else if (node.type === 'text') {
          addFrom(spans, node.value, style, context.length - last.at);
          last.at += node.value.length;
          // The construct that the line's end belongs to is still open.
          if (last.at === code.length && depth > 0) Object.assign(last, { openFrom: from, depth });
        }
      }
    }
  };
  return {
    next(line) {
      if (line.length > LONGEST_LINE) return [{ text: line, style: NORMAL }];
      const { spans, openFrom, depth } = run(line);
      if (depth === 0) context = '';
      else if (openFrom >= context.length) context = `${line}\n`;
      else if (depth > 1 && context.split('\n').length <= MOST_CONTEXT_LINES) context += `${line}\n`;
      return spans;
    },
    peek(line) {
      return line.length > LONGEST_LINE ? [{ text: line, style: NORMAL }] : run(line).spans;
    },
  };
}

/** What of the text lies behind `skip` and before the line's end. */
function addFrom(spans: Span[], value: string, style: Style, skip: number): void {
  const text = (skip > 0 ? value.slice(skip) : value).replace(/\n$/, '');
  if (text === '') return;
  const last = spans.at(-1);
  if (last?.style === style) last.text += text;
  else spans.push({ text, style });
}

function styleOf(names: unknown, outer: Style): Style {
  if (!Array.isArray(names)) return outer;
  const name = String(names[0]).slice(CLASS_PREFIX.length);
  return STYLES[name] ?? outer;
}
