/** Random keys, pastes and sizes: nothing breaks, nothing that was typed is lost, the terminal is as it was. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect } from 'vitest';
import { displayWidth } from '../src/surfaces/terminal/width.ts';
import { randomKeys } from './support/keys.ts';
import { expectVerified, type Place, test, until } from './support/place.ts';
import { dataOf, inputOf, LEFT, leftBy, messagesOf, openRough, SESSION, sessionsOf, STEPS } from './support/rough.ts';
import type { Terminal } from './support/terminal.ts';

/** `FUZZ_RUNS=200` for a long search; `FUZZ_SEED` begins elsewhere. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 4);
const FIRST = Number(process.env['FUZZ_SEED'] ?? 1);
const seeds = Array.from({ length: RUNS }, (_, n) => FIRST + n);

const SIZES = [
  [80, 24],
  [10, 3],
  [1, 1],
  [300, 100],
  [2, 50],
  [200, 2],
] as const;

const prepare = { governance: { auto_allow: ['read_file'], require_approval: ['exec_command'] } };

/** Keys that end the program. */
const ENDS = new Set(['ctrl-c', 'ctrl-d']);

const wholeOf = (place: Place): string[] => {
  const inputs = dataOf(place, 'input.received').filter(({ mode }) => mode === 'message');
  return inputs.map(({ parts: [part] }) => {
    if (part?.type !== 'text') return '';
    if (typeof part.text === 'string') return part.text;
    const hex = part.text.blob.replace('sha256:', '');
    return readFileSync(join(place.home, 'workspaces/default/blobs/sha256', hex.slice(0, 2), hex), 'utf8');
  });
};

const send = (terminal: Terminal, text: string): void => {
  terminal.type(text);
  terminal.press('enter');
};

async function leave(terminal: Terminal): Promise<void> {
  terminal.press('ctrl-d');
  expect(await leftBy(terminal)).toEqual(LEFT);
}

describe('any keys', () => {
  test.concurrent.for(seeds)('seed %i', async (seed, { place, expect }) => {
    place.play(STEPS, prepare);
    const [columns, rows] = SIZES[seed % SIZES.length]!;
    const terminal = await openRough(place);
    terminal.type('a long one');
    terminal.press('enter');
    terminal.resize(columns, rows);
    const said = (): string[] => sessionsOf(place).flatMap((session) => messagesOf(place, session));
    const mayEnd = seed % 3 === 0;
    for (const action of randomKeys(seed, 150)) {
      if (!mayEnd && action.do === 'press' && ENDS.has(action.key)) continue;
      terminal.perform(action);
      if (action.do === 'resize' || action.do === 'press') await new Promise(setImmediate);
    }
    terminal.resize(80, 24);
    await terminal.settled();
    if (!terminal.raw().includes('left ')) {
      // Whatever is open or begun, this closes it, and the prompt is still good for a message.
      terminal.press('escape');
      await terminal.settled();
      terminal.press('escape');
      await terminal.settled();
      terminal.press('ctrl-c');
      await terminal.settled();
      terminal.type(`the end of ${seed}`);
      terminal.press('enter');
      await until('it was sent', () => said().includes(`the end of ${seed}`));
      terminal.press('ctrl-d');
    }
    const { code, changed } = await leftBy(terminal);
    expect(changed).toEqual([]);
    expect([0, ...(mayEnd ? [130] : [])]).toContain(code);
    // What was sent first is there, at the latest when the session is opened again.
    if (!said().includes('a long one')) await place.run(['run', '--session', SESSION]);
    expect(said()[0]).toBe('a long one');
    for (const session of sessionsOf(place)) await expectVerified(place, session);
  });
});

/** Printable text as people type it, with what is wide, joined or combining. */
const characters = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...'abcdefgh yz0189.,;:-_()[]{}"\'?=+*#~^|<>&%$') },
  { weight: 1, arbitrary: fc.constantFrom('漢', 'ü', '😀', 'e\u0301', 'ש', '→') },
  { weight: 1, arbitrary: fc.constantFrom('/', '!', '\\') },
);
/** Lines that are messages, each with when it is pasted instead, and a new size before it. */
const lines = fc.array(
  fc.record({
    text: fc.array(characters, { minLength: 1, maxLength: 30 }).map((all) => `m${all.join('')}`),
    continued: fc.boolean(),
    size: fc.option(fc.constantFrom(...SIZES), { freq: 4 }),
  }),
  { minLength: 3, maxLength: 12 },
);

