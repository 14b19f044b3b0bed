import { expect, test } from 'vitest';
import { createPlainScreen } from './plain-screen.ts';

test('lines are printed without escape sequences, and nothing else is', () => {
  let written = '';
  const screen = createPlainScreen({ write: (text) => (written += text) });
  screen.print([]);
  screen.print(['\x1b[1mbold\x1b[0m and \x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\', 'a\x1b[2Jb\nc\x07\td']);
  screen.show({ lines: ['live'], cursor: { row: 0, column: 1 } });
  screen.flush();
  screen.resized();
  screen.suspend();
  screen.resume();
  screen.close();
  expect(written).toBe('bold and link\nab\nc\ufffd\td\n');
});
