import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { page } from '../cli/help/terminal.ts';
import { runCommand, type Repl } from './commands.ts';
import { COMMANDS, readTyped } from './slash.ts';

const NAMES = new Set(Object.keys(COMMANDS));

test.each([
  ['hello', { kind: 'message' }],
  ['', { kind: 'message' }],
  ['/', { kind: 'message' }],
  ['!', { kind: 'message' }],
  ['!  ', { kind: 'message' }],
  [' /help', { kind: 'message' }],
  [' !ls', { kind: 'message' }],
  ['/etc/hosts is wrong', { kind: 'message' }],
  ['/Help', { kind: 'message' }],
  ['//', { kind: 'message' }],
  ['/help2', { kind: 'message' }],
  ['/frobnicate the build', { kind: 'message' }],
  ['/help', { kind: 'command', name: 'help', rest: '' }],
  ['/help  \n', { kind: 'command', name: 'help', rest: '' }],
  ['/steer  use npm\nnot yarn ', { kind: 'command', name: 'steer', rest: 'use npm\nnot yarn' }],
  ['/q', { kind: 'command', name: 'exit', rest: '' }],
  ['/quit now', { kind: 'command', name: 'exit', rest: '' }],
  ['/hepl', { kind: 'unknown', name: 'hepl', nearest: 'help' }],
  ['/frobnicate', { kind: 'unknown', name: 'frobnicate' }],
  ['/constructor', { kind: 'unknown', name: 'constructor' }],
  ['!ls -l', { kind: 'shell', command: 'ls -l' }],
  ['! ls\nls ', { kind: 'shell', command: 'ls\nls' }],
])('%j is %j', (text, expected) => {
  expect(readTyped(text)).toEqual(expected);
});

/** Words behind a slash that stand alone, as `/help` does in a list: paths and fractions don't. */
function namedIn(text: string): Set<string> {
  return new Set([...text.matchAll(/(?<![\w/.~-])\/([a-z]+)(?![\w/.])/g)].map(([, name]) => name!));
}

test('/help, the pages of the terminal and the table name the same commands', async () => {
  const lines: string[] = [];
  const repl = {
    print: (more: string[]) => lines.push(...more),
    tone: (_: number, text: string) => text,
    columns: () => 200,
  };
  await runCommand(repl as unknown as Repl, 'help', '');
  const listed = lines.slice(1, lines.indexOf('')).map((line) => /^ {2}\/([a-z]+)/.exec(line)?.[1]);
  expect(new Set(listed)).toEqual(NAMES);

  const commandsOf = (text: string): string => /\n## Commands\n([^]*?)(?=\n## |$)/.exec(text)![1]!;
  expect(namedIn(commandsOf(page))).toEqual(NAMES);
  const docs = readFileSync(new URL('../../../docs/terminal.md', import.meta.url), 'utf8');
  expect(namedIn(commandsOf(docs))).toEqual(NAMES);
  // Elsewhere on it none is named that there isn't.
  expect(namedIn(docs.replaceAll('`/word`', '')).difference(NAMES)).toEqual(new Set());
});

test('/help fits the terminal, also a narrow one', async () => {
  for (const columns of [20, 40, 80]) {
    const lines: string[] = [];
    const repl = {
      print: (more: string[]) => lines.push(...more),
      tone: (_: number, text: string) => text,
      columns: () => columns,
    };
    await runCommand(repl as unknown as Repl, 'help', '');
    // What is to be typed is never cut.
    expect(lines.filter((line) => line.length > Math.max(columns, 44))).toEqual([]);
  }
});
