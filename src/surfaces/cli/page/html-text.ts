/** Text as HTML. Nothing gets into a page but through `escaped`; whatever would be HTML is shown as it is written. */
import type { Token, Tokens } from 'marked';
import { decodeEntities } from '../../terminal/markdown/entities.ts';
import { createLexer, type Lexed } from '../../terminal/markdown/lexer.ts';
import { deceives, linkTarget } from '../../terminal/markdown/links.ts';
import { visibleText } from '../../terminal/width.ts';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** For text and for values in double quotes. Control characters and those that turn the direction are made visible. */
export function escaped(text: string): string {
  return visibleText(text.toWellFormed()).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

export function preformatted(text: string): string {
  return `<pre>${escaped(text)}</pre>`;
}

const DIFF_LINES: [RegExp, string][] = [
  [/^(?:\+\+\+|---) /, 'file'],
  [/^@@/, 'hunk'],
  [/^\+/, 'add'],
  [/^-/, 'del'],
];

/** A unified diff, a line each. */
export function diffed(text: string): string {
  const lines = text.split('\n').map((line) => {
    const name = DIFF_LINES.find(([begin]) => begin.test(line))?.[1] ?? 'same';
    return `<span class="${name}">${escaped(line)}</span>`;
  });
  return `<pre class="diff">${lines.join('')}</pre>`;
}

/** Markdown as a model writes it. Addresses of the web and of mail are links; nothing is loaded by them. */
export function rendered(markdown: string): string {
  try {
    const lexed = createLexer().lex(markdown);
    return blocks(lexed.tokens, lexed);
  } catch {
    return preformatted(markdown); // nested deeper than the stack is
  }
}

type Inline = Lexed['inline'];

function blocks(tokens: readonly Token[], lexed: Pick<Lexed, 'inline'>): string {
  return tokens.map((token) => block(token, lexed.inline)).join('');
}

function block(token: Token, inline: Inline): string {
  const within = (inner: Token[] | undefined): string => spans(inline(inner ?? []), inline);
  switch (token.type) {
    case 'space':
    case 'def':
      return '';
    case 'heading':
      return `<p class="h"><strong>${within(token.tokens)}</strong></p>`;
    case 'paragraph':
      return `<p>${within(token.tokens)}</p>`;
    case 'text':
      return token.tokens ? within(token.tokens) : plain((token as Tokens.Text).text);
    case 'code':
      return preformatted((token as Tokens.Code).text);
    case 'blockquote':
      return `<blockquote>${blocks(token.tokens ?? [], { inline })}</blockquote>`;
    case 'hr':
      return '<hr>';
    case 'list': {
      const { ordered, start, items } = token as Tokens.List;
      const inner = items.map((item) => `<li>${blocks(item.tokens, { inline })}</li>`).join('');
      return ordered ? `<ol start="${Number(start) || 1}">${inner}</ol>` : `<ul>${inner}</ul>`;
    }
    case 'checkbox':
      return (token as Tokens.Checkbox).checked ? '☑ ' : '☐ ';
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      const row = (cells: Tokens.TableCell[], tag: 'th' | 'td'): string =>
        `<tr>${cells.map((cell) => `<${tag}>${within(cell.tokens)}</${tag}>`).join('')}</tr>`;
      const body = rows.map((cells) => row(cells, 'td')).join('');
      return `<div class="wide"><table><thead>${row(header, 'th')}</thead><tbody>${body}</tbody></table></div>`;
    }
    default:
      return `<p>${escaped(token.raw)}</p>`;
  }
}

function spans(tokens: readonly Token[], inline: Inline): string {
  return tokens.map((token) => spanOf(token, inline)).join('');
}

function spanOf(token: Token, inline: Inline): string {
  const within = (): string =>
    spans(
      token.type === 'text' ? ((token as Tokens.Text).tokens ?? []) : inline((token as Tokens.Strong).tokens),
      inline,
    );
  switch (token.type) {
    case 'strong':
      return `<strong>${within()}</strong>`;
    case 'em':
      return `<em>${within()}</em>`;
    case 'del':
      return `<del>${within()}</del>`;
    case 'codespan':
      return `<code>${escaped((token as Tokens.Codespan).text)}</code>`;
    case 'br':
      return '<br>';
    case 'link':
      return linked((token as Tokens.Link).href, within());
    case 'image':
      return linked((token as Tokens.Image).href, escaped(`[image: ${(token as Tokens.Image).text}]`));
    case 'escape':
      return escaped((token as Tokens.Escape).text);
    case 'text':
      return (token as Tokens.Text).tokens ? within() : plain((token as Tokens.Text).text);
    default:
      return escaped(token.raw);
  }
}

function plain(text: string): string {
  return escaped(decodeEntities(text));
}

/** A text that reads like another address than the one it leads to is followed by that. */
function linked(href: string, inner: string): string {
  const address = decodeEntities(href).trim();
  const target = linkTarget(address);
  const shown = decodeEntities(inner.replace(/<[^>]*>/g, ''));
  const told = target === undefined || deceives(shown, address) ? ` <span class="to">(${escaped(address)})</span>` : '';
  if (target === undefined) return `${inner}${told}`;
  return `<a href="${escaped(target)}" rel="noreferrer noopener nofollow">${inner}</a>${told}`;
}
