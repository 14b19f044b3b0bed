/** Results that can't be written are not lost in silence. */
import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { test } from './support/place.ts';

test.skipIf(!existsSync('/dev/full'))(
  'a full disk under standard output is said, with exit code 1',
  async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'the answer' } }]);
    for (const flags of [[], ['--json']]) {
      const { code, stderr } = await place.run(['run', 'hi', ...flags], { shell: '"$@" >/dev/full' });
      expect({ code, said: /error: .*ENOSPC/.test(stderr) }).toEqual({ code: 1, said: true });
    }
  },
);
