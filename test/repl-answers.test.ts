/** How answers look in the terminal: as they stream, when they are there, at any width, and with anything in them. */
import { expectFrame } from './support/frames.ts';
import { test } from './support/place.ts';
import { clean, enter, openRepl, send } from './support/repl.ts';

const PRICE = { price: { input: 1, output: 10 } };
const RICH = `# What I found

The build fails in **two** places; see [the log](https://ci.example/log/7) and \`src/a.ts\`.

1. The first
   - nested once
     - nested twice, with a text that is so long that it has to go on in the next line
   - again
2. The second

> A quotation of the manual,
> in two lines.

| file | lines | why it fails |
| --- | ---: | --- |
| src/a.ts | 120 | a type is missing |
| src/long/path/b.ts | 7 | the import leads nowhere, since the file was moved |

\`\`\`ts
// the fix
export const answer: number = 42; // as ever
const long = 'a line of code that is longer than forty columns';
\`\`\`

## Next

Say *yes* and I mend it.`;

test('the first screen, a plain answer, and what it cost', async ({ place, mock }) => {
  place.connect(mock, PRICE);
  const terminal = await openRepl(place);
  expectFrame('repl-start', terminal);
  mock.reply({ text: 'Paris is the capital of France.', usage: { input: 1200, output: 34 } });
  await enter(terminal, 'What is the capital of France?', 'tokens');
  expectFrame('repl-plain-answer', terminal);
});

test('Markdown, as it streams and after it', async ({ place, mock }) => {
  place.connect(mock, PRICE);
  const terminal = await openRepl(place, { rows: 45 });
  mock.reply({ text: RICH, chunks: 40, holdAfter: 12 }, { text: RICH }, { text: RICH });
  await send(terminal, 'Why does it fail?', /nested twice.*[^]*answers/);
  expectFrame('repl-markdown-streaming', terminal);
  mock.release();
  await terminal.waitFor('tokens');
  await terminal.settled();
  expectFrame('repl-markdown-80', terminal);
  expectFrame('repl-markdown-80-styled', terminal, { styled: true });
  for (const columns of [40, 120]) {
    terminal.resize(columns, 60);
    await clean(terminal);
    await enter(terminal, 'Again', /^(?![^]*Ctrl-C stops)[^]*tokens/); // the turn has ended on the screen, too
    expectFrame(`repl-markdown-${columns}`, terminal);
  }
});

test('any script, emoji and a long message, in their columns', async ({ place, mock }) => {
  place.connect(mock);
  const terminal = await openRepl(place, { columns: 60 });
  const text = `日本語の文章は語の間に空白がないので、どこででも改行できます。とても長い一行です。

| 語 | 意味 |
| --- | --- |
| 犬 🐕 | dog |
| 家族 👨‍👩‍👧 | family |

שלום עולם, and مرحبا بالعالم in one line. 🇫🇷 ✅ é`;
  mock.reply({ text });
  await enter(
    terminal,
    'Bitte übersetze: 日本語の文章は語の間に空白がないので、どこででも改行できます。 And a long sentence behind it.',
    'tokens',
  );
  expectFrame('repl-scripts', terminal);
});

test('a new size, while an answer comes and after it', async ({ place, mock }) => {
  place.connect(mock);
  const terminal = await openRepl(place, { columns: 70, rows: 36 });
  const [first, second] = ['One two three four five six. ', 'Seven eight nine ten eleven twelve. '].map((one) =>
    one.repeat(6).trim(),
  );
  const text = `${first}\n\n${second}\n\n- an item with some words in it, which has to be wrapped`;
  mock.reply({ text, chunks: 4, holdAfter: 4 });
  await send(terminal, 'Count', /eleven twelve[^]*answers/);
  terminal.resize(44, 36);
  await terminal.waitFor(/twelve\. Seven\neight/); // between words: the program's own doing
  mock.release();
  await terminal.waitFor('tokens');
  await terminal.settled();
  expectFrame('repl-narrowed-in-answer', terminal);
  terminal.resize(90, 36);
  await terminal.settled();
  expectFrame('repl-widened-after-answer', terminal);
  terminal.type('still here');
  await terminal.waitFor('› still here');
});
