/** The generated pages of docs/reference/: from the commands, the configuration's keys and the catalogue of errors. */
import { format } from 'prettier';
import type { ConfigKey } from '../../src/contract/config-key.ts';
import { errorCatalogue } from '../../src/contract/errors.ts';
import { turnReason } from '../../src/contract/values.ts';
import { allKeys, variableOf } from '../../src/engine/config/keys.ts';
import { exitCodeOf } from '../../src/engine/exit-code.ts';
import { commandsPage, topicsPage } from './commands.ts';
import { httpPage } from './http.ts';

export async function referencePages(): Promise<Record<string, string>> {
  const pages = {
    'commands.md': commandsPage(GENERATED),
    'configuration.md': configurationPage(),
    'errors.md': errorsPage(),
    'http.md': httpPage(GENERATED),
    'topics.md': await topicsPage(GENERATED),
  };
  const formatted = Object.entries(pages).map(async ([name, text]): Promise<[string, string]> => [
    name,
    await format(text, { parser: 'markdown', printWidth: 120 }),
  ]);
  return Object.fromEntries(await Promise.all(formatted));
}

const GENERATED = 'Generated from the code by `npm run docs`; do not edit.';

function configurationPage(): string {
  const sections = [...new Set(allKeys.map(({ path }) => path.split('.')[0]!))];
  return `# Configuration keys

${GENERATED} How they are used: [configuration](../configuration.md).

Every key may be left out. The flag of a key is its path: \`--orchestrator.max_turns 3\`.

${sections.map(sectionText).join('\n')}`;
}

function sectionText(section: string): string {
  const keys = allKeys.filter(({ path }) => path.startsWith(`${section}.`));
  const lists = keys.flatMap(({ path, items }) => (items ? [itemsText(path, items)] : []));
  const rows = keys.map((key) =>
    row(code(key.path), typeText(key), defaultText(key), code(variableOf(key.path)), key.description),
  );
  return `## ${section}

${row('Key', 'Type', 'Default', 'Environment', 'Meaning')}
${row('---', '---', '---', '---', '---')}
${rows.join('\n')}
${lists.join('\n')}`;
}

function itemsText(path: string, items: ConfigKey[]): string {
  const rows = items.map((key) => row(code(key.path), typeText(key), defaultText(key), key.description));
  return `
Each item of \`${path}\`:

${row('Key', 'Type', 'Default', 'Meaning')}
${row('---', '---', '---', '---')}
${rows.join('\n')}
`;
}

function typeText({ kind, values = [] }: ConfigKey): string {
  const options = values.map(code).join(', ');
  switch (kind) {
    case 'choice':
      return options;
    case 'list':
      return values.length > 0 ? `list of ${options}` : 'list of names';
    case 'texts':
      return 'names, each with a text';
    case 'objects':
      return 'list of objects';
    case 'counts':
      return 'whole number, or names with one each';
    case 'integer':
      return 'whole number';
    default:
      return kind;
  }
}

function defaultText({ default: standard, required }: ConfigKey): string {
  if (required) return 'required';
  return standard === undefined ? '–' : code(typeof standard === 'string' ? standard : JSON.stringify(standard));
}

function errorsPage(): string {
  const errors = Object.entries(errorCatalogue)
    .map(([name, kind]) => ({ name, exit: kind.exit, next: 'named' in kind ? kind.named : kind.next }))
    .sort((a, b) => a.exit - b.exit);
  return `# Errors

${GENERATED} What the exit codes mean: [exit codes](../exit-codes.md).

## How a turn may end

${row('Reason', 'Exit code')}
${row('---', '---')}
${turnReason.options.map((reason) => row(code(reason), String(exitCodeOf(reason)))).join('\n')}

## Errors of commands

In \`--json\` the code is \`data.error.code\` of the last line.

${row('Code', 'Exit code', 'What to do, unless the message says more')}
${row('---', '---', '---')}
${errors.map(({ name, exit, next }) => row(code(name), String(exit), next)).join('\n')}
`;
}

function row(...cells: string[]): string {
  return `| ${cells.map((cell) => withoutTags(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}

/** Outside of code a word in angle brackets would be read as a tag. */
function withoutTags(text: string): string {
  return text
    .split('`')
    .map((piece, index) => (index % 2 === 0 ? piece.replaceAll('<', '\\<') : piece))
    .join('`');
}

function code(text: string): string {
  return `\`${text}\``;
}