describe('text and Enter only', () => {
  test.concurrent.for(seeds)('seed %i', async (seed, { place, expect }) => {
    place.play(STEPS, prepare);
    const terminal = await openRough(place);
    terminal.type('\x1b[200~pasted\x1b[201~'); // all pastes are marked from now on: what comes at once is typed
    await terminal.waitFor(() => inputOf(terminal) === 'pasted');
    terminal.press('ctrl-u');
    const [said] = fc.sample(lines, { seed, numRuns: 1 });
    const expected: string[] = [];
    let begun = '';
    send(terminal, 'a long one');
    for (const { text, continued, size } of said!) {
      if (size !== null) terminal.resize(size[0], size[1]);
      const typed = continued ? `${text}\\` : text.replace(/\\+$/, '');
      for (const letter of typed) terminal.type(letter);
      terminal.press('enter');
      begun += continued ? `${text}\n` : typed;
      if (!continued) expected.push(begun);
      if (!continued) begun = '';
    }
    terminal.type('the rest');
    terminal.resize(80, 24);
    await until('all was sent', () => messagesOf(place).length === expected.length + 1);
    expect(messagesOf(place)).toEqual(['a long one', ...expected]);
    const standing = `${begun}the rest`;
    await terminal.waitFor(() => inputOf(terminal).endsWith(standing.replace(/\s/g, '').slice(-60)));
    await terminal.settled();
    const row = terminal.screen().split('\n').at(-2)!;
    expect(terminal.cursor().column).toBe(displayWidth(row));
    terminal.press('enter');
    await until('the rest was sent', () => messagesOf(place).length === expected.length + 2);
    expect(messagesOf(place).at(-1)).toBe(standing);
    terminal.press('ctrl-d');
    expect(await leftBy(terminal)).toEqual(LEFT);
    await expectVerified(place, SESSION);
  });
});

describe.concurrent('pastes', () => {
  const BIG = Array.from({ length: 20_000 }, (_, n) => `${n} of many lines, with words like 漢字 and ünïcode.`).join(
    '\n',
  );

  test('of a megabyte: one piece, sent whole', async ({ place }) => {
    place.play(STEPS, { budget: { turn: { tokens: 100_000_000 } } });
    const terminal = await openRough(place);
    terminal.type('see ');
    terminal.paste(BIG);
    await terminal.waitFor('[pasted 20,000 lines #1]');
    terminal.type(' and say');
    await terminal.waitFor(() => inputOf(terminal).endsWith('andsay'));
    terminal.press('enter');
    await until('it is entered', () => wholeOf(place).length === 1);
    expect(wholeOf(place)).toEqual([`see ${BIG} and say`]);
    await until('it has ended', () => dataOf(place, 'turn.ended').length === 1);
    send(terminal, 'and now?');
    await terminal.waitFor('You said: and now?');
    await leave(terminal);
    await expectVerified(place, SESSION);
  });

  test('with control characters, CR LF and 200 lines', async ({ place }) => {
    place.play(STEPS);
    const terminal = await openRough(place);
    terminal.paste('a\r\nb\x07\x00\tc\x1b[31m');
    await terminal.waitFor(() => inputOf(terminal).startsWith('ab'));
    terminal.press('enter');
    await until('it is entered', () => wholeOf(place).length === 1);
    expect(wholeOf(place)).toEqual(['a\nb\ufffd\ufffd\tc\u241b[31m']);
    const lines = Array.from({ length: 200 }, (_, n) => `line ${n}`).join('\r\n');
    terminal.paste(lines);
    await terminal.waitFor('[pasted 200 lines #1]');
    terminal.press('enter');
    await until('it is entered', () => wholeOf(place).length === 2);
    expect(wholeOf(place)[1]).toBe(lines.replaceAll('\r\n', '\n'));
    await leave(terminal);
  });

  test('not marked: nothing of it is sent by itself', async ({ place }) => {
    place.play(STEPS);
    const terminal = await openRough(place);
    terminal.type('one\rtwo\r/exit\r!false\rlast');
    await terminal.waitFor(() => inputOf(terminal).endsWith('last'));
    expect(messagesOf(place)).toEqual([]);
    terminal.press('enter');
    await until('it is entered', () => messagesOf(place).length === 1);
    expect(messagesOf(place)).toEqual(['one\ntwo\n/exit\n!false\nlast']);
    const long = Array.from({ length: 200 }, (_, n) => `line ${n}`);
    terminal.type(long.join('\r'));
    await terminal.waitFor('[pasted 200 lines #1]');
    terminal.press('enter');
    await until('it is entered', () => wholeOf(place).length === 2);
    expect(wholeOf(place)[1]).toBe(long.join('\n'));
    await leave(terminal);
  });
});
