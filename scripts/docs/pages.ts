/** What the hand-written pages say of the code: links lead somewhere, commands and their flags exist, named tests too. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { allKeys } from '../../src/engine/config/keys.ts';
import type { CommandContext } from '../../src/surfaces/cli/context.ts';
import { commandTree } from '../../src/surfaces/cli/tree.ts';

/** Commands that error messages name before they are there. */
const NOT_YET = ['store repair'];

/** A line for each thing that is not as a page says. */
export function checkPages(root: string): string[] {
  const pages = globSync(['README.md', 'CHANGELOG.md', 'docs/**/*.md'], { cwd: root });
  const { program } = commandTree({} as CommandContext); // no command is called
  return pages.flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const found = [
      ...brokenLinks(root, page, text),
      ...commandsOf(text).flatMap((line) => wrongCommand(program, line)),
    ];
    if (page === 'docs/guarantees.md') found.push(...missingTests(root, text));
    return found.map((what) => `${page}: ${what}`);
  });
}

function brokenLinks(root: string, page: string, text: string): string[] {
  const links = [...withoutFences(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
  return links.flatMap((link) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? join(root, page) : resolve(root, dirname(page), path);
    if (relative(root, file).startsWith('..') || !existsSync(file)) return [`${link} leads nowhere`];
    if (anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).includes(anchor)) return [];
    return [`${link} has no such heading`];
  });
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...withoutFences(text).matchAll(/^#+ +(.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Every `runtime …` in code spans and in blocks of shell commands, without what quotes and comments hold. */
function commandsOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block]) => block!.split('\n'));
  const spans = [...withoutFences(text).matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!);
  return [...blocks, ...spans]
    .flatMap((line) =>
      line
        .replace(/"[^"]*"|'[^']*'/g, 'QUOTED')
        .replace(/\s#.*$/, '')
        .split(/[|;&]+/),
    )
    .flatMap(
      (part) => /^\s*(?:[A-Z_]+=\S+\s+)*(?:bin\/runtime|runtime|npm start --)(\s.*)?$/.exec(part)?.[1]?.trim() ?? [],
    );
}

function wrongCommand(program: Command, line: string): string[] {
  if (NOT_YET.some((command) => line.startsWith(command))) return [];
  let command = program;
  for (const word of line.split(/\s+/)) {
    const [flag] = word.split('=');
    if (/^--?\w/.test(word)) {
      const known = [...command.options, ...program.options].some(({ long, short }) => flag === long || flag === short);
      if (!known && flag !== '--help' && !allKeys.some(({ path }) => flag === `--${path}`)) {
        return [`\`runtime ${line}\`: there is no ${flag}`];
      }
    } else if (command.commands.length > 0 && /^[a-z]/.test(word)) {
      const next = command.commands.find((one) => one.name() === word);
      if (next === undefined) return [`\`runtime ${line}\`: there is no command ${word}`];
      command = next;
    }
  }
  return [];
}

/** Lines of the form "- `file`: title". */
function missingTests(root: string, text: string): string[] {
  const named = [...text.matchAll(/^- `([^`]+\.test\.ts)`: (.+)$/gm)];
  if (named.length === 0) return ['names no test'];
  return named.flatMap(([, file, title]) => {
    const path = join(root, file!);
    return existsSync(path) && readFileSync(path, 'utf8').includes(title!) ? [] : [`${file} has no test "${title}"`];
  });
}

function withoutFences(text: string): string {
  return text.replace(/^```[^]*?^```$/gm, '');
}
