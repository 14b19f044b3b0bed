/**
 * What is still being written, shown as what it is going to be. Without this a line would show `**bol`, and jump when the
 * last `**` comes. An emphasis or code span that is open is shown as if it were closed where the text ends, the address of a
 * link that is being written is left out, and marks at the very end, which may open or close, are left out too. A mark that
 * never finds its partner is shown as text once its paragraph is complete: that is the one jump that is left.
 */

const MARKS = /^(?:`+|\*{1,3}|_{1,3}|~~)/;
const TRAILING = /(?:\*+|_+|~+|`+|!?\[|\\)$/;
const WORD = /[\p{L}\p{N}]/u;

export function mend(source: string): string {
  const text = source.replace(TRAILING, '');
  const open: string[] = [];
  /** Where the texts of links begin that have no end yet. */
  const brackets: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\') at++;
    else if (character === '[') brackets.push(at);
    else if (character === ']') {
      const start = brackets.pop();
      if (start === undefined) continue;
      if (at === text.length - 1) return closed(unbracketed(text.slice(0, at), [...brackets, start]), open);
      if (text.charAt(at + 1) !== '(') continue;
      const end = text.indexOf(')', at);
      if (end === -1) return closed(unbracketed(text.slice(0, at), [...brackets, start]), open);
      at = end;
    } else {
      const mark = MARKS.exec(text.slice(at, at + 16))?.[0];
      if (mark === undefined) continue;
      const after = at + mark.length;
      if (mark.startsWith('`')) {
        const end = codeEnd(text, after, mark);
        if (end === -1) return closed(unbracketed(text, brackets) + mark, open);
        at = end - 1;
        continue;
      }
      openOrClose(text, at, after, mark, open);
      at = after - 1;
    }
  }
  return closed(unbracketed(text, brackets), open);
}

function codeEnd(text: string, from: number, mark: string): number {
  for (let at = text.indexOf(mark, from); at !== -1; at = text.indexOf(mark, at + 1)) {
    let end = at + mark.length;
    if (text.charAt(end) !== '`') return end;
    while (text.charAt(end) === '`') end++;
    at = end;
  }
  return -1;
}

function openOrClose(text: string, at: number, after: number, mark: string, open: string[]): void {
  const before = text.charAt(at - 1);
  const next = text.charAt(after);
  const inWord = mark.startsWith('_') && WORD.test(before) && WORD.test(next);
  if (inWord) return;
  if (open.at(-1) === mark && before.trim() !== '') open.pop();
  else if (next.trim() !== '') open.push(mark);
}

/** Only the last one can be a link that is being written; older ones are brackets. */
function unbracketed(text: string, brackets: number[]): string {
  const start = brackets.at(-1);
  if (start === undefined) return text;
  const before = text.slice(0, text.charAt(start - 1) === '!' ? start - 1 : start);
  return before + text.slice(start + 1);
}

function closed(text: string, open: string[]): string {
  const end = text.trimEnd();
  return open.length === 0 ? text : end + open.toReversed().join('');
}
