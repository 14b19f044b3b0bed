/** Whether a program of sed or awk does nothing but work on its text. Where that isn't plain, it counts as more. */

/** It starts no command, reads or writes no file of its own naming, and loads nothing. */
export function isPlainAwk(program: string): boolean {
  if (/system|getline|@|\\\n|close\s*\(|fflush/.test(program)) return false;
  // A pattern may hold a quote, and then nobody sees where a string ends.
  const code = program.includes('/') ? program : program.replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
  // Behind `print` a `>` may be a comparison, too: that counts as more.
  return !code.replaceAll('||', ' ').includes('|') && !/\bprintf?\b[^]*>/.test(code);
}

const ADDRESS = /^(?:\d+|\$)(?:~\d+)?/;

/** Only commands that print, delete, substitute or move text: none that runs, reads or writes a file. */
export function isPlainSed(script: string): boolean {
  let rest = script;
  for (;;) {
    rest = rest.replace(/^[\s;{}]+/, '');
    if (rest === '') return true;
    if (rest.startsWith('#')) {
      rest = rest.replace(/^[^\n]*/, '');
      continue;
    }
    const from = address(rest);
    if (from === undefined) return false;
    rest = from.trimStart();
    if (rest.startsWith(',')) {
      const to = address(
        rest
          .slice(1)
          .trimStart()
          .replace(/^[+~](?=\d)/, ''),
      );
      if (to === undefined) return false;
      rest = to.trimStart();
    }
    const after = command(rest.replace(/^!\s*/, ''));
    if (after === undefined) return false;
    rest = after;
  }
}

/** What follows an address, which may be none. Undefined: it isn't understood. */
function address(text: string): string | undefined {
  if (text.startsWith('\\')) return undefined;
  if (!text.startsWith('/')) return text.replace(ADDRESS, '');
  const end = delimited(text, 0, '/');
  return end === -1 ? undefined : text.slice(end + 1).replace(/^[IM]*/, '');
}

function command(text: string): string | undefined {
  if (text.startsWith('{')) return text.slice(1);
  if (text.startsWith('s') || text.startsWith('y')) {
    const mark = text[1];
    if (mark === undefined || /[\s\\\w]/.test(mark)) return undefined;
    const middle = delimited(text, 1, mark);
    const end = middle === -1 ? -1 : delimited(text, middle, mark);
    if (end === -1) return undefined;
    return ended(text.slice(end + 1).replace(/^[gpiIM0-9]*/, ''));
  }
  if (/^[:btT]/.test(text)) return ended(text.slice(1).replace(/^[ \t]*\w*/, ''));
  if (/^[aic]/.test(text)) return text.replace(/^[^\n\\]*(?:\\[^][^\n\\]*)*/, '');
  if (/^[pdDPnNgGhHx=zFlqQ]/.test(text)) return ended(text.slice(1).replace(/^[ \t]*\d+/, ''));
  return undefined;
}

/** Between two commands stands a semicolon, a line's end or a bracket. */
function ended(text: string): string | undefined {
  return /^[ \t]*(?:$|[;\n}#])/.test(text) ? text : undefined;
}

/** Where the next such mark stands behind `from` that isn't escaped; -1: nowhere. */
function delimited(text: string, from: number, mark: string): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === mark) return at;
  }
  return -1;
}
