/** What the help of a command holds beside its options: examples first, and a note at the end. */
import { type Command, Help, type HelpConfiguration, Option } from 'commander';

interface Lesson {
  examples: readonly string[];
  note?: string;
}

const lessons = new WeakMap<Command, Lesson>();

/** Gives a command its examples, lines as a person types them, the plainest first, and a note that stands last. */
export function teach(command: Command, examples: readonly string[], note?: string): Command {
  lessons.set(command, { examples, ...(note !== undefined && { note }) });
  return command;
}

/** Undefined for a command that nobody taught. */
export function lessonOf(command: Command): Lesson | undefined {
  return lessons.get(command);
}

/** What the command does, how it looks, then the reference that commander makes. */
export const helpStyle: HelpConfiguration = {
  showGlobalOptions: true,
  commandDescription: () => '', // it stands at the top
  formatHelp(command, helper) {
    const { examples = [], note } = lessons.get(command) ?? {};
    const width = helper.helpWidth ?? Infinity;
    const description = command.description();
    const parts = [
      ...(description === '' ? [] : [`${helper.boxWrap(sentence(description), width)}\n`]),
      ...(examples.length === 0 ? [] : [`Examples:\n${examples.map((line) => `  ${line}\n`).join('')}`]),
      Help.prototype.formatHelp.call(helper, command, helper),
      ...(note === undefined ? [] : [`${helper.boxWrap(note, width)}\n`]),
    ];
    return parts.join('\n');
  },
};

/** Lists take a description as it is; alone it is a sentence. */
export function sentence(text: string): string {
  const end = /[.!?]$/.test(text) ? '' : '.';
  return text.charAt(0).toUpperCase() + text.slice(1) + end;
}

/** `-o`; the first format is the default. */
export function outputOption(...formats: [string, ...string[]]): Option {
  return new Option('-o, --output <format>', 'how the result is printed: for people, or for programs')
    .choices(formats)
    .default(formats[0]);
}

/** For whoever remembers `run --json`. */
export function jsonOption(): Option {
  return new Option('--json', 'the same as -o json').implies({ output: 'json' });
}
