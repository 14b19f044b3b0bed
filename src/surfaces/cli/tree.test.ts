/** The tree as a whole: what each command must have, so that help teaches it and shells complete it. */
import type { Command, CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { errorCatalogue } from '../../contract/errors.ts';
import { allKeys } from '../../engine/config/keys.ts';
import { kindOf } from './completion/kinds.ts';
import { optionsOf, takesValue } from './completion/position.ts';
import type { CommandContext } from './context.ts';
import { TOPICS } from './help/topics.ts';
import { splitOverrides } from './overrides.ts';
import { COMMANDS } from '../repl/slash.ts';
import { commandTree } from './tree.ts';
import { lessonOf } from './tree/teach.ts';

const { program } = commandTree({} as CommandContext); // no command is called

const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
const commands = all(program).map((command) => {
  const names: string[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent) names.unshift(one.name());
  return { command, name: names.join(' ') };
});

/** A word of a shell's line, with its quotes, or what ends a command. */
const WORD = /(?:"[^"]*"|'[^']*'|[^\s"'#|<>()&;])+|\s[#|<>&;]|[)|&;]/g;

/** The commands of this program in lines for a shell, as words. */
function commandLines(text: string): string[][] {
  return [...text.matchAll(/(?:^|[\s|(])runtime +(.*)$/gm)].map(([, line]) => {
    const words: string[] = [];
    for (const [word] of line!.matchAll(WORD)) {
      if (/^\s?[#|<>()&;]$/.test(word)) break;
      words.push(word.replace(/^(['"])(.*)\1$/s, '$2'));
    }
    return words;
  });
}

/** Which command takes the words, as commander reads them. */
async function takenBy(line: string[]): Promise<{ line: string[]; by: string }> {
  const { argv } = splitOverrides(line);
  const tree = commandTree({} as CommandContext).program;
  let by = 'help';
  for (const command of all(tree)) {
    command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
    if (command.commands.length === 0 || command.name() === 'daemon') command.action(() => void (by = command.name()));
  }
  const failed = await tree.parseAsync(argv, { from: 'user' }).then(
    () => undefined,
    (error: CommanderError) => (error.exitCode === 0 ? undefined : error.message),
  );
  if (failed !== undefined) throw new Error(`runtime ${line.join(' ')}: ${failed}`);
  return { line, by };
}

describe.each(commands)('$name', ({ command, name }) => {
  const path = name.replace(/^runtime ?/, '');

  test('has examples that are of it', () => {
    const { examples = [] } = lessonOf(command) ?? {};
    expect(examples.length).toBeGreaterThanOrEqual(2);
    expect(examples.some((line) => line.includes(name))).toBe(true);
  });

  test('has examples that the program takes', async () => {
    const lines = commandLines((lessonOf(command)?.examples ?? []).join('\n'));
    expect(lines).not.toEqual([]);
    for (const line of lines) expect(await takenBy(line)).toEqual({ line, by: expect.any(String) });
  });

  test('says of each value what it is', () => {
    const values = [...command.registeredArguments, ...optionsOf(command).filter(takesValue)];
    const unknown = values.filter((value) => !value.argChoices && kindOf(path, value) === undefined);
    expect(unknown.map((value) => ('flags' in value ? value.flags : value.name()))).toEqual([]);
  });

  test('is described, with all that it takes', () => {
    for (const { description } of [...command.registeredArguments, ...command.options])
      expect(description).not.toBe('');
    expect(command.description()).not.toBe('');
  });
});

describe('topics', () => {
  const load = async (name: string): Promise<string> => TOPICS.get(name)!.load();

  test.each([...TOPICS.keys()])('%s is a page that fits 80 columns, blocks with their indent too', async (name) => {
    const page = await load(name);
    expect(page).toMatch(/^# .+\n\n/);
    expect(page.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const blocks = [...page.matchAll(/^```\w+\n([^]*?)^```$/gm)].flatMap(([, block]) => block!.split('\n'));
    expect(blocks.filter((line) => line.length > 78)).toEqual([]);
  });

  test.each([...TOPICS.keys()])('%s shows commands that the program takes', async (name) => {
    const page = await load(name);
    const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block!);
    const inline = [...page.matchAll(/`(runtime [^`]*)`/g)].map(
      ([, command]) => `${command!.replace(/\s+/g, ' ')} --help`,
    );
    const lines = commandLines([...blocks, ...inline].join('\n'));
    expect(lines).not.toEqual([]);
    for (const line of lines) expect(await takenBy(line)).toEqual({ line, by: expect.any(String) });
  });

  test('every slash command of the terminal is named', async () => {
    const page = await load('terminal');
    for (const name of Object.keys(COMMANDS)) expect(page).toMatch(new RegExp(`/${name}\\b`));
  });

  test('every exit code is explained', async () => {
    const page = await load('exit-codes');
    for (const { exit } of Object.values(errorCatalogue)) expect(page).toMatch(new RegExp(`^- +${exit}  `, 'm'));
  });

  test('what an error says to do next is taken, too', async () => {
    const steps = Object.values(errorCatalogue).flatMap((kind) => [kind.next, 'named' in kind ? kind.named : '']);
    const lines = commandLines(steps.flatMap((step) => [...step.matchAll(/`(runtime [^`]*)`/g)].map(([, line]) => line!.replace('<id>', 'a-9f2c41'))).join('\n')); // prettier-ignore
    for (const line of lines.filter(([group]) => group !== 'store')) await takenBy(line);
  });

  test('the keys that are named exist', async () => {
    for (const name of TOPICS.keys()) {
      const keys = [...(await load(name)).matchAll(/`((?:governance|models|budget|orchestrator)\.[\w.]+)`/g)];
      for (const [, key] of keys) expect(allKeys.map(({ path }) => path)).toContain(key);
    }
  });
});
