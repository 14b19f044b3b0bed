/** The input: files, commands of one's own, completion, history, several lines, pastes and an editor. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { expectFrame } from './support/frames.ts';
import type { MockOpenai } from './support/mock-openai.ts';
import { test } from './support/place.ts';
import { clean, enter, openRepl, send } from './support/repl.ts';

const last = (mock: MockOpenai): string => JSON.stringify(mock.requests.at(-1)!.body);

test('@file goes with the message, !command with the next one', async ({ place, mock }) => {
  place.connect(mock);
  place.write('notes.md', Array.from({ length: 30 }, (_, index) => `note ${index + 1}`).join('\n'));
  place.write('a file.txt', 'with a space in its name');
  place.write('blob.bin', Buffer.from([0, 1, 2, 255]));
  const terminal = await openRepl(place, { rows: 40 });
  mock.reply({ text: 'Thirty notes.' }, { text: 'I see what you ran.' });
  await enter(terminal, 'What is in @notes.md, and in @"a file.txt"? Mail me@example.org.', 'Thirty notes.');
  expectFrame('repl-attached', terminal);
  expect(last(mock)).toMatch(/The file notes\.md:.*note 30/);
  expect(last(mock)).toContain('with a space in its name');

  await clean(terminal);
  await enter(terminal, '!printf "one\\ntwo\\n"; echo "three" >&2', 'goes with your next message');
  await enter(terminal, '!false', 'exit code 1');
  await send(terminal, '!echo begun; sleep 60', /^ {2}begun$/m);
  expectFrame('repl-own-command-runs', terminal);
  terminal.press('ctrl-c');
  await terminal.waitFor('SIGINT');
  await enter(terminal, 'What did I run?', 'I see what you ran.');
  expectFrame('repl-own-commands', terminal);
  expect(last(mock)).toMatch(/I ran `printf.*one\\\\?n?.*two.*three/);
  await enter(terminal, 'And @blob.bin?', 'is no text');
  expectFrame('repl-attached-no-text', terminal);
});

test('completion of commands, models, sessions, tools and files', async ({ place, mock }) => {
  place.connect(mock);
  for (const path of ['src/main.ts', 'src/many words.ts', 'src/map/a.ts', 'README.md']) place.write(path, '');
  const terminal = await openRepl(place, { rows: 20 });
  mock.reply({ text: 'Yes.' });
  await enter(terminal, 'The question', 'Yes.');
  await clean(terminal);
  terminal.type('/');
  terminal.press('tab');
  await terminal.waitFor('/status');
  await terminal.settled();
  expectFrame('repl-menu-commands', terminal);
  terminal.press('down', 'down', 'enter');
  await terminal.waitFor(/^› \/\w+/m);
  expect(terminal.screen()).not.toContain('/policy');
  terminal.press('ctrl-c');
  await terminal.settled();

  terminal.type('/st');
  await terminal.waitFor('/status');
  await terminal.settled();
  expectFrame('repl-hint', terminal);
  terminal.press('ctrl-c');

  for (const [typed, name] of [
    ['/model ', 'demo'],
    ['/policy ', 'read_file'],
    ['/resume ', 's-'],
  ] as const) {
    terminal.type(typed);
    terminal.press('tab');
    await terminal.waitFor(name);
    await terminal.settled();
    expectFrame(`repl-menu-${typed.trim().slice(1)}`, terminal);
    terminal.press('escape');
    await terminal.settled();
    terminal.press('ctrl-c');
    await terminal.settled();
  }

  terminal.type('look at @src/ma');
  terminal.press('tab');
  await terminal.waitFor('many words.ts');
  await terminal.settled();
  expectFrame('repl-menu-files', terminal);
  terminal.press('down', 'enter');
  await terminal.waitFor('@"src/many words.ts"');
});

test('history, its search, several lines, a paste and an editor', async ({ place, mock }) => {
  place.connect(mock);
  place.write('editor.sh', '#!/bin/sh\nprintf "%s\\nfrom the editor\\n" "$(cat "$1")" > "$1"\n');
  const editor = join(place.project, 'editor.sh');
  chmodSync(editor, 0o755);
  const options = { rows: 40, environment: { EDITOR: editor } };
  const first = await openRepl(place, options);
  mock.reply({ text: 'Sixteen.' });
  await enter(first, 'four times four', 'Sixteen.');
  await enter(first, '/cost', 'money');
  first.press('ctrl-d');
  expect((await first.exited).code).toBe(0);

  const terminal = await openRepl(place, options);
  terminal.press('up');
  await terminal.waitFor('› /cost');
  terminal.press('up');
  await terminal.waitFor('› four times four');
  terminal.press('down', 'down');
  await terminal.settled();
  terminal.press('ctrl-r');
  terminal.type('times');
  await terminal.waitFor('search the history: times');
  await terminal.settled();
  expectFrame('repl-history-search', terminal);
  terminal.press('ctrl-c');
  await terminal.settled();

  terminal.type('first line\\');
  terminal.press('enter');
  terminal.type('second line');
  terminal.press('alt-enter');
  terminal.type('third line');
  terminal.press('ctrl-j');
  terminal.paste(Array.from({ length: 40 }, (_, index) => `pasted ${index + 1}`).join('\n'));
  await terminal.waitFor('[pasted');
  await terminal.settled();
  expectFrame('repl-lines-and-paste', terminal);
  mock.reply({ text: 'Many lines.' });
  terminal.press('enter');
  await terminal.waitFor('Many lines.');
  await terminal.settled();
  expectFrame('repl-lines-sent', terminal);
  expect(last(mock)).toContain('first line\\nsecond line\\nthird line\\npasted 1\\npasted 2');

  await clean(terminal);
  terminal.type('begun here');
  terminal.press('ctrl-g');
  await terminal.waitFor('from the editor');
  await terminal.settled();
  expectFrame('repl-editor', terminal);
  mock.reply({ text: 'Edited.' });
  terminal.press('enter');
  await terminal.waitFor('Edited.');
  expect(last(mock)).toContain('begun here\\nfrom the editor');
});
