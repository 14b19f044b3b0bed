/** Where the cursor goes: offsets in a text. */
import { nextBoundary, previousBoundary } from './graphemes.ts';

export type Motion = (text: string, cursor: number) => number;

const WORD = /[\p{L}\p{N}\p{M}_]/u;
const BLANK = /\s/;

export const left: Motion = previousBoundary;
export const right: Motion = nextBoundary;
export const textStart: Motion = () => 0;
export const textEnd: Motion = (text) => text.length;

export const lineStart: Motion = (text, cursor) => (cursor === 0 ? 0 : text.lastIndexOf('\n', cursor - 1) + 1);

export const lineEnd: Motion = (text, cursor) => {
  const end = text.indexOf('\n', cursor);
  return end === -1 ? text.length : end;
};

/** The end of the word in which the cursor is or that comes next. */
export const wordRight: Motion = (text, cursor) =>
  forward(
    text,
    forward(text, cursor, (character) => !WORD.test(character)),
    (character) => WORD.test(character),
  );

export const wordLeft: Motion = (text, cursor) =>
  backward(
    text,
    backward(text, cursor, (character) => !WORD.test(character)),
    (character) => WORD.test(character),
  );

/** The start of what stands between blanks. */
export const blankLeft: Motion = (text, cursor) =>
  backward(
    text,
    backward(text, cursor, (character) => BLANK.test(character)),
    (character) => !BLANK.test(character),
  );

function forward(text: string, from: number, passes: (character: string) => boolean): number {
  let at = from;
  while (at < text.length) {
    const next = nextBoundary(text, at);
    if (!passes(text.slice(at, next))) break;
    at = next;
  }
  return at;
}

function backward(text: string, from: number, passes: (character: string) => boolean): number {
  let at = from;
  while (at > 0) {
    const previous = previousBoundary(text, at);
    if (!passes(text.slice(previous, at))) break;
    at = previous;
  }
  return at;
}
