/**
 * HTML as Markdown that a model can read. What does it takes a long time with pages that are made for that, or goes deeper
 * than the stack: it runs in a thread of its own (`read-apart.ts`), for which the build makes one script of it.
 */
import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';
import TurndownService from 'turndown';

export interface ReadablePage {
  title: string;
  markdown: string;
}

/** What says nothing without the rest of a browser. */
const SILENT = ['script', 'style', 'noscript', 'template', 'svg', 'canvas', 'iframe', 'object', 'embed', 'head', 'input', 'select', 'button', 'textarea']; // prettier-ignore
/** What stands on each page of a site. */
const AROUND = ['nav', 'footer', 'aside', 'dialog', '[hidden]', '[aria-hidden="true"]'];

/** An article is taken for the page when it has at least so much of its text; else the page is a list, or an application. */
const ARTICLE_SHARE = 0.3;
const ARTICLE_CHARACTERS = 200;

/** @public The build makes the thread's script of it. `address`: to which its links are relative. */
export function readPage(html: string, address: string): ReadablePage {
  const document = documentOf(html);
  const title = oneLine(document.querySelector('title')?.textContent ?? '');
  try {
    return { title, markdown: markdownOf(document, address) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { title, markdown: bareText(document.documentElement) }; // nested too deeply
  }
}

function markdownOf(document: Document, address: string): string {
  makeAbsolute(document, baseOf(document, address));
  for (const one of document.body.querySelectorAll('title')) one.remove(); // of a page without a head
  const article = articleOf(document);
  const { body } = document;
  for (const one of body.querySelectorAll([...SILENT, ...AROUND].join())) one.remove();
  const isArticle =
    article !== undefined &&
    article.length >= ARTICLE_CHARACTERS &&
    article.length >= ARTICLE_SHARE * oneLine(body.textContent ?? '').length;
  return toMarkdown(isArticle ? documentOf(article.html).body : body);
}

type Document = ReturnType<typeof parseHTML>['document'];
type Element = Document['documentElement'];

/** What has no frame of its own gets one: the parser makes none. */
function documentOf(html: string): Document {
  const { document } = parseHTML(html);
  if (document.documentElement?.localName === 'html' && document.querySelector('body')) return document;
  return parseHTML(`<!doctype html><html><head></head><body>${html}</body></html>`).document;
}

/** Without the help of the tree's own methods, which go as deep as the page does. */
function bareText(root: Element): string {
  const texts: string[] = [];
  const left: ChildNode[] = [root];
  while (left.length > 0) {
    const node = left.pop()!;
    if (node.nodeType === 3) texts.push(node.textContent ?? '');
    else if (!SILENT.includes((node as Element).localName)) for (const child of [...node.childNodes].reverse()) left.push(child); // prettier-ignore
  }
  return texts.map(oneLine).filter((text) => text !== '').join('\n'); // prettier-ignore
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function baseOf(document: Document, address: string): string {
  const href = document.querySelector('base[href]')?.getAttribute('href');
  return (href && URL.parse(href, address)?.href) || address;
}

/** A link that leads to no page is only its text. */
function makeAbsolute(document: Document, base: string): void {
  for (const link of document.querySelectorAll('a[href]')) {
    const url = URL.parse(link.getAttribute('href')!, base);
    if (url?.protocol === 'http:' || url?.protocol === 'https:') link.setAttribute('href', url.href);
    else link.removeAttribute('href');
  }
}

/** What a page is about, without what stands around it. Readability takes the tree apart, so it gets one of its own. */
function articleOf(document: Document): { html: string; length: number } | undefined {
  try {
    const found = new Readability(documentOf(document.documentElement.outerHTML)).parse();
    return found?.content ? { html: found.content, length: oneLine(found.textContent ?? '').length } : undefined;
  } catch {
    return undefined; // it stumbles over some broken pages
  }
}

function toMarkdown(root: Element): string {
  const numbers = new Map<string, number>();
  const service = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-', hr: '---' }); // prettier-ignore
  // It is read, not rendered.
  service.escape = (text) => text;
  service.addRule('link', {
    filter: (node) => node.nodeName === 'A' && node.getAttribute('href') !== null,
    replacement(content, node) {
      const text = oneLine(content);
      if (text === '') return '';
      const href = node.getAttribute('href')!;
      if (!numbers.has(href)) numbers.set(href, numbers.size + 1);
      return `[${text}][${numbers.get(href)}]`;
    },
  });
  service.addRule('image', {
    filter: 'img',
    replacement(_, node) {
      const text = oneLine(node.getAttribute('alt') ?? '');
      return text === '' ? '' : `[image: ${text}]`;
    },
  });
  service.addRule('cell', { filter: ['th', 'td'], replacement: (content) => ` ${oneLine(content)} |` });
  service.addRule('row', { filter: 'tr', replacement: (content) => (content.trim() === '' ? '' : `\n|${content}`) });
  const text = service.turndown(root).replace(/\n{3,}/g, '\n\n');
  const links = [...numbers].map(([href, number]) => `[${number}]: ${href}`);
  return [text, links.join('\n')].filter((part) => part !== '').join('\n\n');
}
