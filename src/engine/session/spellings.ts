/** How a secret may stand in what programs print and send: as it is, and in the encodings of every day. */
import { SHORTEST } from './known-values.ts';

/** The value itself comes first. Of a value in lines each that is a secret by itself counts, too. */
export function spellingsOf(value: string): string[] {
  return [...new Set([value, ...secretLines(value)].flatMap(codesOf))];
}

/**
 * Lines may come apart (`sed`, `grep`). One of a key is long, has no blanks and is no plain word; what stands around it
 * (`-----BEGIN …-----`) other texts have, too.
 */
function secretLines(value: string): string[] {
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  return lines.length === 1 ? [] : lines.filter((line) => /^\S{16,}$/.test(line) && NO_WORD.test(line));
}

const NO_WORD = /\d|[a-z].*[A-Z]|[A-Z].*[a-z]/;

function codesOf(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  const inJson = JSON.stringify(value).slice(1, -1);
  const inUrl = encodeURIComponent(value.toWellFormed());
  const hex = bytes.toString('hex');
  const everyByte = hex.replace(/../g, '%$&');
  const everyUnit = [...Array(value.length).keys()].map((at) => inUnicode(value.charCodeAt(at))).join('');
  const all = [
    value,
    inJson,
    JSON.stringify(inJson).slice(1, -1),
    inJson.replace(/[^\0-\x7f]/g, (unit) => inUnicode(unit.charCodeAt(0))),
    value.replaceAll('\n', '\r\n'),
    value.replaceAll("'", String.raw`'\''`),
    ...asBashQuotes(value),
    inUrl,
    inUrl.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
    inUrl.replaceAll('%20', '+'),
    hex,
    inLines(hex, HEX_LINE),
    hex.toUpperCase(),
    everyByte,
    everyByte.toUpperCase(),
    everyUnit,
    everyUnit.replace(/[a-f]/g, (digit) => digit.toUpperCase()),
    ...inBase64(bytes),
  ];
  // A text in which so little of it is left gives nothing away, and would hit ordinary words.
  return all.filter((spelling, index) => index === 0 || spelling.length >= SHORTEST);
}

/** `printf %q`: with backslashes, or where a character can't be shown, in `$'…'`; in the C locale that's all but ASCII. */
function asBashQuotes(value: string): string[] {
  const inDollars = (text: string, escaped: RegExp): string =>
    text.replace(escaped, (character) => `\\${ESCAPES[character] ?? inOctal(character)}`);
  return [
    value.replace(/[ !"$&'()*,;<>?[\\\]^`{|}]|(?<=[:=])~/g, String.raw`\$&`),
    inDollars(value, /[\p{Cc}\\']/gu),
    inDollars(Buffer.from(value).toString('latin1'), /[^\x20-\x7e]|[\\']/g),
  ];
}

const ESCAPES: Record<string, string> = {
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'E',
  '\\': '\\',
  "'": "'",
};

function inOctal(character: string): string {
  return character.charCodeAt(0).toString(8).padStart(3, '0');
}

/** As JSON may have any character. */
function inUnicode(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/**
 * RFC 4648, sections 4 and 5: three bytes are four characters, so what a part of a longer text looks like depends on where it
 * begins: three ways. Characters that also hold bits of what stands around it aren't told.
 */
function inBase64(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    const own = text.slice(first, last);
    const all = [own, own.replaceAll('+', '-').replaceAll('/', '_')];
    return before > 0 ? all : [...all, ...LINES.map((width) => inLines(own, width))];
  });
}

/** … and of `xxd -p`. */
const HEX_LINE = 60;
/** So long are the lines of `base64` and of `openssl base64`, whose first one begins with what they are given. */
const LINES = [76, 64];

function inLines(text: string, width: number): string {
  return text.replace(new RegExp(`.{${width}}(?=.)`, 'g'), '$&\n');
}
