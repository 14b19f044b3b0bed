import type { Command } from 'commander';
import { nearest } from '../../../base/nearest.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { CommandContext } from '../context.ts';
import { readable } from '../help/readable.ts';
import { TOPICS } from '../help/topics.ts';
import { paged } from '../pager.ts';

/**
 * `help`: the topics; `help <topic>`: its page; `help <command>`: what its --help says. A topic that is a command, too, goes
 * first, and ends with what the command holds.
 * @throws RuntimeError usage, when there is neither
 */
export async function showHelp(context: CommandContext, program: Command, words: readonly string[]): Promise<void> {
  const { io, environment } = context;
  await paged(io, environment, words.length === 0 ? topicList(program) : await pageOf(context, program, words));
}

async function pageOf({ io }: CommandContext, program: Command, words: readonly string[]): Promise<string> {
  const topic = words.length === 1 ? TOPICS.get(words[0]!) : undefined;
  const command = commandAt(program, words);
  if (topic === undefined) return command.helpInformation();
  const page = readable(await topic.load(), io.stdout);
  const isCommand = program.commands.some((one) => one.name() === words[0]);
  return isCommand ? `${page}\nCommands and their options: runtime ${words[0]} --help\n` : page;
}

function commandAt(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) {
      if (words.length === 1 && TOPICS.has(word)) return program;
      const names = command.commands.map((one) => one.name());
      const near = nearest(word, command === program ? [...TOPICS.keys(), ...names] : names);
      const what = command === program ? 'topic or command' : `command of ${command.name()} called`;
      throw new RuntimeError('usage', `there is no ${what} ${word}${near ? `; did you mean ${near}?` : ''}`, {
        next: 'See the topics with `runtime help`, and the commands with `runtime --help`.',
      });
    }
    command = next;
  }
  return command;
}

function topicList(program: Command): string {
  const widest = Math.max(...[...TOPICS.keys()].map(({ length }) => length));
  const topics = [...TOPICS].map(([name, { summary }]) => `  ${name.padEnd(widest)}  ${summary}\n`);
  const commands = program.commands.map((command) => command.name()).join(', ');
  return `Topics, to be read with \`runtime help <topic>\`:
${topics.join('')}
Commands, of which \`runtime help <command>\` tells more:
  ${commands}
`;
}
