/** The tree as a whole: what each command must have, so that help teaches it and shells complete it. */
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { errorCatalogue } from '../../contract/errors.ts';
import { allKeys } from '../../engine/config/keys.ts';
import { kindOf } from './completion/kinds.ts';
import { optionsOf, positionBehind, takesValue } from './completion/position.ts';
import type { CommandContext } from './context.ts';
import { TOPICS } from './help/topics.ts';
import { commandTree } from './tree.ts';
import { lessonOf } from './tree/teach.ts';

const { program } = commandTree({} as CommandContext); // no command is called

const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
const commands = all(program).map((command) => {
  const names: string[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent) names.unshift(one.name());
  return { command, name: names.join(' ') };
});

/** Words as a shell makes them of a line; quotes keep blanks. */
function wordsOf(line: string): string[] {
  return (line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) => word.replace(/^(['"])(.*)\1$/s, '$2'));
}

describe.each(commands)('$name', ({ command, name }) => {
  const path = name.replace(/^runtime ?/, '');

  test('has examples that are of it', () => {
    const { examples = [] } = lessonOf(command) ?? {};
    expect(examples.length).toBeGreaterThanOrEqual(2);
    expect(examples.some((line) => line.includes(name))).toBe(true);
  });

  test('has examples that the program would take', () => {
    const lines = (lessonOf(command)?.examples ?? []).flatMap(
      (line) => /(?:^|[|(] ?)runtime (.+?)(?:\)|\s+#.*|\s+[|>].*)*$/.exec(line)?.[1] ?? [],
    );
    expect(lines).not.toEqual([]);
    for (const line of lines) {
      const words = wordsOf(line.replace(/\).*$/, ''));
      const { command: reached, options, operandWords, valueFor } = positionBehind(program, words);
      const flags = words.filter((word) => /^--?[a-z]/.test(word) && !word.includes('.'));
      expect({ line, groups: reached.commands.length, valueFor }).toEqual({ line, groups: 0, valueFor: undefined });
      expect({ line, flags: options.size }).toEqual({ line, flags: flags.length });
      const required = reached.registeredArguments.filter((argument) => argument.required).length;
      expect(operandWords.length, line).toBeGreaterThanOrEqual(required);
    }
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

  test('every exit code is explained', async () => {
    const page = await load('exit-codes');
    for (const { exit } of Object.values(errorCatalogue)) expect(page).toMatch(new RegExp(`^- +${exit}  `, 'm'));
  });

  test('the keys that are named exist', async () => {
    for (const name of TOPICS.keys()) {
      const keys = [...(await load(name)).matchAll(/`((?:governance|models|budget|orchestrator)\.[\w.]+)`/g)];
      for (const [, key] of keys) expect(allKeys.map(({ path }) => path)).toContain(key);
    }
  });
});
