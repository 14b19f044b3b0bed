/**
 * A terminal whose scrollback is kept: lines are printed for good, and below them stands a live part that changes.
 *
 * Only the rows of the live part are known, never where on the screen they are: for that nothing is asked of the terminal. After a
 * resize the terminal has wrapped those rows; how many they are now follows from their widths. While sizes keep coming,
 * nothing is written: what was written for one width would meet another.
 */
import type { Clock } from '../../../base/clock.ts';
import { printable, rowOf } from './cells.ts';
import { erase, repaint, type Painting, type Position } from './paint.ts';
import { cursorInXtermJs, cursorWhenWrapped } from './wrapped.ts';

/** What the screen needs of `process.stdout`. */
export interface ScreenOutput {
  write(text: string): unknown;
  readonly columns: number;
  readonly rows: number;
}

/** What stands at the bottom. A line takes one row and is cut where it is too long. Without a cursor none is seen. */
export interface Frame {
  lines: readonly string[];
  cursor?: Position | undefined;
}

/** Lines may hold SGR and OSC 8; other control characters are made visible or left out. */
export interface Screen {
  /** Prints lines above the live part, into the scrollback, for good. They may be longer than the terminal is wide. */
  print(lines: readonly string[]): void;
  /** What stands at the bottom from now on: painted soon, together with what comes meanwhile. */
  show(frame: Frame): void;
  /** Paints now. */
  flush(): void;
  /** The terminal has another size now. */
  resized(): void;
  /** Takes the live part away and hands the terminal to another program. What is printed meanwhile comes with `resume`. */
  suspend(): void;
  resume(): void;
  /**
   * Leaves the cursor on a fresh line below the live part, and the terminal as it was. Called again, what gives the terminal
   * back is written again: on Ctrl-C the system drops what the terminal hasn't read yet.
   */
  close(): void;
}

export interface ScreenOptions {
  clock: Clock;
  /** Is the terminal made with xterm.js, as VS Code's is? It has a way of its own to get narrower. */
  xtermJs: boolean;
  /** Nobody reads keys and pastes: the terminal keeps its ways with them. */
  onlyPaints?: true;
  /** All that was shown and printed so far was written. A terminal that stands still may take long for it. */
  onPainted?: () => void;
}

const FRAME_MS = 16;
/** A person who drags a window's edge changes the size more often than this. */
const RESIZE_QUIET_MS = 60;

const SYNCHRONIZED = ['\x1b[?2026h', '\x1b[?2026l'] as const;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
/**
 * Pastes are marked; Shift-Enter and others are told apart, by kitty's protocol or xterm's. Terminals that take those for
 * something else (restore the cursor, underline) get everything back from what was saved.
 */
const TAKE = '\x1b[?2004h\x1b7\x1b[>5u\x1b[>4;1m\x1b8';
const GIVE_BACK = `\x1b[?2004l\x1b7\x1b[<u\x1b[>4m\x1b8${SHOW_CURSOR}`;

const NOTHING: Painting = { rows: [], cursor: { row: 0, column: 0 } };

