/** A dumb terminal and a screen reader: lines, one after another, and not one escape sequence. */
import { describe, expect } from 'vitest';
import { expectVerified, type Place, test, until } from './support/place.ts';
import {
  dataOf,
  leftBy,
  LEFT,
  messagesOf,
  openRough,
  type RoughOptions,
  SESSION,
  standStill,
  STEPS,
} from './support/rough.ts';
import type { Terminal } from './support/terminal.ts';

const KINDS: [string, RoughOptions][] = [
  ['TERM=dumb', { term: 'dumb' }],
  ['a screen reader', { environment: { RUNTIME_SCREEN_READER: '1' } }],
];

const say = (terminal: Terminal, ...lines: string[]): void => {
  for (const line of lines) {
    terminal.type(line);
    terminal.press('enter');
  }
};

async function open(place: Place, options: RoughOptions): Promise<Terminal> {
  place.play(STEPS);
  const terminal = await openRough(place, { ...options, early: true });
  await terminal.waitFor(/^>$/m);
  return terminal;
}

/** Left, and nothing was ever written but text. */
async function expectLeft(terminal: Terminal, code = 0): Promise<void> {
  expect(await leftBy(terminal)).toEqual({ ...LEFT, code });
  // oxlint-disable-next-line no-control-regex
  expect(terminal.raw()).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/);
}

describe.concurrent.for(KINDS)('%s', ([, options]) => {
  test('a conversation, over several lines, and Ctrl-D', async ({ place }) => {
    const terminal = await open(place, options);
    say(terminal, 'one \\', 'two');
    await terminal.waitFor(/You said: one\s+two/);
    expect(messagesOf(place)).toEqual(['one \ntwo']);
    say(terminal, 'a long one');
    await terminal.waitFor('Line *39* of `what` is said');
    say(terminal, '/status', '/nonsense', '', '   ');
    await terminal.waitFor('There is no command /nonsense');
    terminal.press('ctrl-d');
    await expectLeft(terminal);
    await expectVerified(place, SESSION);
  });

  test('approvals by a letter and Enter', async ({ place }) => {
    const terminal = await open(place, options);
    say(terminal, 'ask');
    await terminal.waitFor(/y yes · n no/);
    await terminal.settled(800);
    say(terminal, 'n');
    await terminal.waitFor('why not?');
    say(terminal, 'not now');
    await until('it was refused', () => dataOf(place, 'approval.resolved').length === 1);
    expect(dataOf(place, 'approval.resolved')).toMatchObject([{ outcome: 'denied', reason: 'not now' }]);
    await until('it has ended', () => dataOf(place, 'turn.ended').length === 1);
    say(terminal, 'ask again');
    await until('it asks', () => dataOf(place, 'approval.requested').length === 2);
    await terminal.settled(800);
    say(terminal, 's');
    await terminal.waitFor('once only: y');
    await terminal.settled(800);
    say(terminal, 'y');
    await until('it ran', () => place.read('ran.txt') === 'ran\n');
    await until('it has ended', () => dataOf(place, 'turn.ended').length === 2);
    terminal.press('ctrl-d');
    await expectLeft(terminal);
  });

  test('a yes that was typed ahead is none', async ({ place }) => {
    const terminal = await open(place, options);
    say(terminal, 'ask', 'y');
    await terminal.waitFor(/y yes · n no/);
    await terminal.settled(800);
    expect(dataOf(place, 'approval.resolved')).toEqual([]);
    say(terminal, '', 'yes', 'x');
    await until('they are messages', () => messagesOf(place).length >= 3);
    expect(dataOf(place, 'approval.resolved')).toEqual([]);
    say(terminal, 'y');
    await terminal.waitFor('Done with it.');
    terminal.press('ctrl-d');
    await expectLeft(terminal);
  });

  test('nor is one that was typed while the program stood still', async ({ place }) => {
    const terminal = await open(place, options);
    say(terminal, 'ask');
    await terminal.waitFor(/y yes · n no/);
    await standStill(terminal, 'y\r');
    await terminal.waitFor('was not taken for an answer');
    expect(dataOf(place, 'approval.resolved')).toEqual([]);
    await terminal.settled(1000);
    say(terminal, 'y');
    await terminal.waitFor('Done with it.');
    terminal.press('ctrl-d');
    await expectLeft(terminal);
  });

  test('Ctrl-C cancels, and twice leaves', async ({ place }) => {
    const terminal = await open(place, options);
    say(terminal, 'stay');
    await until('it runs', () => dataOf(place, 'model.requested').length === 1);
    terminal.press('ctrl-c');
    await until('it was cancelled', () => dataOf(place, 'turn.ended').length === 1);
    await terminal.waitFor(/canceled/);
    expect(dataOf(place, 'turn.ended')).toMatchObject([{ reason: 'canceled' }]);
    // Later than the first one counts.
    await terminal.settled(2100);
    say(terminal, 'still there?');
    await terminal.waitFor('You said: still there?');
    terminal.press('ctrl-c');
    await terminal.waitFor(/Ctrl-C again leaves; so does/);
    terminal.press('ctrl-c');
    await expectLeft(terminal, 130);
  });

  test('what others do comes on lines of its own', async ({ place }) => {
    const terminal = await open(place, options);
    say(terminal, 'hi');
    await terminal.waitFor(/You said: hi[^]*\n>$/);
    terminal.type('half');
    await terminal.waitFor(/^> half$/m);
    await place.run(['run', '--session', SESSION, 'from elsewhere']);
    await terminal.waitFor(/^You said: from elsewhere$/m);
    expect(terminal.screen()).toMatch(/^> half$/m);
    say(terminal, ' a word');
    await terminal.waitFor(/You said: half a word/);
    expect(messagesOf(place)).toEqual(['hi', 'from elsewhere', 'half a word']);
    terminal.press('ctrl-d');
    await expectLeft(terminal);
  });

  test('the signals', async ({ place }) => {
    const terminal = await open(place, options);
    say(terminal, 'stay');
    await until('it runs', () => dataOf(place, 'model.requested').length === 1);
    await terminal.hangUp();
    await terminal.exited;
    place.play([{ match: { any: true }, reply: { text: 'You said: {{asked}}' } }]);
    expect(await place.run(['run', '--session', SESSION])).toMatchObject({ code: 0, stdout: 'You said: stay\n' });
  });
});

test('NO_COLOR: no colours, and all else as usual', async ({ place }) => {
  place.play(STEPS);
  const terminal = await openRough(place, { environment: { NO_COLOR: '1' } });
  for (const text of ['a long one', 'ask']) {
    terminal.type(text);
    terminal.press('enter');
    await until('it was entered', () => messagesOf(place).includes(text));
  }
  await terminal.waitFor(/y yes · n no/);
  expect(terminal.styled()).toBe(terminal.screen());
  // oxlint-disable-next-line no-control-regex
  expect(terminal.raw()).not.toMatch(/\x1b\[(?:\d+;)*(?:[349]\d|10\d|[1-9])m/);
  terminal.press('ctrl-d');
  expect(await leftBy(terminal)).toEqual(LEFT);
});
