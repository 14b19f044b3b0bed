/**
 * Reads the Codex patch format, as leniently as its own parser: space around markers, a here-document around the whole,
 * a first hunk without `@@`. In addition several `@@` lines may narrow one hunk down, and the line numbers of a unified
 * diff after `@@` are passed over.
 */

export type Section =
  | { kind: 'add'; path: string; lines: string[] }
  | { kind: 'delete'; path: string }
  | { kind: 'update'; path: string; moveTo?: string; hunks: Hunk[] };

export interface HunkLine {
  op: ' ' | '-' | '+';
  text: string;
}

export interface Hunk {
  /** Lines that come before, in this order: a class, a method. */
  anchors: string[];
  lines: HunkLine[];
  /** Its lines are the last of the file. */
  endOfFile: boolean;
}

type Refused = { refused: string };
export type ParsedPatch = { sections: Section[] } | Refused;

const BEGIN = '*** Begin Patch';
const END = '*** End Patch';
const ADD = '*** Add File: ';
const DELETE = '*** Delete File: ';
const UPDATE = '*** Update File: ';
const MOVE = '*** Move to: ';
const END_OF_FILE = '*** End of File';
/** `@@ -1,3 +1,4 @@ …` of a unified diff; what follows is a hint that may be cut off. */
const UNIFIED = /^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@/;

/** The lines that are still to be read. */
interface Rest {
  lines: string[];
  at: number;
}

export function parsePatch(text: string): ParsedPatch {
  const all = text.trim().split('\n');
  const inHereDocument = /^<<\s*['"]?EOF['"]?\s*$/.test(all[0]!) && all.at(-1) === 'EOF';
  const lines = (inHereDocument ? all.slice(1, -1) : all).map((line) => line.replace(/\r$/, ''));
  if (lines[0]?.trim() !== BEGIN) return { refused: `the first line must be "${BEGIN}"` };
  if (lines.at(-1)!.trim() !== END) return { refused: `the last line must be "${END}"` };

  const rest: Rest = { lines: lines.slice(0, -1), at: 1 };
  const sections: Section[] = [];
  while (rest.at < rest.lines.length) {
    const section = readSection(rest);
    if ('refused' in section) return section;
    sections.push(section);
  }
  return sections.length > 0 ? { sections } : { refused: 'the patch names no file' };
}

function readSection(rest: Rest): Section | Refused {
  const header = rest.lines[rest.at]!.trim();
  const path = header.slice(header.indexOf(': ') + 2).trim();
  rest.at++;
  if (header.startsWith(ADD)) {
    const lines: string[] = [];
    while (rest.lines[rest.at]?.startsWith('+')) lines.push(rest.lines[rest.at++]!.slice(1));
    return atHeader(rest) ? { kind: 'add', path, lines } : refuse(rest, 'every line of an added file begins with "+"');
  }
  if (header.startsWith(DELETE)) {
    return atHeader(rest) ? { kind: 'delete', path } : refuse(rest, 'nothing follows a Delete File line');
  }
  if (!header.startsWith(UPDATE)) {
    rest.at--;
    return refuse(rest, `must begin with one of "${ADD}", "${DELETE}", "${UPDATE}"`);
  }
  const move = rest.lines[rest.at]?.trim() ?? '';
  if (move.startsWith(MOVE)) rest.at++;
  const hunks: Hunk[] = [];
  while (!atHeader(rest)) {
    const hunk = readHunk(rest, hunks.length === 0);
    if ('refused' in hunk) return hunk;
    hunks.push(hunk);
  }
  if (move.startsWith(MOVE)) return { kind: 'update', path, moveTo: move.slice(MOVE.length).trim(), hunks };
  return hunks.length > 0 ? { kind: 'update', path, hunks } : { refused: `the update of ${path} holds no change` };
}

/** Whether a section ends here. Blank lines between sections are passed over. */
function atHeader(rest: Rest): boolean {
  let at = rest.at;
  while (rest.lines[at]?.trim() === '') at++;
  const line = rest.lines[at];
  if (line !== undefined && !(line.trim().startsWith('*** ') && line.trim() !== END_OF_FILE)) return false;
  rest.at = at;
  return true;
}

function readHunk(rest: Rest, first: boolean): Hunk | Refused {
  const anchors: string[] = [];
  // Behind the first hunk, blank lines only separate it from the next.
  if (!first) while (rest.lines[rest.at] === '') rest.at++;
  const start = rest.at;
  for (; rest.lines[rest.at]?.startsWith('@@'); rest.at++) {
    const line = rest.lines[rest.at]!;
    const anchor = UNIFIED.test(line) ? '' : line.slice(2).replace(/^ /, '');
    if (anchor.trim() !== '') anchors.push(anchor);
  }
  if (rest.at === start && !first) return refuse(rest, 'a hunk begins with "@@"');
  const lines: HunkLine[] = [];
  while (rest.at < rest.lines.length) {
    const line = rest.lines[rest.at]!;
    if (line.trim() === END_OF_FILE) {
      rest.at++;
      return lines.length > 0 ? { anchors, lines, endOfFile: true } : refuse(rest, 'a hunk without lines ends here');
    }
    if (line === '') {
      // Blank lines of context, or what separates this hunk from the next.
      if (endsHere(rest)) break;
      for (; rest.lines[rest.at] === ''; rest.at++) lines.push({ op: ' ', text: '' });
      continue;
    }
    const op = line[0]!;
    if (op !== ' ' && op !== '-' && op !== '+') break;
    lines.push({ op, text: line.slice(1) });
    rest.at++;
  }
  if (lines.length === 0) return refuse(rest, 'every line of a hunk begins with " ", "-" or "+"');
  return { anchors, lines, endOfFile: false };
}

/** Whether only blank lines lie between here and the next hunk or section. */
function endsHere(rest: Rest): boolean {
  let at = rest.at;
  while (rest.lines[at] === '') at++;
  const line = rest.lines[at];
  return line === undefined || line.startsWith('@@') || line.trim().startsWith('*** ');
}

function refuse(rest: Rest, why: string): Refused {
  const line = rest.lines[rest.at];
  return { refused: line === undefined ? why : `line ${rest.at + 1}, ${JSON.stringify(line.slice(0, 80))}: ${why}` };
}
