/** `session show` as a person reads it: page by page, in colours, and left when it is enough. */
import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { type Place, test } from './support/place.ts';
import { openTerminal, type Terminal } from './support/terminal.ts';

const LESS = existsSync('/usr/bin/less');

async function shown(place: Place): Promise<Terminal> {
  await place.run(['run', '--session', 'one', 'hello']);
  await place.run(['run', '--session', 'one', 'the last message']);
  return openTerminal(place, ['session', 'show', 'one'], { rows: 8 });
}

describe.skipIf(!LESS)(`with less${LESS ? '' : ' (skipped: it is not installed)'}`, () => {
  test('its first page, in colours; q leaves', async ({ place }) => {
    const terminal = await shown(place);
    await terminal.waitFor('session one');
    await terminal.settled();
    expect(terminal.screen()).not.toContain('the last message');
    expect(terminal.styled()).toContain('<bold>session one</>');
    expect(terminal.screen()).not.toMatch(/ESC|\[1m/);
    terminal.press('G');
    await terminal.waitFor('success');
    terminal.press('q');
    expect(await terminal.exited).toEqual({ code: 0, signal: null });
  });

  test('Ctrl-C belongs to it', async ({ place }) => {
    const terminal = await shown(place);
    await terminal.waitFor('session one');
    await terminal.settled();
    terminal.press('ctrl-c');
    await terminal.waitFor(() => terminal.raw().includes('\x07')); // the key takes with it what is typed right behind
    await terminal.settled();
    terminal.press('G');
    await terminal.waitFor('success');
    terminal.press('q');
    expect(await terminal.exited).toEqual({ code: 0, signal: null });
  });
});

test('what fits is written as it is', async ({ place }) => {
  await place.run(['run', '--session', 'one', 'hello']);
  const terminal = openTerminal(place, ['session', 'show', 'one'], { rows: 60, columns: 200 });
  expect(await terminal.exited).toEqual({ code: 0, signal: null });
  expect(terminal.raw().startsWith('\x1b[1msession one')).toBe(true);
  expect(terminal.scrollback()).toBe((await place.run(['session', 'show', 'one'])).stdout.trimEnd());
});
