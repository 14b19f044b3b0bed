/** Known secret values and what stands in their place, in whole texts and in texts that come in pieces. */

export interface Redactor {
  text(text: string): string;
  /** For one text that comes in pieces: a secret may be split over them. */
  stream(): StreamRedactor;
}

export interface StreamRedactor {
  /** What can be shown now; what may be the beginning of a secret is held back. */
  push(piece: string): string;
  /** What was held back, when nothing more comes. */
  end(): string;
}

/** Shorter values are left: they would hit ordinary words. */
const SHORTEST_SECRET = 8;

export function createRedactor(secrets: readonly { name: string; value: string }[]): Redactor {
  const known = secrets
    .filter(({ value }) => value.length >= SHORTEST_SECRET)
    .sort((a, b) => b.value.length - a.value.length);
  const text = (given: string): string =>
    known.reduce((out, { name, value }) => out.replaceAll(value, `[REDACTED:${name}]`), given);

  return {
    text,
    stream() {
      let held = '';
      return {
        push(piece) {
          const clean = text(held + piece);
          const hold = longestBeginning(clean, known);
          held = clean.slice(clean.length - hold);
          return clean.slice(0, clean.length - hold);
        },
        end() {
          const rest = held;
          held = '';
          return rest;
        },
      };
    },
  };
}

/** How many characters at the end of the text may be the beginning of a secret. */
function longestBeginning(text: string, secrets: readonly { value: string }[]): number {
  let longest = 0;
  for (const { value } of secrets) {
    for (let length = Math.min(value.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(value.slice(0, length))) longest = length;
    }
  }
  return longest;
}
