import { expect, test } from 'vitest';
import { createTyping } from './testing/typing.ts';

const paste = (text: string): string => `\x1b[200~${text}\x1b[201~`;

test('a line is shown as it is typed, and given without the blanks around it', async () => {
  const { input, type, written } = createTyping();
  const line = input.ask('Name: ');
  type('  ann lee \r');
  expect(await line).toBe('ann lee');
  expect(written()).toBe('Name:   ann lee \n');
});

test('a secret is not shown, not even how long it is', async () => {
  const { input, type, written } = createTyping();
  const line = input.ask('Key: ', { hidden: true });
  type('secret\x7f\x15other\r');
  expect(await line).toBe('other');
  expect(written()).toBe('Key: \n');
});

test.each([
  ['backspace takes a character', 'abc\x7f\x7fx\r', 'ax'],
  ['Ctrl-H as well', 'abc\x08\r', 'ab'],
  ['Ctrl-U takes the line', 'abc\x15x\r', 'x'],
  ['nothing is taken from an empty line', '\x7f\x7f\x15a\r', 'a'],
  ['other keys of control do nothing', 'a\x01\x0b\x0eb\r', 'ab'],
  ['Ctrl-D in a line does nothing', 'ab\x04c\r', 'abc'],
])('%s', async (_, keys, expected) => {
  const { input, type } = createTyping();
  const line = input.ask('');
  type(keys);
  expect(await line).toBe(expected);
});

test('what is taken back goes from the screen by as many columns as it had', async () => {
  const { input, type, written } = createTyping();
  const line = input.ask('');
  type('a漢');
  type('\x7f\x7f\r');
  expect(await line).toBe('');
  expect(written()).toBe('a漢\b \b\b \b\b \b\n');
});

test('a character of several parts is one', async () => {
  const { input, type } = createTyping();
  const line = input.ask('');
  type('xe\u0301\x7f\r');
  expect(await line).toBe('x');
});

test('arrows and other sequences are no text', async () => {
  const { input, send } = createTyping();
  const line = input.ask('');
  for (const keys of ['a', '\x1b[A', '\x1b[3~', 'b', '\r']) send(keys);
  expect(await line).toBe('ab');
});

test('a paste is text, its breaks are Enter, and control characters in it reach nobody', async () => {
  const { input, send, written } = createTyping();
  const first = input.ask('1: ');
  send(paste('one\ntwo\x1b[2J\n'));
  expect(await first).toBe('one');
  expect(await input.ask('2: ')).toBe('two�[2J');
  expect(written()).toBe('1: one\n2: two�[2J\n');
});

test('what is typed ahead is for the next questions', async () => {
  const { input, type } = createTyping();
  type('one\rtwo\rthr');
  expect(await input.ask('')).toBe('one');
  expect(await input.ask('')).toBe('two');
  const third = input.ask('');
  type('ee\r');
  expect(await third).toBe('three');
});

test.each([
  ['Ctrl-C', '\x03'],
  ['Ctrl-D on an empty line', '\x04'],
])('%s ends the asking, now and from then on', async (_, key) => {
  const { input, type } = createTyping();
  const line = input.ask('Name: ');
  type(key);
  expect(await line).toBeUndefined();
  expect(input.given_up.aborted).toBe(true);
  expect(await input.ask('more: ')).toBeUndefined();
});

test('so does Escape, once it is sure that it is no sequence', async () => {
  const { input, type, clock } = createTyping();
  const line = input.ask('Name: ');
  type('abc\x1b');
  expect(input.given_up.aborted).toBe(false);
  await clock.advance(1000);
  expect(await line).toBeUndefined();
});

test('and all of it while nothing is asked', () => {
  for (const key of ['\x03', '\x04']) {
    const { input, type } = createTyping();
    type(key);
    expect(input.given_up.aborted).toBe(true);
  }
});

test('the end of the input, and somebody else, end it as well', async () => {
  const gone = createTyping();
  const line = gone.input.ask('');
  gone.end();
  expect(await line).toBeUndefined();

  const left = createTyping();
  const other = left.input.ask('');
  left.input.giveUp();
  expect(await other).toBeUndefined();
});

test('when it is closed the terminal is as it was', () => {
  const { input, modes, listeners } = createTyping();
  expect(modes).toContain('raw true');
  input.close();
  expect(modes.slice(-2).sort()).toEqual(['pause', 'raw false']);
  expect(listeners()).toBe(0);
});
