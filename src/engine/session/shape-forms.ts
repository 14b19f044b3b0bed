/** Shapes that take more than letters and a run behind them: headers, URLs, tokens and keys in parts. */
import { BASE64, BETWEEN, CAPITAL, DIGIT, DOTTED, isIn, ALNUM, TOKEN68, USERINFO, WORD } from './shape-classes.ts';
import { beginsWord, bodyOf, isRandom, type Found, type Place } from './shape-finders.ts';

const MOST_HEADER = 2048;
const LEAST_PART = 10;

/** RFC 7519: header and claims are JSON objects in base64, and so begin. */
export function jwt({ text, at, after, runs, isEnd }: Place): Found | 'more' | undefined {
  if (!beginsWord(text, at)) return undefined;
  const dot = runs.end(WORD, after);
  if (dot - at > MOST_HEADER) return undefined;
  if (dot === text.length) return isEnd ? undefined : 'more';
  if (dot - at < LEAST_PART || text[dot] !== '.') return undefined;
  const claims = text.slice(dot + 1, dot + 4);
  if (claims !== 'eyJ') return isEnd || !'eyJ'.startsWith(claims) ? undefined : 'more';
  const end = runs.end(WORD, dot + 1);
  if (end - dot <= LEAST_PART) return end === text.length && !isEnd ? 'more' : undefined;
  return { from: at, to: end, onward: DOTTED };
}

const MOST_LABEL = 80;
const LABEL = /^[A-Z0-9 ]{0,60}PRIVATE KEY(?: BLOCK)?$/;
/** RFC 1421, and OpenPGP's: lines before the key. */
const PEM_HEADERS = ['Proc-Type:', 'DEK-Info:', 'Version:', 'Comment:', 'Hash:', 'Charset:'];
const MOST_HEADERS = 6;
const MOST_LINE = 120;
const MOST_GAP = 40;
/** A line of a key is longer; what a program says of keys has no such word. */
const LEAST_LINE = 32;
const GAP = ' \t\r\n\\"\'`|>,+:-';

/** RFC 7468, with a line of a key behind the first: a text that only names the line is none. */
export function pem({ text, after, at, runs, isEnd }: Place): Found | 'more' | undefined {
  const label = text.slice(after, after + MOST_LABEL);
  const dashes = label.indexOf('-----');
  if (dashes < 0) return label.length < MOST_LABEL && !isEnd ? 'more' : undefined;
  if (!LABEL.test(label.slice(0, dashes))) return undefined;
  let place = after + dashes + '-----'.length;
  for (let headers = 0; headers <= MOST_HEADERS; headers++) {
    const gap = place;
    while (place < text.length && place - gap <= MOST_GAP && isGap(text, place)) place++;
    if (place - gap > MOST_GAP) return undefined;
    const end = runs.end(BASE64, place);
    if (end - place >= LEAST_LINE) return { from: at, to: end, onward: 'pem' };
    if (end === text.length) return isEnd ? undefined : 'more';
    const line = text.slice(place, place + MOST_LINE);
    const isHeader = PEM_HEADERS.some((name) => line.startsWith(name));
    if (!isHeader) return !isEnd && PEM_HEADERS.some((name) => name.startsWith(line)) ? 'more' : undefined;
    const length = line.search(/\n|\\n/);
    if (length < 0) return line.length < MOST_LINE && !isEnd ? 'more' : undefined;
    place += length;
  }
  return undefined;
}

/** Space, quotes and marks; the letter of an escape (`\n`), and the number of a line. */
function isGap(text: string, at: number): boolean {
  const char = text[at]!;
  if (GAP.includes(char)) return true;
  if (text[at - 1] === '\\') return 'nrt'.includes(char);
  return false;
}

const MOST_USERINFO = 256;
const LEAST_PASSWORD = 4;
/** Words of examples, and of services on one's own machine. */
const PLAIN: ReadonlySet<string> = new Set([
  'password', 'passwd', 'pass', 'pwd', 'secret', 'user', 'username', 'root', 'admin', 'guest', 'test', 'example', 'postgres', 'mysql', 'changeme', 'token',
]); // prettier-ignore

