/**
 * Everything that a terminal or a renderer would act on instead of showing: controls, bidirectional and zero-width
 * characters, invisible fillers, tags. Tab and line feed are in it; `visible` lets them through where asked.
 */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class
  /[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/** Blanks that are none to a shell, and look like one. */
const BLANKS = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu;

/** Marks on nothing, which would go onto what stands before the text, and more on one character than any writing has. */
const PILED = /^\p{M}+|(?<=\n)\p{M}+|(?<=\p{M}{4})\p{M}+/gu;

/**
 * A text as an approver may be shown it: nothing in it moves the cursor, hides or reorders what stands beside it.
 * With `lines` tabs and line feeds stay, and, unless it is `code`, other blanks.
 */
export function visible(text: string, options: { lines?: boolean; code?: boolean } = {}): string {
  const { lines = false, code = !lines } = options;
  const codes = (chars: string): string => [...chars].map(hexed).join('');
  const spread = text.replace(PILED, codes);
  return (code ? spread.replace(BLANKS, codes) : spread).replace(HIDDEN, (char) => {
    if (lines && (char === '\n' || char === '\t')) return char;
    if (char === '\n') return '\\n';
    if (char === '\r') return '\\r';
    if (char === '\t') return '\\t';
    return hexed(char);
  });
}

function hexed(char: string): string {
  const code = char.codePointAt(0)!;
  const hex = code.toString(16);
  return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `‹U+${hex.toUpperCase().padStart(4, '0')}›`;
}
