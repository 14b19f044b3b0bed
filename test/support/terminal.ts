/**
 * A terminal as a person has it before them: the program runs in a real pseudo-terminal, what it writes goes through a
 * terminal emulator, and tests read the screen. Everything is ended with the test's place.
 */
import { setTimeout as delay } from 'node:timers/promises';
import headless from '@xterm/headless';
import { bytesOf, type KeyAction } from './keys.ts';
import { LAUNCHER, type Place } from './place.ts';
import { familyOf, isBusy } from './processes.ts';
import { type Exit, startPty } from './pty.ts';
import { countColumnsAsToday, screenOf, scrollbackOf, styledOf, watchCursor } from './screen.ts';

const LONGEST_WAIT_MS = 20_000;
const QUIET_MS = 100;
const LOOK_EVERY_MS = 20;
const SCROLLBACK_LINES = 50_000;
const SHOWN_END_CHARACTERS = 400;

export interface TerminalOptions {
  columns?: number;
  rows?: number;
  /** TERM. */
  term?: string;
  /** On top of the place's. */
  environment?: Record<string, string>;
  /** Instead of the built program. */
  program?: string;
  cwd?: string;
  /** It answers nothing that the program asks it. */
  mute?: boolean;
  /** As over a slow line: input, new sizes and output come so much later, in order. */
  latencyMs?: number;
}

export interface Cursor {
  /** From 0, as is the row. */
  column: number;
  row: number;
  visible: boolean;
}

export interface Terminal {
  place: Place;
  pid: number;
  columns(): number;
  rows(): number;
  /** The visible rows, without the blanks at their ends and the empty rows at the end. */
  screen(): string;
  /** All lines from the first, each as it was written: what the terminal wrapped is one line. */
  scrollback(): string;
  /** As the screen, with `<bold red>…</>` around what has a style. */
  styled(): string;
  cursor(): Cursor;
  /** Whether the program shows the alternate screen. */
  isAlternate(): boolean;
  /** All that the program wrote. */
  raw(): string;
  /** Sends text as it is; Enter is a key. */
  type(text: string): void;
  /** Presses keys one after the other. A key right after `escape` may be read as one with Alt, as on any terminal. */
  press(...keys: string[]): void;
  /** As a terminal pastes: lines end in CR, and there are brackets around it when the program asked for them. */
  paste(text: string): void;
  resize(columns: number, rows: number): void;
  perform(action: KeyAction): void;
  /** Nothing is read any more of what the program writes, as from a terminal that stands still; until `readOn`. */
  stopReading(): void;
  readOn(): void;
  /** A signal to the program. */
  signal(name: NodeJS.Signals): void;
  /** Kills the program and its children. */
  kill(): void;
  /** The terminal goes, as when its window is closed. Rejects when a process that was started later still holds it. */
  hangUp(): Promise<void>;
  /**
   * Resolves when the screen holds the text, or is so; rejects with the screen when the program ends before it does. Rows
   * have no blanks at their ends: of a prompt, wait for `>` and not for `> `.
   */
  waitFor(what: string | RegExp | ((screen: string) => boolean), timeoutMs?: number): Promise<void>;
  /** Resolves when the screen hasn't changed for so long while the program, and what it started, had nothing to do. */
  settled(quietMs?: number, timeoutMs?: number): Promise<void>;
  /** How the program ended; settles when all that it wrote is on the screen. */
  exited: Promise<Exit>;
}

