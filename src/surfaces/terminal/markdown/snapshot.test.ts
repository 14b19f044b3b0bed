/** What people see: a document with everything in it. `cat` the files to look at them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadHighlight } from './highlight.ts';
import { renderMarkdown } from './markdown-stream.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const document = readFileSync(join(FIXTURES, 'rich.txt'), 'utf8');
const highlight = await loadHighlight();

test.each([20, 40, 80, 120])('a rich document in %i columns', async (columns) => {
  const coloured = renderMarkdown(document, { columns, colour: true, hyperlinks: columns === 120, highlight });
  await expect(`${coloured.join('\n')}\n`).toMatchFileSnapshot(join(FIXTURES, `rich-${columns}-colour.txt`));
  const plain = renderMarkdown(document, { columns, colour: false, hyperlinks: false, highlight });
  await expect(`${plain.join('\n')}\n`).toMatchFileSnapshot(join(FIXTURES, `rich-${columns}-plain.txt`));
});
