/** The terminal where nothing may be painted over: what a person reads there, in its order. */
import { expect } from 'vitest';
import { test } from './support/place.ts';
import { openTerminal } from './support/terminal.ts';

test('a dumb terminal prompts again behind an answer, and in a new session', async ({ place }) => {
  place.play([{ match: { any: true }, reply: { text: 'An answer.' } }]);
  const terminal = openTerminal(place, [], { term: 'dumb' });
  await terminal.waitFor(/^>$/m);
  terminal.type('hello\r');
  await terminal.waitFor(/An answer\.[^]*\n>$/);
  terminal.type('/new\r');
  await terminal.waitFor(/a new session[^]*\n>$/);
  terminal.type('again\r');
  await terminal.waitFor(/again[^]*An answer\.[^]*\n>$/);
  terminal.type('/exit\r');
  expect(await terminal.exited).toEqual({ code: 0, signal: null });
});
