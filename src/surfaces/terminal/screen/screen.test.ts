import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { manualClock } from '../../../base/testing/manual-clock.ts';
import { createScreen, type Frame } from './screen.ts';
import { createEmulator } from './testing/emulator.ts';

function setUp(columns = 20, rows = 6) {
  const terminal = createEmulator(columns, rows);
  const clock = manualClock();
  const screen = createScreen(terminal, { clock, xtermJs: true });
  terminal.taken();
  /** Shows the frame and waits until it is painted; gives what was written. */
  const shown = (...lines: string[]): string => {
    screen.show({ lines, cursor: { row: lines.length - 1, column: lines.at(-1)?.length ?? 0 } });
    clock.pass(16);
    return terminal.taken();
  };
  return { terminal, clock, screen, shown };
}

describe('printing and showing', () => {
  test('printed lines stand above the live part, long ones whole', async () => {
    const { terminal, screen, shown } = setUp();
    shown('status', '> ab');
    screen.print(['one', 'a line that is longer than the terminal']);
    shown('status', '> abc');
    expect((await terminal.seen()).lines).toEqual([
      'one',
      'a line that is longer than the terminal',
      'status',
      '> abc',
    ]);
    expect((await terminal.seen()).cursor).toEqual({ row: 4, column: 5, hidden: false });
  });

  test('for who reads no keys: nothing is asked of the terminal, and what it echoes is painted over', async () => {
    const terminal = createEmulator(20, 6);
    const screen = createScreen(terminal, { clock: manualClock(), xtermJs: false, onlyPaints: true });
    screen.show({ lines: ['· one', '└─ two'] });
    screen.flush();
    expect(terminal.taken()).not.toContain('\x1b[?2004h');
    terminal.write('^C');
    screen.show({ lines: [] });
    screen.close();
    terminal.write('after');
    expect(await terminal.seen()).toMatchObject({ lines: ['after'], cursor: { row: 0, column: 5, hidden: false } });
  });

  test('what comes in one tick is one write', () => {
    const writes: string[] = [];
    const clock = manualClock();
    const output = { write: (text: string) => writes.push(text), columns: 20, rows: 6 };
    const screen = createScreen(output, { clock, xtermJs: false });
    screen.show({ lines: ['a'] });
    screen.print(['x']);
    screen.show({ lines: ['b'] });
    clock.pass(0);
    screen.show({ lines: ['c'] });
    clock.pass(15);
    screen.show({ lines: ['d'] });
    clock.pass(1);
    expect(writes.slice(1)).toEqual(['\x1b[?2026h\x1b[?25lx\r\nb\r\x1b[?2026l', 'd\r']);
  });

  test('nothing waits longer because the clock was set back', async () => {
    const { terminal, clock, screen, shown } = setUp();
    clock.pass(7_200_000);
    shown('before');
    screen.resized();
    screen.flush();
    clock.pass(-3_600_000);
    for (const line of ['after', 'later']) {
      screen.show({ lines: [line] });
      clock.pass(60);
      expect(terminal.taken()).not.toBe('');
    }
    expect((await terminal.seen()).lines).toEqual(['later']);
  });

  test('a key press writes a few bytes', () => {
    const { shown } = setUp(80, 24);
    const input = '> what is the meaning of';
    shown('─'.repeat(80), input, '─'.repeat(80));
    const show = (line: string): string => {
      const { screen, clock, terminal } = at;
      screen.show({ lines: ['─'.repeat(80), line, 'status'], cursor: { row: 1, column: line.length } });
      clock.pass(16);
      return terminal.taken();
    };
    const at = setUp(80, 24);
    show(input);
    expect(show(`${input} `)).toBe('\x1b[26G');
    expect(show(`${input} x`)).toBe('\x1b[25G x');
    expect(show(`${input}`)).toBe('\x1b[25G\x1b[K');
    expect(show(input)).toBe('');
    // One digit of a clock above.
    const ticking = setUp(80, 24);
    ticking.shown('\x1b[2mworking 11 s, Escape stops\x1b[0m', '> x');
    expect(ticking.shown('\x1b[2mworking 12 s, Escape stops\x1b[0m', '> x')).toBe(
      '\x1b[?2026h\x1b[?25l\x1b[1A\x1b[10G\x1b[2m2\x1b[1B\x1b[4G\x1b[m\x1b[?25h\x1b[?2026l',
    );
  });

  test('of a live part higher than the terminal its end is seen', async () => {
    const { terminal, shown, screen } = setUp(20, 3);
    screen.print(['printed']);
    shown('1', '2', '3', '4', '> x');
    expect((await terminal.seen()).screen).toEqual(['3', '4', '> x']);
    shown('> y');
    expect((await terminal.seen()).lines).toEqual(['printed', '> y']);
  });

  test('without a cursor none is seen', async () => {
    const { terminal, screen } = setUp();
    screen.show({ lines: ['a', 'b'] });
    screen.flush();
    expect((await terminal.seen()).cursor.hidden).toBe(true);
    screen.show({ lines: ['a', 'b'], cursor: { row: 0, column: 1 } });
    screen.flush();
    expect((await terminal.seen()).cursor).toEqual({ row: 0, column: 1, hidden: false });
  });

  test('colours are painted where they changed, and end with their line', async () => {
    const { terminal, shown, screen } = setUp();
    shown('\x1b[1mab\x1b[31mcd\x1b[22;39mef', 'plain');
    shown('\x1b[1mab\x1b[32mcd\x1b[22;39mef', 'plain');
    expect(await terminal.look(0, 0)).toEqual(['bold']);
    expect(await terminal.look(0, 2)).toEqual(['bold', 'fg 2']);
    expect(await terminal.look(0, 4)).toEqual([]);
    expect(await terminal.look(1, 0)).toEqual([]);
    screen.print(['\x1b[41mred']);
    shown('after');
    expect(await terminal.look(0, 0)).toEqual(['bg 1']);
    expect(await terminal.look(1, 0)).toEqual([]);
  });

  test('nothing else in a line reaches the terminal', async () => {
    const { terminal, screen, shown } = setUp(40, 6);
    screen.print(['a\x1b[2Jb\x07c\rd\x1b]0;title\x07e', 'two\nlines']);
    shown('x\x1b[Hy\bz\tt\u0085');
    expect((await terminal.seen()).lines).toEqual(['ab\ufffdc\ufffdde', 'two', 'lines', 'xy\ufffdz    t\ufffd']);
  });

  test('a link is a link', () => {
    const { shown, screen, terminal, clock } = setUp(40, 6);
    expect(shown('\x1b]8;;http://x/\x07here\x1b]8;;\x07 and there')).toContain(
      '\x1b]8;;http://x/\x1b\\here\x1b]8;;\x1b\\ and there',
    );
    screen.print(['\x1b]8;;http://y/\x1b\\open']);
    clock.pass(16);
    expect(terminal.taken()).toContain('\x1b]8;;http://y/\x1b\\open\x1b]8;;\x1b\\\r\n');
  });

  test('emoji are where they belong, though the terminal counts them differently', async () => {
    const { terminal, shown } = setUp(20, 6);
    shown('👨‍👩‍👧 family');
    shown('👨‍👩‍👧 fam', '❤️ love', `${'x'.repeat(18)}👨‍👩‍👧`, '> ok');
    const rows = (await terminal.seen()).screen;
    expect(rows[0]!.endsWith(' fam')).toBe(true);
    expect(rows[1]!.endsWith(' love')).toBe(true);
    expect(rows[3]).toBe('> ok');
    expect((await terminal.modes()).wraps).toBe(true);
  });
});

