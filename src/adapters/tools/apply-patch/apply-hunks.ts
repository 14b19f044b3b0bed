import { lineFinder } from './find-lines.ts';
import type { Hunk } from './parse-patch.ts';
import type { Line } from './text-file.ts';

/** Lines of the file from `at` (an index) replaced by others. */
export interface Change {
  at: number;
  removed: Line[];
  added: Line[];
}

/** Changes in the order of the file, none touching another. */
export type Edit = { changes: Change[]; result: Line[] } | { refused: string };

/** Applies hunks, which come in the order of the file. Context keeps the file's own bytes, however it was matched. */
export function applyHunks(lines: readonly Line[], hunks: readonly Hunk[]): Edit {
  const finder = lineFinder(lines.map(({ text }) => text));
  const changes: Change[] = [];
  let from = 0;
  for (const hunk of hunks) {
    for (const anchor of hunk.anchors) {
      const found = finder.find([anchor], from);
      if (found === undefined) return { refused: `no line ${JSON.stringify(anchor)} ${behind(from)}` };
      from = found + 1;
    }
    const place = placeOf(hunk, finder.find, from, lines.length);
    if (!place) return { refused: `these lines do not stand ${behind(from)}:\n${oldLines(hunk).join('\n')}` };
    from = collect(place.hunk, place.at, lines, changes);
  }
  return { changes, result: withChanges(lines, changes) };
}

function behind(from: number): string {
  return from === 0 ? 'in the file' : `in the file after line ${from}`;
}

function oldLines(hunk: Hunk): string[] {
  return hunk.lines.filter(({ op }) => op !== '+').map(({ text }) => text);
}

type Find = ReturnType<typeof lineFinder>['find'];

function placeOf(hunk: Hunk, find: Find, from: number, length: number): { at: number; hunk: Hunk } | undefined {
  const old = oldLines(hunk);
  // Only new lines: behind the anchor, else at the end.
  if (old.length === 0) return { at: hunk.anchors.length > 0 && !hunk.endOfFile ? from : length, hunk };
  // The line that an anchor names may be repeated as context.
  const repeated = (): number | undefined =>
    hunk.anchors.length > 0 ? find(old, from - 1, hunk.endOfFile) : undefined;
  const at = find(old, from, hunk.endOfFile) ?? repeated();
  if (at !== undefined) return { at, hunk };
  // Models add a blank line of context that stands for the end of the file.
  const last = hunk.lines.at(-1)!;
  if (old.length === 1 || last.op !== ' ' || last.text !== '') return undefined;
  return placeOf({ ...hunk, lines: hunk.lines.slice(0, -1) }, find, from, length);
}

/** Adds the hunk's changes; gives the index behind its last old line. */
function collect(hunk: Hunk, start: number, lines: readonly Line[], changes: Change[]): number {
  let at = start;
  let open: Change | undefined;
  for (const { op, text } of hunk.lines) {
    if (op === ' ') {
      open = undefined;
      at++;
      continue;
    }
    if (!open) changes.push((open = { at, removed: [], added: [] }));
    if (op === '-') open.removed.push(lines[at++]!);
    else open.added.push({ text, end: '\n' });
  }
  return at;
}

/** The file with the changes, new lines ended like their neighbours, its last line ended or not as it was before. */
function withChanges(lines: readonly Line[], changes: readonly Change[]): Line[] {
  const usual = lines.find(({ end }) => end !== '')?.end ?? '\n';
  const result: Line[] = [];
  let next = 0;
  for (const change of changes) {
    for (; next < change.at; next++) result.push(lines[next]!);
    const end = change.removed[0]?.end || result.at(-1)?.end || lines[next]?.end || usual;
    change.added = change.added.map(({ text }) => ({ text, end }));
    for (const line of change.added) result.push(line);
    next += change.removed.length;
  }
  for (; next < lines.length; next++) result.push(lines[next]!);

  // Only the last line may be without an end, and it is when the file's last line was.
  const lastEnd = lines.length === 0 || lines.at(-1)!.end !== '' ? usual : '';
  const added = new Set(changes.flatMap((change) => change.added));
  return result.map((line, index) => {
    const last = index === result.length - 1;
    const end = last ? (lastEnd === '' ? '' : line.end || lastEnd) : line.end || usual;
    if (end === line.end) return line;
    if (!added.has(line)) return { ...line, end };
    line.end = end;
    return line;
  });
}
