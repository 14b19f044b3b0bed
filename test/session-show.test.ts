/** `session show` as a person reads it: page by page, in colours, and left when it is enough. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
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

test('no name in `--context` moves the cursor or adds a line', async ({ place }) => {
  const name = 'evil\x1b[2J\x1b]0;x\x07\u202e\ntools         all of them';
  place.write('script.yaml', 'model: script/v1\nturns:\n  - match: { any: true }\n    reply: { text: Yes. }\n');
  const registry = [{ name, provider: 'script', script: join(place.project, 'script.yaml') }];
  place.configure({ models: { default: name, registry } });
  await place.run(['run', '--session', 'one', 'hello']);
  const { stdout } = await place.run(['session', 'show', 'one', '--context']);
  // eslint-disable-next-line no-control-regex -- that is what must not be there
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(stdout.split('\n').filter((line) => line.startsWith('tools '))).toHaveLength(1);
});
