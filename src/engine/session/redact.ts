/** Secrets and what stands in their place, in whole texts and in texts that come in pieces. */
import { isInPieces } from '../../base/in-pieces.ts';
import { createKnownValues, inOneLine, SHORTEST } from './known-values.ts';
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

/** Whether a value can be told from ordinary words, and so be kept out of what is recorded. Shorter ones are left. */
export function isLongEnough(value: string): boolean {
  return inOneLine(value).length >= SHORTEST;
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
    .flatMap(({ name, value }) => spellingsOf(value).map((spelling) => ({ name, value: spelling })));
  if (known.length === 0) return { text: (text) => text, stream: () => ({ push: (piece) => piece, end: () => '' }) };
  const values = createKnownValues(known);
  const clean = (text: string, whole: boolean): { shown: string; held: string } => {
    const { found, until } = values.find(text, whole);
    let shown = '';
    let done = 0;
    for (const { name, from, to } of found) {
      shown += `${text.slice(done, from)}[REDACTED:${name}]`;
      done = to;
    }
    return { shown: shown + text.slice(done, until), held: text.slice(until) };
  };

  return {
    text: (text) => clean(text, true).shown,
    stream() {
      let held = '';
      return {
        push(piece) {
          const now = clean(held + piece, false);
          held = now.held;
          return now.shown;
        },
        end() {
          const rest = clean(held, true).shown;
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
