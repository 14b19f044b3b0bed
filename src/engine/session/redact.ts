/** Secrets and what stands in their place, in whole texts and in texts that come in pieces. */
import { isInPieces } from '../../base/in-pieces.ts';
import { redactShapes, ShapeScanner } from './shape-scanner.ts';
import { spellingsOf } from './spellings.ts';

export interface Redactor {
  text(text: string): string;
  /** For one text that comes in pieces: a secret may be split over them. */
  stream(): StreamRedactor;
  /** Of known values alone: for what runs as it is recorded, where a mere likeness must not change it. */
  exact: Omit<Redactor, 'exact'>;
}

export interface StreamRedactor {
  /** What can be shown now; what may be the beginning of a secret is held back. */
  push(piece: string): string;
  /** What was held back, when nothing more comes. */
  end(): string;
}

/** Shorter values are left: they would hit ordinary words. */
const SHORTEST_SECRET = 8;

/** Whether a value can be told from ordinary words, and so be kept out of what is recorded. */
export function isLongEnough(value: string): boolean {
  return value.length >= SHORTEST_SECRET;
}

/** The one in force now. A text that comes in pieces is redacted by what is known when each piece comes. */
export function currentRedactor(now: () => Redactor): Redactor {
  const following = (of: (redactor: Redactor) => Omit<Redactor, 'exact'>): Omit<Redactor, 'exact'> => ({
    text: (text) => of(now()).text(text),
    stream() {
      let by = now();
      let stream = of(by).stream();
      return {
        push(piece) {
          if (by === now()) return stream.push(piece);
          const held = stream.end();
          by = now();
          stream = of(by).stream();
          return stream.push(held + piece);
        },
        end: () => stream.end(),
      };
    },
  });
  return { ...following((redactor) => redactor), exact: following(({ exact }) => exact) };
}

/** Of known values, and with `shapes` also of what looks like a secret. */
export function createRedactor(
  secrets: readonly { name: string; value: string }[],
  { shapes = false }: { shapes?: boolean } = {},
): Redactor {
  const exact = createExact(secrets);
  if (!shapes) return { ...exact, exact };
  return {
    text: (text) => redactShapes(exact.text(text)),
    stream() {
      const known = exact.stream();
      const scanner = new ShapeScanner();
      return {
        push: (piece) => scanner.push(known.push(piece)),
        end: () => scanner.push(known.end(), true),
      };
    },
    exact,
  };
}

function createExact(secrets: readonly { name: string; value: string }[]): Redactor['exact'] {
  const known = secrets
    .filter(({ value }) => isLongEnough(value))
    .flatMap(({ name, value }) => spellingsOf(value).map((spelling) => ({ name, value: spelling })))
    .sort((a, b) => b.value.length - a.value.length);
  if (known.length === 0) return { text: (text) => text, stream: () => ({ push: (piece) => piece, end: () => '' }) };
  const names = new Map(known.map(({ name, value }) => [value, name]));
  // Of several that match at a place the longest: it stands first.
  const pattern = new RegExp(known.map(({ value }) => RegExp.escape(value)).join('|'), 'g');
  const clean = (text: string): string => text.replace(pattern, (value) => `[REDACTED:${names.get(value)}]`);

  return {
    text: clean,
    stream() {
      let held = '';
      return {
        push(piece) {
          const text = held + piece;
          const from = firstUndecided(text, pattern, known);
          held = text.slice(from);
          return clean(text.slice(0, from));
        },
        end() {
          const rest = clean(held);
          held = '';
          return rest;
        },
      };
    },
  };
}

const PLACEHOLDER = /\[REDACTED:[^\]]*\]/;

/** Is a text the other one, perhaps with placeholders where that has something else? */
export function isRedacted(text: string, whole: string): boolean {
  return isInPieces(whole, text.split(PLACEHOLDER));
}

/** Where the text's end begins that may turn out to be a secret, or another one than it looks now. */
function firstUndecided(text: string, pattern: RegExp, secrets: readonly { value: string }[]): number {
  let undecided = text.length - longestBeginning(text, secrets);
  for (const { index, 0: value } of text.matchAll(pattern)) {
    if (index >= undecided) break;
    // This one is settled: what begins inside it is part of it.
    const end = index + value.length;
    if (end > undecided) undecided = text.length - longestBeginning(text.slice(end), secrets);
  }
  return undecided;
}

/** How many characters at the end of the text may be the beginning of a longer secret. */
function longestBeginning(text: string, secrets: readonly { value: string }[]): number {
  let longest = 0;
  const last = text.charCodeAt(text.length - 1);
  for (const { value } of secrets) {
    for (let length = Math.min(value.length - 1, text.length); length > longest; length--) {
      if (value.charCodeAt(length - 1) === last && text.endsWith(value.slice(0, length))) longest = length;
    }
  }
  return longest;
}