describe('handing over', () => {
  test('pastes are marked as long as it has the terminal', async () => {
    const { terminal, screen, shown } = setUp();
    screen.print(['printed']);
    shown('live');
    expect((await terminal.modes()).bracketedPaste).toBe(true);
    screen.suspend();
    expect((await terminal.modes()).bracketedPaste).toBe(false);
    expect((await terminal.seen()).lines).toEqual(['printed']);
    terminal.write('editor\r\n');
    screen.print(['meanwhile']);
    shown('later');
    expect((await terminal.seen()).lines).toEqual(['printed', 'editor']);
    screen.resume();
    expect((await terminal.modes()).bracketedPaste).toBe(true);
    expect((await terminal.seen()).lines).toEqual(['printed', 'editor', 'meanwhile', 'later']);
    screen.close();
    expect((await terminal.modes()).bracketedPaste).toBe(false);
  });

  test('at the end the cursor is on a fresh line below, seen', async () => {
    const { terminal, screen } = setUp();
    screen.show({ lines: ['a', 'b', 'c'] });
    screen.print(['last words']);
    screen.close();
    screen.print(['too late']);
    screen.show({ lines: [] });
    screen.flush();
    expect((await terminal.seen()).lines).toEqual(['last words', 'a', 'b', 'c']);
    expect((await terminal.seen()).cursor).toEqual({ row: 4, column: 0, hidden: false });
    expect(await terminal.modes()).toEqual({ bracketedPaste: false, wraps: true, synchronized: false });
  });

  test('without a live part no line is left empty', async () => {
    const { terminal, screen } = setUp();
    screen.print(['all']);
    screen.close();
    expect((await terminal.seen()).cursor).toEqual({ row: 1, column: 0, hidden: false });
  });
});

