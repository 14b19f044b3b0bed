/** Where a paragraph that is too long to wait for its end may be cut. */

/** From so much of a paragraph on, the lines that can't change are settled. */
export const LONG_PARAGRAPH = 1024;
/** So much is waited for the end of an emphasis, a link …; then its marks are text. */
const LONGEST_CONSTRUCT = 2048;
const CONSTRUCT = /[*_~`[<\\]/g;
const LONGEST_CHARACTER = 32;
const SPACE = /\s/;
const LETTER = /\p{L}/u;
const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/**
 * The offset of a word before which nothing is open, as far as can be told without its end: behind it the text is as good as a
 * paragraph of its own. 0 when there is no such word yet.
 */
export function safeCut(text: string): number {
  const open = firstOpen(text);
  // The last line may still become the head of a table.
  const lastLine = text.lastIndexOf('\n', text.length - 2) + 1;
  const most = Math.min(open, lastLine === 0 ? text.length : lastLine);
  const cut = lastWord(text, most);
  if (cut > 0 || text.length < LONGEST_CONSTRUCT) return cut;
  return lastWord(text, text.length) || insideWord(text);
}

/** What begins with a letter begins no other block. In scripts without spaces every character is a word. */
function lastWord(text: string, most: number): number {
  for (let at = most; at > 0; at--) {
    const before = text.charAt(at - 1);
    const next = text.charAt(at);
    if (SPACE.test(before) ? LETTER.test(next) : IDEOGRAPH.test(before) && IDEOGRAPH.test(next)) return at;
  }
  return 0;
}

function insideWord(text: string): number {
  for (let at = text.length - 1; at > text.length - LONGEST_CHARACTER; at--) {
    if (/[\x21-\x7E]/.test(text.charAt(at))) return at;
  }
  const at = text.length - LONGEST_CHARACTER;
  return /[\uDC00-\uDFFF]/.test(text.charAt(at)) ? at - 1 : at;
}

/** Where the first construct begins that may still be closed. Pairs are found by their marks alone: too early is safe. */
function firstOpen(text: string): number {
  const open: { mark: string; at: number }[] = [];
  CONSTRUCT.lastIndex = 0;
  for (let match = CONSTRUCT.exec(text); match !== null; match = CONSTRUCT.exec(text)) {
    const at = match.index;
    const character = match[0];
    if (character === '\\') {
      CONSTRUCT.lastIndex = at + 2;
      continue;
    }
    const end = skip(text, at, character);
    if (end === undefined) return Math.min(at, open[0]?.at ?? at);
    CONSTRUCT.lastIndex = end;
    if (character === '`' || character === '[' || character === '<') continue;
    const mark = text.slice(at, end);
    const before = text.charAt(at - 1);
    const after = text.charAt(end);
    if (character === '_' && /[\p{L}\p{N}]/u.test(before) && /[\p{L}\p{N}]/u.test(after)) continue;
    const opener = before.trim() === '' ? -1 : open.findLastIndex((one) => one.mark === mark);
    if (opener !== -1) open.splice(opener);
    else if (after === '' || after.trim() !== '') open.push({ mark, at });
  }
  return open[0]?.at ?? text.length;
}

/** The end of what begins here: of a run of marks, a whole code span, link or tag; undefined when its end isn't there. */
function skip(text: string, at: number, character: string): number | undefined {
  switch (character) {
    case '`': {
      const run = /^`+/.exec(text.slice(at, at + 64))![0];
      const end = text.indexOf(run, at + run.length);
      return end === -1 ? undefined : end + run.length;
    }
    case '[': {
      const end = text.indexOf(']', at);
      const after = text.charAt(end + 1);
      if (end === -1 || after === '') return undefined;
      if (after !== '(' && after !== '[') return at + 1;
      const close = text.indexOf(after === '(' ? ')' : ']', end + 2);
      return close === -1 ? undefined : close + 1;
    }
    case '<': {
      if (!/[a-zA-Z/!?]/.test(text.charAt(at + 1) || 'a')) return at + 1;
      const end = text.indexOf('>', at);
      return end === -1 ? undefined : end + 1;
    }
    default: {
      let end = at + 1;
      while (text.charAt(end) === character) end++;
      return end;
    }
  }
}
