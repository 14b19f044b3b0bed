/** The generated pages about the command line: every command as its --help has it, and the topics of `runtime help`. */
import type { Argument, Command, Option } from 'commander';
import type { CommandContext } from '../../src/surfaces/cli/context.ts';
import { TOPICS } from '../../src/surfaces/cli/help/topics.ts';
import { lessonOf, sentence } from '../../src/surfaces/cli/tree/teach.ts';
import { commandTree } from '../../src/surfaces/cli/tree.ts';

export function commandsPage(generated: string): string {
  const { program } = commandTree({} as CommandContext); // no command is called
  const commands = leaves(program).map(sectionText).join('\n');
  return `# Commands

${generated} To read at length: [topics](topics.md).

These options go with every command, and any [configuration key](configuration.md) is a flag, too:

${program.options.map(itemText).join('\n')}

${commands}`;
}

export async function topicsPage(generated: string): Promise<string> {
  const pages = await Promise.all([...TOPICS.values()].map(({ load }) => load()));
  return `# Topics of \`runtime help\`

${generated}

${pages.map((page) => page.replace(/^#/gm, '##')).join('\n')}`;
}

function leaves(command: Command): Command[] {
  return command.commands.flatMap((one) => (one.commands.length > 0 ? leaves(one) : [one]));
}

function sectionText(command: Command): string {
  const { examples = [], note } = lessonOf(command) ?? {};
  const items = [...command.registeredArguments, ...command.options].map(itemText);
  return [
    `## ${nameOf(command)}\n`,
    `${sentence(command.description())}\n`,
    `\`\`\`sh\n${examples.join('\n')}\n\`\`\`\n`,
    ...(items.length > 0 ? [`${items.join('\n')}\n`] : []),
    ...(note === undefined ? [] : [`${note}\n`]),
  ].join('\n');
}

function itemText(item: Argument | Option): string {
  const { description, argChoices } = item;
  const name = 'flags' in item ? item.flags : item.required ? `<${item.name()}>` : `[${item.name()}]`;
  const choices = argChoices === undefined ? '' : ` (${argChoices.map((choice) => `\`${choice}\``).join(', ')})`;
  return `- \`${name}\`: ${description.replaceAll('<', '\\<')}${choices}`;
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
