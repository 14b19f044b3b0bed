import { Command } from 'commander';
import { expect, test } from 'vitest';
import { helpStyle, outputOption, teach } from './teach.ts';

test('help: what it does, examples, reference, a note', () => {
  const command = teach(new Command('count'), ['count it', 'count -o json'], 'Exit code 1: nothing to count.')
    .description('count things')
    .helpOption('-h, --help', 'show this help')
    .addOption(outputOption('table', 'json'))
    .configureHelp(helpStyle);
  expect(command.helpInformation()).toBe(`Count things.

Examples:
  count it
  count -o json

Usage: count [options]

Options:
  -o, --output <format>  how the result is printed: for people, or for programs
                         (choices: "table", "json", default: "table")
  -h, --help             show this help

Exit code 1: nothing to count.
`);
});

test('without examples: the reference alone', () => {
  const command = new Command('count').helpOption(false).configureHelp(helpStyle);
  expect(command.helpInformation().trim()).toBe('Usage: count');
});
