/** Finds where lines stand in a file, ever more tolerantly: as Codex does it. */

/** From strict to lenient: exact, trailing space ignored, outer space ignored, typographic punctuation made plain. */
const FORMS: ((line: string) => string)[] = [(line) => line, (line) => line.trimEnd(), (line) => line.trim(), plain];

export interface LineFinder {
  /** Index of the first place at or after `from` where `wanted` stands; with `atEnd` only the end of the file. */
  find(wanted: readonly string[], from: number, atEnd?: boolean): number | undefined;
}

export function lineFinder(lines: readonly string[]): LineFinder {
  const formed: { file: string[]; known: ReadonlySet<string> }[] = [];
  return {
    find(wanted, from, atEnd = false) {
      const start = atEnd ? Math.max(from, lines.length - wanted.length) : from;
      for (const [level, form] of FORMS.entries()) {
        const { file, known } = (formed[level] ??= formOf(lines, form));
        const asked = wanted.map(form);
        // Most forms that don't fit are told by this: a patch of many hunks must not go over a long file for each.
        if (!asked.every((line) => known.has(line))) continue;
        const found = indexOfSequence(file, asked, start);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

function formOf(lines: readonly string[], form: (line: string) => string): { file: string[]; known: Set<string> } {
  const file = lines.map(form);
  return { file, known: new Set(file) };
}

/** Knuth, Morris and Pratt: linear, also when file and patch repeat one line many thousand times. */
function indexOfSequence(file: readonly string[], wanted: readonly string[], from: number): number | undefined {
  const fallback = [0];
  for (let i = 1, matched = 0; i < wanted.length; i++) {
    while (matched > 0 && wanted[i] !== wanted[matched]) matched = fallback[matched - 1]!;
    if (wanted[i] === wanted[matched]) matched++;
    fallback.push(matched);
  }
  for (let i = from, matched = 0; i < file.length; i++) {
    while (matched > 0 && file[i] !== wanted[matched]) matched = fallback[matched - 1]!;
    if (file[i] === wanted[matched]) matched++;
    if (matched === wanted.length) return i - matched + 1;
  }
  return undefined;
}

function plain(line: string): string {
  return line
    .trim()
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .replace(/[\u2018-\u201b]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u00a0\u2002-\u200a\u202f\u205f\u3000]/g, ' ');
}
