/** Of git's subcommands: which words name a repository elsewhere, and which a folder that is made. */
import { operandsBehind } from './operands.ts';
import type { ShellWord } from './words.ts';

/** Options that have a value, by subcommand. */
const VALUES: Record<string, [short: string, long: readonly string[]]> = {
  clone: [
    'boucj',
    [
      'branch', 'origin', 'upload-pack', 'config', 'jobs', 'depth', 'reference', 'reference-if-able', 'template', 'filter', 'shallow-since',
      'shallow-exclude', 'server-option', 'bundle-uri', 'separate-git-dir', 'revision', 'ref-format',
    ],
  ],
  fetch: ['oj', ['depth', 'deepen', 'shallow-since', 'shallow-exclude', 'upload-pack', 'server-option', 'jobs', 'filter', 'refmap', 'negotiation-tip']],
  push: ['o', ['push-option', 'receive-pack', 'exec']],
  'ls-remote': ['o', ['server-option', 'upload-pack', 'sort']],
  init: ['b', ['initial-branch', 'template', 'separate-git-dir', 'object-format', 'ref-format']],
  worktree: ['bB', ['reason']],
  bundle: ['', ['version']],
  submodule: ['b', ['branch', 'name', 'reference', 'depth', 'filter']],
  remote: ['tm', []],
}; // prettier-ignore
VALUES['pull'] = ['osSX', [...VALUES['fetch']![1], 'strategy', 'strategy-option']];

export interface GitCall {
  command: string;
  /** All behind it. */
  rest: readonly ShellWord[];
  operands: ShellWord[];
}

/** Undefined: it is not git, or has no subcommand. */
export function gitCall(words: readonly ShellWord[]): GitCall | undefined {
  const [program, ...others] = words;
  if (program === undefined || !/(?:^|\/)git$/.test(program.text)) return undefined;
  const [command] = operandsBehind(others, 'cC', ['git-dir', 'work-tree', 'namespace']);
  if (command === undefined || command.dynamic) return undefined;
  const rest = others.slice(others.indexOf(command) + 1);
  const [short, long] = Object.hasOwn(VALUES, command.text) ? VALUES[command.text]! : ['', []];
  return { command: command.text, rest, operands: operandsBehind(rest, short, long) };
}

/** Words that may be `host:path`. */
export function gitRemotes(words: readonly ShellWord[]): ShellWord[] {
  const call = gitCall(words);
  if (call === undefined) return [];
  const { command, rest, operands } = call;
  const named = rest.flatMap(({ text, dynamic }) => {
    const value = /^--(?:repo|remote)=([^]*)$/.exec(text)?.[1];
    return value === undefined ? [] : [{ text: value, dynamic }];
  });
  switch (command) {
    case 'clone':
    case 'fetch':
    case 'pull':
    case 'push':
    case 'ls-remote':
      return [...operands.slice(0, 1), ...named];
    case 'archive':
      return [...rest.filter((_, at) => rest[at - 1]?.text === '--remote'), ...named];
    case 'remote':
      return /^(?:add|set-url)$/.test(operands[0]?.text ?? '') ? operands.slice(2) : [];
    case 'submodule':
      return /^(?:add|set-url)$/.test(operands[0]?.text ?? '') ? operands.slice(1) : [];
    default:
      return [];
  }
}
