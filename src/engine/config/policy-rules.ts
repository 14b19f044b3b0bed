/** Rules as people write them, as they are judged; and what is wrong with them beyond their shape. */
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { realOf, resolveReal } from '../../base/files/resolve-real.ts';
import { isInside } from '../../base/is-inside.ts';
import { nearest } from '../../base/nearest.ts';
import type { PolicyRule, RuleText } from '../../contract/policy-rule.ts';
import { areHours } from '../../kernel/policy/local-time.ts';
import { matchesText } from '../../kernel/policy/patterns.ts';
import type { Complaint } from './check.ts';
import { asciiPlace, wrongHost } from './policy-hosts.ts';

/** `idOf`: where a rule stands. `~/` is the folder of who runs the program. */
export function rulesOf(rules: readonly RuleText[], idOf: (index: number) => string): PolicyRule[] {
  return rules.map(({ tool, effect, command, path, host, secret, role, channel, approvers, ...same }, index) => ({
    id: idOf(index),
    tool: listOf(tool),
    ...(effect !== undefined && { effect: listOf(effect) }),
    ...(command !== undefined && { command: listOf(command) }),
    ...(path !== undefined && { path: [...new Set(listOf(path).flatMap(meantBy(same.decision)))] }),
    ...(host !== undefined && { host: listOf(host).map(asciiPlace) }),
    ...(secret !== undefined && { secret: listOf(secret) }),
    ...(role !== undefined && { role: listOf(role) }),
    ...(channel !== undefined && { channel: listOf(channel) }),
    ...same,
    ...(approvers !== undefined && { approvers: listOf(approvers) }),
  }));
}

/** Paths of complaints begin within the list of rules. `tools`: the names that there are. */
export function wrongRules(rules: readonly RuleText[], tools: ReadonlySet<string>): Complaint[] {
  return rules.flatMap((rule, index) => [
    ...each(rule.tool, [index, 'tool'], (name) => wrongTool(name, tools)),
    ...each(rule.command, [index, 'command'], wrongCommand),
    ...each(rule.path, [index, 'path'], wrongPath),
    ...each(rule.host, [index, 'host'], wrongHost),
    ...each(rule.secret, [index, 'secret'], (name) =>
      /^[A-Za-z0-9._*-]+$/.test(name) ? undefined : 'no secret of the vault has such a name',
    ),
    ...(rule.approvers !== undefined && rule.decision !== 'require_approval'
      ? [{ path: [index, 'approvers'], message: `it says ${rule.decision}: approvers are for require_approval` }]
      : []),
    ...wrongText(rule).map((message) => ({ path: [index, 'args', 'cmd'], message })),
    ...each(rule.hours, [index, 'hours'], (hours) =>
      areHours(hours) ? undefined : 'expected days and times that there are, as `mon-fri 08:00-18:00`',
    ),
  ]);
}

function listOf<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}

function atHome(pattern: string): string {
  return pattern.startsWith('~/') ? homedir() + pattern.slice(1) : pattern;
}

/**
 * An absolute pattern, and what it means where its folders are links: paths are judged by where they lead. What is allowed is so by
 * links in a home or around it only: a command may have made any other, and would say by it what the next call may do.
 */
function meantBy(decision: PolicyRule['decision']): (pattern: string) => string[] {
  return (written) => {
    const pattern = atHome(written);
    if (!pattern.startsWith('/')) return [pattern];
    const names = pattern.split('/');
    const star = names.findIndex((name) => name.includes('*'));
    for (let end = star < 0 ? names.length : star; end > 1; end -= 1) {
      const found = resolveReal(names.slice(0, end).join('/'));
      // What isn't there has no links; a folder above it may.
      if ('code' in found || found.kind === 'missing') continue;
      if (decision === 'allow' && !found.links.every(isAroundHome)) continue;
      return [pattern, [found.real, ...names.slice(end)].join('/')];
    }
    return [pattern];
  };
}

function isAroundHome(link: string): boolean {
  return [homedir(), realOf(homedir())].some((home) => isInside(dirname(link), home));
}

function each(
  value: string | string[] | undefined,
  path: (string | number)[],
  wrong: (one: string) => string | undefined,
): Complaint[] {
  if (value === undefined) return [];
  return listOf(value).flatMap((one, index) => {
    const message = wrong(one);
    return message === undefined ? [] : [{ path: Array.isArray(value) ? [...path, index] : path, message }];
  });
}

/** A misspelt `deny` would deny nothing. */
function wrongTool(name: string, tools: ReadonlySet<string>): string | undefined {
  if (name.includes('*') || tools.has(name)) return undefined;
  const near = nearest(name, tools);
  return `there is no tool "${name}"${near ? `; did you mean ${near}?` : ''}`;
}

/** What a shell would make something else of is never among the words that are compared. */
function wrongCommand(pattern: string): string | undefined {
  if (pattern.trim() === '') return 'expected the words of a command';
  if (pattern.endsWith(':*')) return `it has \`:*\`: further words are \`${pattern.slice(0, -2)} *\``;
  const found = /[|&;<>()$`"'\\]|\{[^}]*,[^}]*\}/.exec(pattern)?.[0];
  return found === undefined ? undefined : `it has ${found}, and a pattern is the bare words of one command: write a rule for each command of a line`; // prettier-ignore
}

function wrongPath(pattern: string): string | undefined {
  if (pattern.startsWith('~') && !pattern.startsWith('~/')) return 'only `~/` stands for a folder';
  if (pattern.startsWith('!')) return 'it begins with `!`: write a rule that denies';
  const found = /[{?]/.exec(pattern)?.[0];
  if (found !== undefined)
    return `it has \`${found}\`: only \`*\` and \`**\` stand for others, so write a pattern for each`;
  const names = pattern.split('/');
  if (names.some((name) => name.includes('**') && name !== '**')) return '`**` is a whole name, as in `**/*.ts`';
  if (pattern.length > 1 && pattern.endsWith('/')) return `it ends with \`/\`: \`**\` stands for what lies in a folder, as \`${pattern}**\``; // prettier-ignore
  return names.includes('..') ? 'it has `..`, and real paths have none' : undefined;
}

/** The text of a command line is never enough to allow it. */
function wrongText({ tool, args, decision }: RuleText): string[] {
  const isOpen = decision === 'allow' && args?.['cmd']?.includes('*') === true;
  if (!isOpen || !listOf(tool).some((name) => matchesText(name, 'exec_command'))) return [];
  return ['it is a text, and `echo *` is also `echo; rm -rf ~`: name the words of commands with `command`'];
}
