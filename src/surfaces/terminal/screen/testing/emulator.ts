/** A real terminal emulator without a window, to see what a screen makes of it. */
import xterm from '@xterm/headless';

export interface Seen {
  /** The whole buffer, scrollback first, rows that the terminal wrapped joined, without empty lines at the end. */
  lines: string[];
  /** The rows of the scrollback, as they are. */
  scrollback: string[];
  /** The rows that are on the screen, as they are. */
  screen: string[];
  /** Where the cursor is, counted from the screen's top left. */
  cursor: { row: number; column: number; hidden: boolean };
}

export interface Emulator {
  write(text: string): void;
  readonly columns: number;
  readonly rows: number;
  /** What was written since it was last asked for. */
  taken(): string;
  resize(columns: number, rows: number): Promise<void>;
  seen(): Promise<Seen>;
  /** The look of a cell of the screen, as `bold`, `fg 1`, …  */
  look(row: number, column: number): Promise<string[]>;
  modes(): Promise<{ bracketedPaste: boolean; wraps: boolean; synchronized: boolean }>;
}

export function createEmulator(columns: number, rows: number): Emulator {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 10_000 });
  let written = '';
  let hidden = false;
  terminal.parser.registerCsiHandler({ prefix: '?', final: 'l' }, ([mode]) => {
    if (mode === 25) hidden = true;
    return false;
  });
  terminal.parser.registerCsiHandler({ prefix: '?', final: 'h' }, ([mode]) => {
    if (mode === 25) hidden = false;
    return false;
  });
  const settled = (): Promise<void> => new Promise((resolve) => terminal.write('', resolve));
  return {
    write(text) {
      written += text;
      terminal.write(text);
    },
    get columns() {
      return terminal.cols;
    },
    get rows() {
      return terminal.rows;
    },
    taken() {
      const text = written;
      written = '';
      return text;
    },
    async resize(newColumns, newRows) {
      await settled();
      terminal.resize(newColumns, newRows);
    },
    async seen() {
      await settled();
      const { baseY, cursorY, cursorX } = terminal.buffer.active;
      const rows = rowsOf(terminal.buffer.active);
      const lines: string[] = [];
      for (const { text, wrapped } of rows) {
        if (wrapped && lines.length > 0) lines.push(lines.pop()! + text);
        else lines.push(text);
      }
      while (lines.at(-1) === '') lines.pop();
      const texts = rows.map(({ text }) => text);
      return {
        lines,
        scrollback: texts.slice(0, baseY),
        screen: texts.slice(baseY),
        cursor: { row: cursorY, column: cursorX, hidden },
      };
    },
    async look(row, column) {
      await settled();
      const { active } = terminal.buffer;
      const cell = active.getLine(active.baseY + row)!.getCell(column)!;
      const looks: [string, number | boolean][] = [
        ['bold', cell.isBold()],
        ['dim', cell.isDim()],
        ['inverse', cell.isInverse()],
        ['underline', cell.isUnderline()],
      ];
      const on = looks.filter(([, is]) => is).map(([name]) => name);
      if (!cell.isFgDefault()) on.push(`fg ${cell.getFgColor()}`);
      if (!cell.isBgDefault()) on.push(`bg ${cell.getBgColor()}`);
      return on;
    },
    async modes() {
      await settled();
      const { bracketedPasteMode, wraparoundMode, synchronizedOutputMode } = terminal.modes;
      return { bracketedPaste: bracketedPasteMode, wraps: wraparoundMode, synchronized: synchronizedOutputMode };
    },
  };
}

function rowsOf(buffer: xterm.IBuffer): { text: string; wrapped: boolean }[] {
  return Array.from({ length: buffer.length }, (_, index) => {
    const line = buffer.getLine(index)!;
    return { text: line.translateToString(true), wrapped: line.isWrapped };
  });
}