/** Takes the terminal at once; its cursor must be at the start of an empty line. */
export function createScreen(output: ScreenOutput, { clock, xtermJs, onlyPaints, onPainted }: ScreenOptions): Screen {
  const [take, giveBack] = onlyPaints ? ['', SHOW_CURSOR] : [TAKE, GIVE_BACK];
  let frame: Frame = { lines: [] };
  let unprinted: string[] = [];
  let painted = NOTHING;
  let paintedColumns = 0;
  let paintedHeight = 0;
  let cursorShown = true;
  let away = false;
  let closed = false;
  let lastPaintAt = -Infinity;
  let quietAt = -Infinity;
  let cancelPaint: (() => void) | undefined;

  /** What takes the live part away, whatever the terminal's new size has made of it. */
  const eraseLive = (columns: number): string => {
    if (columns === paintedColumns) return erase(painted);
    const lost = paintedHeight - output.rows;
    const row = xtermJs ? cursorInXtermJs(painted, columns, lost) : cursorWhenWrapped(painted, columns);
    return erase({ rows: painted.rows, cursor: { row, column: 0 } });
  };

  const paint = (): void => {
    cancelPaint?.();
    cancelPaint = undefined;
    const columns = Math.max(1, output.columns);
    const wanted = paintingOf(frame, columns, Math.max(1, output.rows));
    // When it gets lower, a terminal may drop rows below the cursor.
    const resized = (columns !== paintedColumns || output.rows !== paintedHeight) && painted.rows.length > 0;
    const before = resized || unprinted.length > 0 ? eraseLive(columns) : '';
    const printed = unprinted
      .map((lines) =>
        lines
          .split('\n')
          .map((line) => `${printable(line)}\r\n`)
          .join(''),
      )
      .join('');
    const { text, travels } = repaint(resized || unprinted.length > 0 ? NOTHING : painted, wanted);
    const showsCursor = frame.cursor !== undefined;
    const strokes = `${before}${printed}${text}`;
    // What a person types meanwhile the terminal itself shows, where the cursor is: at the start of a row, when it is ours.
    const written = onlyPaints && strokes !== '' ? `\r${strokes}` : strokes;
    unprinted = [];
    painted = wanted;
    paintedColumns = columns;
    paintedHeight = output.rows;
    lastPaintAt = clock.now();
    if (written === '' && showsCursor === cursorShown) return onPainted?.();
    const atOnce = before === '' && printed === '' && !travels && showsCursor === cursorShown;
    output.write(
      atOnce
        ? written
        : `${SYNCHRONIZED[0]}${cursorShown ? HIDE_CURSOR : ''}${written}${showsCursor ? SHOW_CURSOR : ''}${SYNCHRONIZED[1]}`,
    );
    cursorShown = showsCursor;
    onPainted?.();
  };

  const request = (): void => {
    if (away || closed) return;
    const now = clock.now();
    // What lies ahead counts as now: the clock was set back.
    const frameAt = Math.min(lastPaintAt, now) + FRAME_MS;
    cancelPaint ??= clock.at(Math.max(now, frameAt, Math.min(quietAt, now + RESIZE_QUIET_MS)), paint);
  };

  if (take !== '') output.write(take);
  return {
    print(lines) {
      if (closed) return;
      unprinted = unprinted.concat(lines);
      request();
    },
    show(next) {
      frame = next;
      request();
    },
    flush() {
      if (!away && !closed) paint();
    },
    resized() {
      cancelPaint?.();
      cancelPaint = undefined;
      quietAt = clock.now() + RESIZE_QUIET_MS;
      request();
    },
    suspend() {
      if (away || closed) return;
      cancelPaint?.();
      cancelPaint = undefined;
      away = true;
      output.write(`${eraseLive(Math.max(1, output.columns))}${giveBack}`);
      painted = NOTHING;
      cursorShown = true;
    },
    resume() {
      if (!away || closed) return;
      away = false;
      output.write(take);
      paint();
    },
    close() {
      if (closed) return void output.write(giveBack);
      if (away) output.write(take);
      away = false;
      paint();
      closed = true;
      const { rows, cursor } = painted;
      const below = Math.max(1, rows.length) - 1 - cursor.row;
      const down = rows.length === 0 ? '' : `${below > 0 ? `\x1b[${below}B` : ''}\r\n`;
      output.write(`${down}${giveBack}`);
    },
  };
}

/** The frame's last rows that the terminal has room for. Where no cursor is seen, it rests in the last one. */
function paintingOf({ lines, cursor }: Frame, columns: number, height: number): Painting {
  const cut = Math.max(0, lines.length - height);
  const rows = lines.slice(cut).map((line) => rowOf(line, columns));
  const last = Math.max(0, rows.length - 1);
  if (cursor === undefined || rows.length === 0) return { rows, cursor: { row: last, column: 0 } };
  const row = Math.min(Math.max(0, cursor.row - cut), last);
  return { rows, cursor: { row, column: Math.min(Math.max(0, cursor.column), columns - 1) } };
}
