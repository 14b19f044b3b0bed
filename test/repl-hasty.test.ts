/** Leaving the terminal at any moment: what was sent is accepted, what wasn't is said. */
import { describe } from 'vitest';
import { test } from './support/place.ts';
import { leftBy, messagesOf, openRough, STEPS } from './support/rough.ts';

test('Esc stops what runs, and no question', async ({ place, expect }) => {
  place.play(STEPS, {});
  const terminal = await openRough(place);
  terminal.type('stay\r');
  await terminal.waitFor('Ctrl-C stops');
  terminal.press('escape');
  await terminal.waitFor('canceled');
  terminal.type('ask\r');
  await terminal.waitFor('Esc later');
  terminal.press('escape');
  await terminal.waitFor('left for later');
  terminal.press('escape');
  await terminal.settled();
  expect(terminal.screen()).toContain('/approve or /deny');
  terminal.type('\x04');
  expect((await leftBy(terminal)).code).toBe(0);
});

describe('a message and, in the same moment,', () => {
  test.for([
    ['Ctrl-D', '\x04', 0],
    ['Ctrl-C twice', '\x03\x03', 130],
  ] as const)('%s: it goes on at the next start', async ([, keys, code], { place, expect }) => {
    place.play(STEPS, {});
    const terminal = await openRough(place);
    terminal.type(`hello there\r${keys}`);
    expect(await leftBy(terminal)).toEqual({ code, changed: [] });
    expect(terminal.screen()).not.toContain('not sent');
    const { stdout } = await place.run(['run', '--session', 'one']);
    expect(stdout).toContain('You said: hello there');
    expect(messagesOf(place)).toEqual(['hello there']);
  });

  test('before anybody is there to take it: it is said, or goes on', async ({ place, expect }) => {
    place.play(STEPS, {});
    const terminal = await openRough(place, { early: true });
    await terminal.waitFor('›');
    terminal.type('hello there\r\x04');
    expect((await leftBy(terminal)).code).toBe(0);
    if (terminal.screen().includes('not sent: hello there')) return expect(messagesOf(place)).toEqual([]);
    const { stdout } = await place.run(['run', '--session', 'one']);
    return expect(stdout).toContain('You said: hello there');
  });
});
