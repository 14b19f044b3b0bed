/** What a person sees of the editor: its rows, wrapped and scrolled, and the menu or the search below. */
import { displayWidth, truncate } from '../width.ts';
import { menuRows } from './completion.ts';
import { nextBoundary } from './graphemes.ts';
import { isAtom } from './pastes.ts';
import { columnAt, rowIndexAt, rowsOfLine, type TextRow } from './rows.ts';
import { searchPreview } from './search.ts';
import { layoutOf, promptWidth, type EditorState } from './state.ts';
import { shownCharacter, type Layout } from './wrap.ts';

export interface View {
  lines: string[];
  /** Counted from the first of the lines. */
  cursor: { row: number; column: number };
}

/** Colours for the parts of the view. They may add nothing that takes columns. */
export interface Look {
  prompt(text: string): string;
  /** Hints, details, what isn't the text. */
  faint(text: string): string;
  selected(text: string): string;
  /** A paste's label. */
  atom(text: string): string;
}

const asIs = (text: string): string => text;
const PLAIN_LOOK: Look = { prompt: asIs, faint: asIs, selected: asIs, atom: asIs };
const MENU_ROWS = 8;

/** At most `maxRows` lines of at most `columns`, the cursor always among them. */
export function viewOf(state: EditorState, columns: number, maxRows: number, look: Look = PLAIN_LOOK): View {
  const below = linesBelow(state, columns, Math.max(0, maxRows - 1), look);
  const buffer = searchPreview(state) ?? state.buffer;
  const layout = layoutOf(state, columns);
  const { rows, cursorRow } = rowsAround(buffer.text, buffer.cursor, Math.max(1, maxRows - below.length), layout);
  const indent = promptWidth(state);
  const lines = rows.map((row) => {
    const { first, others } = state.prompts;
    const prompt = row.start === 0 ? first : row.first ? others : '';
    const gap = ' '.repeat(indent - displayWidth(prompt));
    return (prompt === '' ? '' : look.prompt(prompt)) + gap + shownRow(buffer.text, row, layout, look);
  });
  const column = indent + columnAt(buffer.text, rows[cursorRow]!, buffer.cursor, layout);
  const isBare = buffer === state.buffer && state.completion.menu === undefined;
  if (state.hint !== '' && isBare && buffer.cursor === buffer.text.length) {
    lines[cursorRow] += look.faint(truncate(state.hint, Math.max(0, columns - column - 1)));
  }
  return { lines: [...lines, ...below], cursor: { row: cursorRow, column: Math.min(column, columns - 1) } };
}

/** The rows around the cursor, as many as there is room for: it stays in the middle while the text is longer. */
function rowsAround(
  text: string,
  cursor: number,
  height: number,
  layout: Layout,
): { rows: readonly TextRow[]; cursorRow: number } {
  let rows = [...rowsOfLine(text, cursor, layout)];
  let index = rowIndexAt(rows, cursor);
  while (index < height && rows[0]!.start > 0) {
    const before = rowsOfLine(text, rows[0]!.start - 1, layout);
    rows = [...before, ...rows];
    index += before.length;
  }
  while (rows.length - index <= height && rows.at(-1)!.last && rows.at(-1)!.end < text.length) {
    rows.push(...rowsOfLine(text, rows.at(-1)!.end + 1, layout));
  }
  const first = Math.max(0, Math.min(index - Math.floor((height - 1) / 2), rows.length - height));
  return { rows: rows.slice(first, first + height), cursorRow: index - first };
}

function shownRow(text: string, { start, end }: TextRow, layout: Layout, look: Look): string {
  let shown = '';
  for (let at = start, next; at < end; at = next) {
    next = nextBoundary(text, at);
    const character = shownCharacter(text, at, next, layout);
    shown += isAtom(text.slice(at, next)) ? look.atom(character) : character;
  }
  return shown;
}

function linesBelow({ search, completion }: EditorState, columns: number, height: number, look: Look): string[] {
  if (search !== undefined) {
    const { query, failed } = search;
    const says = failed ? 'not in the history: ' : 'search the history: ';
    return [look.faint(truncate(`${says}${query}`, columns))].slice(0, height);
  }
  if (completion.menu === undefined) return [];
  const { shown, selected: at } = completion.menu;
  const isCut = shown.length > Math.min(height, MENU_ROWS) && height > 2;
  const rows = menuRows(completion.menu, Math.min(isCut ? height - 1 : height, MENU_ROWS));
  const widest = Math.max(...rows.map(({ text }) => displayWidth(text)));
  const lines = rows.map(({ text, detail, selected }) => {
    const name = truncate(`${selected ? '›' : ' '} ${text}`, columns);
    const gap = ' '.repeat(Math.max(0, widest + 4 - displayWidth(name)));
    const left = columns - displayWidth(name) - gap.length;
    const said = detail === '' || left < 8 ? '' : gap + look.faint(truncate(detail, left));
    return (selected ? look.selected(name) : name) + said;
  });
  return isCut ? [...lines, look.faint(truncate(`  ${at + 1} of ${shown.length}`, columns))] : lines;
}
