/** What a reply says, as text: by its type, and in its own alphabet. */
import type { Got } from '../net/get.ts';
import type { Failure } from '../../../base/failure.ts';
import { readApart, READING_MS } from './read-apart.ts';

export interface PageText {
  title: string;
  text: string;
}

type Kind = 'html' | 'text';

const HTML = /^(?:text\/html|application\/xhtml\+xml)$/;
const TEXT =
  /^(?:text\/.+|(?:application|image)\/(?:.+\+)?(?:json|xml|yaml)|application\/(?:x-)?(?:javascript|ecmascript|ndjson|jsonl|toml|sh|httpd-php|www-form-urlencoded))$/;

/** Why a reply of this type isn't read; undefined: it is. What says nothing of its type is looked at. */
export function refuseType(type: string): string | undefined {
  const media = mediaOf(type);
  if (media === '' || HTML.test(media) || TEXT.test(media)) return undefined;
  return `is ${media}: only pages and texts are read`;
}

export async function pageText(
  { url, type, bytes }: Pick<Got, 'url' | 'type' | 'bytes'>,
  around: Parameters<typeof readApart>[2],
): Promise<PageText | Failure> {
  const kind = kindOf(type, bytes);
  if (kind === undefined) return { code: 'wrong_type', message: `${url} is no text` };
  const text = decode(bytes, charsetOf(type, bytes));
  if (kind === 'text') return { title: '', text: text.replaceAll('\r\n', '\n') };
  const page = await readApart(text, url, around);
  around.signal.throwIfAborted();
  if (page === undefined) return { code: 'unreadable', message: `${url} is HTML that can't be made readable within ${READING_MS / 1000} s` }; // prettier-ignore
  return { title: page.title, text: page.markdown };
}

function mediaOf(type: string): string {
  return type.split(';', 1)[0]!.trim().toLowerCase();
}

const PROBE_BYTES = 1024;
const STARTS_HTML = /^\s*(?:<!--[^]*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b/i;

/** Undefined: bytes that are no text, whatever they are called. */
function kindOf(type: string, bytes: Buffer): Kind | undefined {
  const media = mediaOf(type);
  const isWide = /utf-?(?:16|32)/i.test(charsetOf(type, bytes) ?? '');
  if (!isWide && bytes.subarray(0, PROBE_BYTES).includes(0)) return undefined;
  if (HTML.test(media)) return 'html';
  return media === '' && STARTS_HTML.test(bytes.toString('latin1', 0, PROBE_BYTES)) ? 'html' : 'text';
}

const MARKS: [mark: number[], charset: string][] = [
  [[0xef, 0xbb, 0xbf], 'utf-8'],
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
];
const IN_PAGE = [/<meta[^>]+charset\s*=\s*["']?([\w:.-]+)/i, /^\s*<\?xml[^>]+encoding\s*=\s*["']([\w:.-]+)/i];

/** By a mark at the beginning, else as the server says, else as the page says. */
function charsetOf(type: string, bytes: Buffer): string | undefined {
  const mark = MARKS.find(([wanted]) => wanted.every((byte, index) => bytes[index] === byte))?.[1];
  const said = /;\s*charset\s*=\s*"?([\w:.-]+)/i.exec(type)?.[1];
  const head = bytes.toString('latin1', 0, PROBE_BYTES);
  return mark ?? said ?? IN_PAGE.map((pattern) => pattern.exec(head)?.[1]).find((found) => found !== undefined);
}

/** A wrong charset loses characters, never the page. */
function decode(bytes: Buffer, charset: string | undefined): string {
  if (charset === undefined) {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return new TextDecoder('windows-1252').decode(bytes);
    }
  }
  return decoderOf(charset).decode(bytes);
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder(); // a charset that nobody knows
  }
}
