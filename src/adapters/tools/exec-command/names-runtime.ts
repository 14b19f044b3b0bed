import type { CommandFact } from '../../../contract/values.ts';

/** The program by its name as a word, by its variables, or by its built file. */
const PROGRAM = /(?:^|[^a-z0-9_-])runtime(?:$|[^a-z0-9_-])|runtime_[a-z]|dist\/main\.js/;

/**
 * Whether a command's text names the program or its home: such a command always asks. A text search, with and without
 * what the shell would take away; what is put together at run time escapes it, so it is a seat belt, not a wall.
 */
export function namesRuntime(text: string, homes: readonly string[]): boolean {
  const unquoted = text.replace(/\\\n|[\\'"]/g, '');
  return [text, unquoted].some((form) => {
    const lower = form.toLowerCase();
    return PROGRAM.test(lower) || homes.some((home) => lower.includes(home.toLowerCase()));
  });
}

/** Marks each command that names it, by what the shell would pass; the first, where only the whole text does, or a link leads there. */
export function markRuntime(
  commands: CommandFact[],
  text: string,
  homes: readonly string[],
  isLed: boolean,
): CommandFact[] {
  const names = ({ words, assignments, redirects }: CommandFact): boolean =>
    [...words, ...assignments, ...redirects].some((word) => namesRuntime(word, homes)) || namesRuntime(words.join(' '), homes); // prettier-ignore
  const named = commands.map(names);
  if (!named.includes(true) && (isLed || namesRuntime(text, homes))) named[0] = true;
  return commands.map((command, at) => (named[at] ? { ...command, names_runtime: true } : command));
}