describe('resizing', () => {
  test('the live part is taken away as the terminal has wrapped it', async () => {
    const { terminal, screen, clock, shown } = setUp(20, 10);
    screen.print(['one two three four']);
    shown('live 0123456789abcde', 'live 0123456789', '> input');
    await terminal.resize(8, 10);
    screen.resized();
    expect(terminal.taken()).toBe('');
    clock.pass(60);
    expect((await terminal.seen()).lines).toEqual(['one two three four', 'live 012', 'live 012', '> input']);
    await terminal.resize(30, 10);
    screen.resized();
    clock.pass(60);
    expect((await terminal.seen()).lines).toEqual([
      'one two three four',
      'live 0123456789abcde',
      'live 0123456789',
      '> input',
    ]);
  });

  test('a full terminal may get narrower and lower at once', async () => {
    const { terminal, screen, clock } = setUp(20, 5);
    screen.print(['1', '2', '3', '4']);
    screen.show({ lines: ['live 0123456789', '> x', 'status 0123456789'], cursor: { row: 1, column: 3 } });
    clock.pass(16);
    await terminal.resize(12, 4);
    screen.resized();
    clock.pass(60);
    expect((await terminal.seen()).lines).toEqual(['1', '2', '3', '4', 'live 0123456', '> x', 'status 01234']);
  });

  test('nothing is written while sizes keep coming', async () => {
    const { terminal, screen, clock, shown } = setUp(20, 10);
    shown('live');
    for (const columns of [19, 18, 17]) {
      await terminal.resize(columns, 10);
      screen.resized();
      screen.show({ lines: [`${columns} columns`] });
      clock.pass(59);
      expect(terminal.taken()).toBe('');
    }
    clock.pass(1);
    expect(terminal.taken()).toContain('17 columns');
  });

  test.each([
    [true, 1],
    [false, 3],
  ])('a terminal that wrapped the cursor line, unless it is xterm.js (%s): it goes up %i rows', (xtermJs, rowsUp) => {
    const writes: string[] = [];
    const output = { write: (text: string) => writes.push(text), columns: 30, rows: 10 };
    const screen = createScreen(output, { clock: manualClock(), xtermJs });
    screen.show({ lines: ['short', '> 0123456789012345678901'], cursor: { row: 1, column: 24 } });
    screen.flush();
    output.columns = 10;
    screen.flush();
    expect(writes.at(-1)).toContain(`\x1b[${rowsUp}A\r\x1b[J`);
  });
});