/** RFC 3986, 3.2.1: the password is replaced, name and address stay. */
export function url({ text, at, after, runs, isEnd }: Place): Found | 'more' | undefined {
  if (at === 0 || !isIn(ALNUM, text.charCodeAt(at - 1))) return undefined;
  const colon = runs.end(USERINFO, after);
  if (colon - after > MOST_USERINFO) return undefined;
  if (colon === text.length) return isEnd ? undefined : 'more';
  if (text[colon] !== ':') return undefined;
  const from = colon + 1;
  const to = runs.end(USERINFO, from);
  if (to - from > MOST_USERINFO) return undefined;
  if (to === text.length) return isEnd ? undefined : 'more';
  if (text[to] !== '@' || to - from < LEAST_PASSWORD) return undefined;
  if (to + 1 === text.length) return isEnd ? undefined : 'more';
  if (!isIn(ALNUM, text.charCodeAt(to + 1)) && text[to + 1] !== '[') return undefined;
  const password = text.slice(from, to);
  const isHole = '$%*.'.includes(password[0]!) || PLAIN.has(password.toLowerCase()) || new Set(password).size < 3;
  return isHole ? undefined : { from, to };
}

const CREDENTIALS = { least: 20, look: 64, digits: 2 };

/** RFC 6750. Words of ordinary texts have no digits. */
export function bearer(place: Place): Found | 'more' | undefined {
  return beginsWord(place.text, place.at) ? bodyOf(place, place.after, TOKEN68, CREDENTIALS) : undefined;
}

const MOST_BETWEEN = 24;
const SCHEMES = ['Basic ', 'basic ', 'Token ', 'token ', 'ApiKey ', 'apikey '];
const MOST_BASIC = 512;

/** RFC 9110, 11.6.2: the header with its value, however it is written. */
export function authorization(place: Place): Found | 'more' | undefined {
  const { text, runs, isEnd } = place;
  const from = valueAt(place, place.after);
  if (typeof from !== 'number') return from;
  const told = text.slice(from, from + 8);
  const scheme = SCHEMES.find((name) => told.startsWith(name));
  if (scheme === undefined) return !isEnd && SCHEMES.some((name) => name.startsWith(told)) ? 'more' : undefined;
  const after = from + scheme.length;
  if (scheme.toLowerCase() !== 'basic ') return bodyOf({ text, after, runs, isEnd }, after, TOKEN68, CREDENTIALS);
  const to = runs.end(BASE64, after);
  if (to - after > MOST_BASIC) return undefined;
  if (to === text.length && !isEnd) return 'more';
  const isPair = to - after >= 8 && Buffer.from(text.slice(after, to), 'base64').includes(':');
  return isPair ? { from: after, to } : undefined;
}

/** Where a value begins behind its name: something must stand between. */
function valueAt({ text, runs, isEnd }: Place, after: number): number | 'more' | undefined {
  const from = runs.end(BETWEEN, after);
  if (from - after > MOST_BETWEEN) return undefined;
  if (from === text.length) return isEnd ? undefined : 'more';
  return from === after ? undefined : from;
}

const AWS_ID = { least: 16, most: 16 };
const AWS_SECRET = 40;

/** With its secret, where that is the next word. */
export function awsId(place: Place): Found | 'more' | undefined {
  if (!beginsWord(place.text, place.at)) return undefined;
  const id = bodyOf(place, place.at, CAPITAL, AWS_ID);
  if (typeof id !== 'object') return id;
  const also = secretBehind(place, id.to);
  if (also === 'more') return 'more';
  return also ? { ...id, also } : id;
}

export function awsSecret(place: Place): Found | 'more' | undefined {
  return secretBehind(place, place.after);
}

function secretBehind(place: Place, after: number): { from: number; to: number } | 'more' | undefined {
  const { text, runs, isEnd } = place;
  const from = valueAt(place, after);
  if (typeof from !== 'number') return from;
  const to = runs.end(BASE64, from);
  if (to === text.length && !isEnd && to - from <= AWS_SECRET) return 'more';
  return to - from === AWS_SECRET && isRandom(text.slice(from, to), 1) ? { from, to } : undefined;
}

const TELEGRAM = { least: 33, most: 33 };

/** The number of the bot stands before. */
export function telegram(place: Place): Found | 'more' | undefined {
  let digits = 0;
  while (digits < 11 && place.at > digits && isIn(DIGIT, place.text.charCodeAt(place.at - 1 - digits))) digits++;
  if (digits < 8 || digits > 10) return undefined;
  return bodyOf(place, place.at + 1, WORD, TELEGRAM);
}
