/** How wide text is on a terminal, and text that is safe to show there. */
import stringWidth from 'fast-string-width';

/** What moves the cursor, colours the screen or turns the direction of writing. */
export const CONTROL = /[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu;
/** Characters without a width of their own that the library gives one: invisible ones, joiners that join no emoji, jamo within a syllable. */
const WIDTHLESS =
  /[\u1160-\u11FF\u200B\u200C\u2060-\u2064\uD7B0-\uD7FF\uFEFF]|(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D|\u200D(?!\p{Extended_Pictographic})/gu;

/** A simple character of one column. */
export const NARROW =
  /[\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2100-\u2319\u2500-\u25fc]/;
const ALL_NARROW = new RegExp(`^${NARROW.source}*$`);
const PLAIN = /^[\n\t\x20-\x7E]*$/;

/** Most characters: one unit each, and two of them are never one. */
export const SIMPLE =
  /[\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u2100-\u27bf\u3000-\u3029\u3041-\u3096\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff9d]/;
const ALL_SIMPLE = new RegExp(`^${SIMPLE.source}*$`);

/** Made when first needed: it takes 8 ms, and most text needs it for nothing. */
let segmenter: Intl.Segmenter | undefined;

/** What a person takes for single characters: what belongs together, like a family of emoji, is never cut. */
export function* graphemes(text: string): Generator<string> {
  if (ALL_SIMPLE.test(text)) return yield* text;
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of segmenter.segment(text)) yield segment;
}

/** Does each character take one column? False for many texts of which that is true. */
export function isNarrow(text: string): boolean {
  return ALL_NARROW.test(text);
}

/** Columns that a line takes. */
export function displayWidth(text: string): number {
  if (isNarrow(text)) return text.length;
  return stringWidth(text.replace(WIDTHLESS, ''));
}

/** The text cut to so many columns, with … where something is left out. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let left = columns - 1;
  for (const grapheme of graphemes(text)) {
    left -= displayWidth(grapheme);
    if (left < 0) break;
    kept += grapheme;
  }
  return columns < 1 ? '' : `${kept}…`;
}

/** On one line, with nothing that moves the cursor, colours the screen or turns the direction of writing. */
export function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(CONTROL, '\uFFFD');
}

/** Lines and tabs stay; nothing else that moves the cursor, colours the screen or turns the direction of writing. */
export function visibleText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replaceAll('\r\n', '\n')
    .replace(CONTROL, (control) => (control === '\n' || control === '\t' ? control : '\uFFFD'));
}
