import { expect, test } from 'vitest';
import { mend } from './mend.ts';

test.each([
  ['plain text', 'plain text'],
  ['**bold', '**bold**'],
  ['**bold *both', '**bold *both***'],
  ['**bold ', '**bold**'],
  ['**done** and *open', '**done** and *open*'],
  ['~~gone', '~~gone~~'],
  ['an end **', 'an end '],
  ['2 * 3 and snake_case_name', '2 * 3 and snake_case_name'],
  ['`code with **', '`code with `'],
  ['``a ` b', '``a ` b``'],
  ['`done` **', '`done` '],
  ['**bold `code', '**bold `code`**'],
  ['a [link', 'a link'],
  ['a [link]', 'a link'],
  ['a [link](https://exam', 'a link'],
  ['a **[link](https://exam', 'a **link**'],
  ['![pic', 'pic'],
  ['[done](x) [1] [op', '[done](x) [1] op'],
  ['\\*not \\[this', '\\*not \\[this'],
])('%j is shown as %j', (source, shown) => {
  expect(mend(source)).toBe(shown);
});
