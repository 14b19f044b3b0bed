/** Inline tokens as styled text. */
import type { Token, Tokens } from 'marked';
import { oneLine, visibleText } from '../width.ts';
import { decodeEntities } from './entities.ts';
import { linkTarget, saysAddress } from './links.ts';
import type { Look } from './look.ts';
import { BLUE, BOLD, CYAN, DIM, ITALIC, NORMAL, over, STRIKE, UNDERLINE, type Span, type Style } from './style.ts';

const SPACE = /[ \t\n]+/g;
const LINE_BREAK_TAG = /^<br\s*\/?>$/i;
const ADDRESS = over(UNDERLINE, BLUE);

/**
 * Runs of spaces become one, as every renderer of Markdown has it; a `\n` is a line break that was asked for. Without
 * colours emphasis keeps one mark on each side: *strong*, _emphasized_, ~struck~, `code`.
 */
export function inlineSpans(tokens: readonly Token[], look: Look, style: Style = NORMAL): Span[] {
  const spans: Span[] = [];
  for (const token of tokens) addToken(spans, token, look, style);
  return spans;
}

function addToken(spans: Span[], token: Token, look: Look, style: Style): void {
  switch (token.type) {
    case 'strong':
      return addMarked(spans, token as Tokens.Strong, look, over(style, BOLD), '*');
    case 'em':
      return addMarked(spans, token as Tokens.Em, look, over(style, ITALIC), '_');
    case 'del':
      return addMarked(spans, token as Tokens.Del, look, over(style, STRIKE), '~');
    case 'codespan': {
      const text = visibleText((token as Tokens.Codespan).text).replace(/[\n\t]/g, ' ');
      return add(spans, look.colour ? text : `\`${text}\``, over(style, CYAN));
    }
    case 'br':
      return add(spans, '\n', style);
    case 'link':
      return addLink(spans, token as Tokens.Link, look, style);
    case 'image':
      return addImage(spans, token as Tokens.Image, look, style);
    case 'checkbox':
      return;
    case 'html':
      // Tables of models are full of it, and there is no other way to break a line in a cell.
      if (LINE_BREAK_TAG.test(token.raw)) return add(spans, '\n', style);
      return add(spans, visibleText(token.raw).replace(SPACE, ' '), over(style, DIM));
    case 'escape':
      return add(spans, visibleText((token as Tokens.Escape).text), style);
    case 'text': {
      const { text, tokens } = token as Tokens.Text;
      if (tokens !== undefined) return tokens.forEach((inner) => addToken(spans, inner, look, style));
      return add(spans, plainText(text), style);
    }
    default:
      return add(spans, plainText(token.raw), style);
  }
}

/** Cleaned after decoding: a reference may stand for a control character. */
function plainText(text: string): string {
  const decoded = decodeEntities(text);
  return visibleText(decoded).replace(SPACE, ' ');
}

function addMarked(spans: Span[], token: { tokens: Token[] }, look: Look, style: Style, mark: string): void {
  if (!look.colour) add(spans, mark, style);
  for (const inner of token.tokens) addToken(spans, inner, look, style);
  if (!look.colour) add(spans, mark, style);
}

function addLink(spans: Span[], token: Tokens.Link, look: Look, style: Style): void {
  const inner = inlineSpans(token.tokens, look, look.colour ? over(style, ADDRESS) : style);
  addLinked(spans, inner, token.href, look, style);
}

function addImage(spans: Span[], token: Tokens.Image, look: Look, style: Style): void {
  const alt = plainText(token.text).trim();
  const text = alt === '' ? '[image]' : `[image: ${alt}]`;
  addLinked(spans, [{ text, style: over(style, DIM) }], token.href, look, style);
}

/** The text, as a hyperlink where there are hyperlinks, and the address where the text doesn't say it: `text (address)`. */
function addLinked(spans: Span[], inner: Span[], href: string, look: Look, style: Style): void {
  const address = oneLine(decodeEntities(href)).trim();
  const text = inner.map((span) => span.text).join('');
  const target = look.hyperlinks ? linkTarget(address) : undefined;
  for (const span of inner) spans.push(target === undefined ? span : { ...span, link: target });
  if (saysAddress(text, address) || address === '') return;
  add(spans, text.trim() === '' ? `(${address})` : ` (${address})`, over(style, DIM));
}

function add(spans: Span[], text: string, style: Style): void {
  if (text === '') return;
  const last = spans.at(-1);
  if (last !== undefined && last.style === style && last.link === undefined) last.text += text;
  else spans.push({ text, style });
}
