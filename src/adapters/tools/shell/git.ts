/** git: by its settings, some of its options and some of its subcommands it runs what their words name. */
import { mayRunCode, settingNamed } from '../../../base/git-settings.ts';
import { type Judge, type Judgement, nothing, unclear } from './judgement.ts';
import { mayBeOption } from './options.ts';
import type { ShellWord } from './words.ts';

/** Long options that name a program, or a file that does, or lead out of the project; they may be shortened. */
const LONG = [
  'upload-pack', 'receive-pack', 'exec', 'exec-path', 'config-env', 'extcmd', 'ext-diff', 'textconv', 'open-files-in-pager',
  'tree-filter', 'index-filter', 'msg-filter', 'env-filter', 'config', 'template', 'smtp-server', 'sendmail-cmd',
  'unsafe-paths', 'separate-git-dir',
]; // prettier-ignore
/** Short ones that do, by subcommand. */
const SHORT: Record<string, RegExp> = {
  rebase: /^-[a-zA-Z]*x/, grep: /^-[a-zA-Z]*O/, clone: /^-[a-zA-Z]*[uc]/, 'ls-remote': /^-[a-zA-Z]*u/, difftool: /^-[a-zA-Z]*x/,
}; // prettier-ignore

/** They merge by a strategy: one with a path in it is a program of that folder. With the first two `-s` signs. */
const SIGNS = new Set(['cherry-pick', 'revert']);
const MERGES = new Set([...SIGNS, 'merge', 'rebase', 'pull']);
/** Behind letters that take no value themselves. */
const SHORT_STRATEGY = /^-(?:(?![smFXSCxoj])[a-zA-Z])*s(.*)$/s;

/** An unknown one is an alias, and those may run anything. */
const SUBCOMMANDS = new Set([
  'add', 'am', 'apply', 'archive', 'blame', 'branch', 'bundle', 'cat-file', 'check-ignore', 'check-attr', 'check-ref-format',
  'checkout', 'checkout-index', 'cherry', 'cherry-pick', 'clean', 'clone', 'commit', 'commit-tree', 'config', 'count-objects',
  'describe', 'diff', 'diff-files', 'diff-index', 'diff-tree', 'fetch', 'for-each-ref', 'format-patch', 'fsck', 'gc', 'grep',
  'hash-object', 'help', 'init', 'log', 'ls-files', 'ls-remote', 'ls-tree', 'merge', 'merge-base', 'merge-file', 'merge-tree',
  'mktree', 'mv', 'name-rev', 'notes', 'pack-refs', 'prune', 'pull', 'push', 'range-diff', 'read-tree', 'rebase', 'reflog', 'remote',
  'repack', 'replace', 'rerere', 'reset', 'restore', 'rev-list', 'rev-parse', 'revert', 'rm', 'shortlog', 'show', 'show-branch',
  'show-ref', 'sparse-checkout', 'stash', 'status', 'submodule', 'switch', 'symbolic-ref', 'tag', 'update-index', 'update-ref',
  'var', 'verify-commit', 'verify-tag', 'version', 'whatchanged', 'worktree', 'write-tree', 'lfs',
]); // prettier-ignore

export function isGitCommand(name: string): boolean {
  return SUBCOMMANDS.has(name);
}

const MESSAGE = /^(?:-[a-zA-Z]*m|--message)$/;

/** Those of which some option runs a program or writes a file. */
const TELLING = new Set([
  'archive', 'bundle', 'clone', 'config', 'diff', 'diff-files', 'diff-index', 'diff-tree', 'fetch', 'format-patch', 'grep', 'init', 'log',
  'ls-remote', 'pull', 'push', 'range-diff', 'rebase', 'reflog', 'shortlog', 'show', 'stash', 'submodule', 'whatchanged',
]); // prettier-ignore

/** The options before its subcommand, and those by which a subcommand runs another program. */
export const judgeGit: Judge = (words, _dialect, more) => {
  let at = 1;
  for (; at < words.length; at += 1) {
    const { text, dynamic } = words[at]!;
    if (dynamic) return unclear('options');
    if (!text.startsWith('-')) break;
    if (text === '-c') {
      at += 1;
      const setting = words[at];
      if (setting === undefined || setting.text.startsWith('"') || isSetting(setting)) return unclear('option_runs_code');
    } else if (text === '-C') {
      // What lies elsewhere has settings of its own, and git runs what they name.
      at += 1;
      if (!/^\.\/?$/.test(words[at]?.text ?? '')) return unclear('option_runs_code');
    } else if (text === '--namespace') {
      at += 1;
      if (words[at]?.dynamic && !words[at]!.text.startsWith('"')) return unclear('options');
    } else if (!/^(?:--no-pager|-P|--version|--help|-h|--no-optional-locks|--literal-pathspecs|--namespace=.*)$/.test(text)) return unclear('option_runs_code'); // prettier-ignore
  }
  const command = words[at];
  if (command === undefined) return more ? unclear('options') : nothing;
  if (!SUBCOMMANDS.has(command.text)) return unclear('option_runs_code');
  const rest = words.slice(at + 1);
  // What is quoted behind `-m` is a message, whatever it says.
  const others = rest.filter(({ text }, index) => !(text.startsWith('"') && MESSAGE.test(rest[index - 1]?.text ?? '')));
  if (TELLING.has(command.text) && mayBeOption(others, more)) return unclear('options');
  return judgeSubcommand(command.text, rest);
};

function isProgram(command: string, words: readonly ShellWord[]): boolean {
  return words.some(({ text, dynamic }, at) => {
    const found = /^--str[a-z]*(?:=(.*))?$/s.exec(text) ?? (SIGNS.has(command) ? null : SHORT_STRATEGY.exec(text));
    if (!found) return false;
    const value = found[1] ? { text: found[1], dynamic } : words[at + 1];
    return value !== undefined && (value.dynamic || value.text.includes('/'));
  });
}

function judgeSubcommand(command: string, words: readonly ShellWord[]): Judgement {
  if (MERGES.has(command) && isProgram(command, words)) return unclear('option_runs_code');
  const runs = words.some((word, index) => {
    const { text } = word;
    if (/^(?:ext|fd)::/.test(text)) return true;
    if (text.startsWith('--')) return text !== '--' && isLong(text.slice(2).split('=', 1)[0]!);
    if (SHORT[command]?.test(text)) return true;
    switch (command) {
      case 'config':
        return (
          text === '-e' || text === '--edit' || (word.dynamic && index < 2) || isSetting({ ...word, dynamic: false })
        );
      case 'submodule':
        return text === 'foreach';
      case 'lfs':
        return index === 0 && !/^(?:pull|push|fetch|ls-files|status|track|env|version)$/.test(text);
      default:
        return false;
    }
  });
  // What a setting is may be asked.
  const asks = command === 'config' && words.some(({ text }) => /^--(?:get|get-all|list|get-regexp)$/.test(text));
  return runs && !asks ? unclear('option_runs_code') : nothing;
}

function isLong(name: string): boolean {
  return name.endsWith('-filter') || (name !== '' && LONG.some((one) => one.startsWith(name)));
}

function isSetting({ text, dynamic }: ShellWord): boolean {
  if (dynamic && !/^[\w.-]+=/.test(text)) return true;
  const setting = settingNamed(text);
  return setting !== undefined && mayRunCode(setting);
}