/** Starts the built program with these arguments in a terminal, 80 × 24 by default. */
export function openTerminal(place: Place, args: string[], options: TerminalOptions = {}): Terminal {
  const { columns = 80, rows = 24, term = 'xterm-256color', program = LAUNCHER, latencyMs = 0 } = options;
  const emulator = new headless.Terminal({
    cols: columns,
    rows,
    scrollback: SCROLLBACK_LINES,
    allowProposedApi: true, // the buffer and the parser are
  });
  countColumnsAsToday(emulator);
  const isCursorVisible = watchCursor(emulator);
  const [upward, downward] = [createLine(latencyMs), createLine(latencyMs)];
  const written: Buffer[] = [];
  let unparsed = 0;
  const changed = new Set<() => void>();
  const notify = (): void => changed.forEach((look) => look());

  const pty = startPty(
    {
      command: [program, ...args],
      cwd: options.cwd ?? place.project,
      environment: { ...place.environment, LANG: 'C.UTF-8', ...options.environment },
      term,
      columns,
      rows,
    },
    (bytes) =>
      downward.send(() => {
        written.push(bytes);
        unparsed++;
        emulator.write(bytes, () => {
          unparsed--;
          notify();
        });
      }),
  );
  const input = (text: string): void => upward.send(() => pty.write(text));
  if (options.mute !== true) emulator.onData(input); // what the emulator answers to the program's questions
  let exit: Exit | undefined;
  const exited = pty.exited.then(async (how) => {
    await new Promise<void>((resolve) => downward.send(() => emulator.write('', resolve)));
    exit = how;
    notify();
    return how;
  });
  place.atEnd(() => pty.end());

  /** Whether what is on the screen is whole: between the marks of a synchronized update a terminal shows the old one. */
  const isWhole = (): boolean => !emulator.modes.synchronizedOutputMode;
  const failure = (what: string): Error => {
    const ended = exit === undefined ? '' : `; the program has ended (${JSON.stringify(exit)})`;
    const end = JSON.stringify(terminal.raw().slice(-SHOWN_END_CHARACTERS));
    return new Error(`${what}${ended}; the screen:\n${pictureOf(terminal)}\nwritten at the end: ${end}`);
  };

  const terminal: Terminal = {
    place,
    pid: pty.pid,
    columns: () => emulator.cols,
    rows: () => emulator.rows,
    screen: () => screenOf(emulator),
    scrollback: () => scrollbackOf(emulator),
    styled: () => styledOf(emulator),
    cursor: () => {
      const { cursorX, cursorY } = emulator.buffer.active;
      return { column: cursorX, row: cursorY, visible: isCursorVisible() };
    },
    isAlternate: () => emulator.buffer.active.type === 'alternate',
    raw: () => Buffer.concat(written).toString('utf8'),
    type: input,
    press(...keys) {
      for (const key of keys) input(bytesOf(key, emulator.modes.applicationCursorKeysMode));
    },
    paste(text) {
      const lines = text.replace(/\r?\n/g, '\r');
      // The text can't end the brackets: as xterm does, its escapes are shown instead.
      input(emulator.modes.bracketedPasteMode ? `\x1b[200~${lines.replaceAll('\x1b', '\u241b')}\x1b[201~` : lines);
    },
    resize(toColumns, toRows) {
      emulator.resize(toColumns, toRows);
      upward.send(() => pty.resize(toColumns, toRows));
      notify();
    },
    perform(action) {
      if (action.do === 'press') this.press(action.key);
      else if (action.do === 'resize') this.resize(action.columns, action.rows);
      else this[action.do](action.text);
    },
    stopReading: () => pty.pause(),
    readOn: () => pty.resume(),
    signal: (name) => process.kill(pty.pid, name),
    kill: () => pty.kill(),
    hangUp: () => pty.hangUp(),
    exited,
    async waitFor(what, timeoutMs = LONGEST_WAIT_MS) {
      const isSo = predicateOf(what);
      let outcome: 'so' | 'ended' | undefined;
      const look = (): void => {
        if (isWhole() && isSo(terminal.screen())) outcome ??= 'so';
        else if (exit !== undefined) outcome ??= 'ended';
      };
      look();
      if (outcome === undefined) {
        const waiting = new AbortController();
        const lookAgain = (): void => {
          look();
          if (outcome !== undefined) waiting.abort();
        };
        changed.add(lookAgain);
        await delay(timeoutMs, undefined, { signal: waiting.signal }).catch(() => {});
        changed.delete(lookAgain);
      }
      if (outcome !== 'so') {
        throw failure(
          outcome === 'ended' ? `never: ${String(what)}` : `waited ${timeoutMs} ms in vain for ${String(what)}`,
        );
      }
    },
    async settled(quietMs = QUIET_MS, timeoutMs = LONGEST_WAIT_MS) {
      const picture = (): string => `${terminal.styled()}\n${JSON.stringify(terminal.cursor())}`;
      const isMoving = (): boolean => unparsed > 0 || !isWhole() || !upward.isEmpty() || !downward.isEmpty();
      const end = performance.now() + timeoutMs;
      let seen = picture();
      let since = performance.now();
      let rests = 0;
      for (;;) {
        await delay(LOOK_EVERY_MS);
        const now = picture();
        const isQuiet = now === seen && !isMoving();
        const isLongEnough = performance.now() - since >= quietMs;
        // On a busy machine a program that has much to do isn't done because it was silent; and what it has written last may
        // be on its way when it rests.
        if (isQuiet && isLongEnough) {
          rests = familyOf(pty.pid).some(({ pid }) => isBusy(pid)) ? 0 : rests + 1;
          if (rests === 3) return;
        }
        if (!isQuiet) rests = 0;
        if (!isQuiet || (isLongEnough && rests === 0)) since = performance.now();
        seen = now;
        if (performance.now() > end) throw failure(`not settled after ${timeoutMs} ms`);
      }
    },
  };
  return terminal;
}

/** What is sent comes later, in order. */
function createLine(latencyMs: number): { send(action: () => void): void; isEmpty(): boolean } {
  let underway = 0;
  return {
    isEmpty: () => underway === 0,
    send(action) {
      if (latencyMs === 0) return action();
      underway++;
      setTimeout(() => {
        underway--;
        action();
      }, latencyMs); // timers of one duration fire in order
    },
  };
}

function predicateOf(what: string | RegExp | ((screen: string) => boolean)): (screen: string) => boolean {
  if (typeof what === 'function') return what;
  return typeof what === 'string' ? (screen) => screen.includes(what) : (screen) => screen.search(what) >= 0;
}

/** The screen for messages. */
function pictureOf(terminal: Terminal): string {
  const { column, row, visible } = terminal.cursor();
  const rule = '─'.repeat(terminal.columns());
  const cursor = `cursor at column ${column}, row ${row}${visible ? '' : ', hidden'}`;
  return `┌${rule}┐\n${terminal.screen()}\n└${rule}┘ ${cursor}`;
}