type Step =
  | { type: 'print'; words: number[] }
  | { type: 'show'; lines: { words: number; styled: boolean }[]; cursor: number }
  | { type: 'resize'; columns?: number; rows?: number };

const words = ['a', 'word', 'some longer words', 'the quick brown fox jumps over the lazy dog', '漢字', 'naïve', ''];
const step = fc.oneof(
  fc.record({ type: fc.constant('print' as const), words: fc.array(fc.nat(words.length - 1), { maxLength: 4 }) }),
  fc.record({
    type: fc.constant('show' as const),
    lines: fc.array(fc.record({ words: fc.nat(words.length - 1), styled: fc.boolean() }), { maxLength: 7 }),
    cursor: fc.nat(100),
  }),
);
const size = fc.oneof(
  fc.record({ columns: fc.integer({ min: 6, max: 50 }) }),
  fc.record({ rows: fc.integer({ min: 8, max: 16 }) }),
);
const resize = size.map((to) => ({ type: 'resize' as const, ...to }));

/** Cut as a row of the live part is. */
function cut(text: string, columns: number): string {
  let kept = '';
  let used = 0;
  for (const character of text) {
    used += character > '\u2e80' ? 2 : 1;
    if (used > columns) break;
    kept += character;
  }
  return kept.trimEnd();
}

async function check(steps: readonly Step[]): Promise<void> {
  const { terminal, screen, clock } = setUp(40, 10);
  const printed: string[] = [];
  let frame: Frame = { lines: [] };
  let texts: string[] = [];
  let count = 0;
  /** Once rows of the live part have been pushed into the scrollback, nobody can take them away. */
  let spilled = false;
  for (const step of steps) {
    switch (step.type) {
      case 'print': {
        const lines = step.words.map((word) => `p${count++} ${words[word]}`.trimEnd());
        printed.push(...lines);
        screen.print(lines);
        break;
      }
      case 'show': {
        texts = step.lines.map(({ words: word }, index) => `l${index} ${words[word]}`.trimEnd());
        const lines = texts.map((text, index) =>
          step.lines[index]!.styled ? `\x1b[1m${text[0]}\x1b[0m${text.slice(1)}` : text,
        );
        const row = step.cursor % Math.max(1, lines.length);
        frame = { lines, ...(step.cursor % 5 > 0 && { cursor: { row, column: step.cursor % 45 } }) };
        screen.show(frame);
        break;
      }
      case 'resize': {
        const { columns = terminal.columns, rows: height = terminal.rows } = step;
        await terminal.resize(columns, height);
        spilled ||= (await terminal.seen()).scrollback.some((row) => row.startsWith('l'));
        screen.resized();
        clock.pass(44);
      }
    }
    clock.pass(16);
    const visible = texts.slice(-terminal.rows).map((text) => cut(text, terminal.columns));
    const { lines, screen: rows, cursor } = await terminal.seen();
    expect(spilled ? lines.filter((line) => line.startsWith('p')) : lines).toEqual([
      ...printed,
      ...(spilled ? [] : visible),
    ]);
    expect(visible.length === 0 ? [] : lines.slice(-visible.length)).toEqual(visible);
    if (frame.cursor === undefined || texts.length === 0) continue;
    const lastRow = rows.findLastIndex((text) => text !== '');
    expect(cursor).toEqual({
      hidden: false,
      row: lastRow - (texts.length - 1 - frame.cursor.row),
      column: Math.min(frame.cursor.column, terminal.columns - 1),
    });
  }
}

test('whatever is printed and shown, the terminal holds all of it once, in order', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), check), { numRuns: 100 });
});

test('so it does when the terminal changes its size meanwhile', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(step, resize), { maxLength: 12 }), check), { numRuns: 100 });
});
