/**
 * A rule as the answer to an approval: the narrowest one that covers the call, which a person is shown and may change before
 * it is granted, and why one is no answer to the call.
 */
import type { JsonObject } from '../../base/json.ts';
import { memberTexts } from '../../base/member-texts.ts';
import { LONGEST_ARGUMENT } from '../../contract/longest-argument.ts';
import type { Policy, RuleGrant } from '../../contract/manifest.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import { explainRules } from '../policy/explain.ts';
import { hasStars, isFed, judge, type JudgedCall } from '../policy/judge.ts';
import { allowedBy, type Asked, type RuledCall } from '../policy/rules.ts';
import { secretsText } from '../policy/secrets.ts';
import { isUnconfined } from '../policy/unconfined.ts';

export type Proposed = Pick<
  PolicyRule,
  'tool' | 'command' | 'path' | 'host' | 'secret' | 'args' | 'sandboxed' | 'decision'
>;

/** A proposal has no condition on who asks, so it doesn't matter. */
const ANYBODY: Asked = { role: 'operator', tainted: false, left_micro_usd: Infinity };

/** Patterns of a rule: more are no rule that a person reads. */
const MOST_PATTERNS = 200;

/**
 * The words of its commands, its paths, the hosts of what connects itself; its arguments where it has nothing of those, or sends. Undefined where no
 * rule without a `*` covers the call and nothing else: exactly this call can be granted all the same, if a sandbox confines it.
 */
export function proposedRule(call: Omit<RuledCall, 'asked'>, args: JsonObject): Proposed | undefined {
  const { tool, effect, facts, project_root } = call;
  const { commands, paths, hosts } = facts;
  const named = { ...call, asked: ANYBODY };
  if (
    isUnconfined(call) ||
    isFed(call) ||
    facts.commands.some(({ names_runtime }) => names_runtime) ||
    paths.some(isSecret)
  )
    return undefined;
  const rule: Proposed = { tool: [tool], decision: 'allow' };
  if (facts.sandbox !== undefined) rule.sandboxed = true;
  if (facts.secrets) rule.secret = unique(facts.secrets.map(({ name }) => name));
  if (commands.length > 0) rule.command = unique(commands.map(({ words }) => words.join(' ')));
  if (commands.length === 0 ? paths.length > 0 : !covers(rule, named)) {
    rule.path = unique(paths.map(({ real }) => pathPattern(real, project_root)));
  }
  if (hosts.length > 0 && commands.length === 0) rule.host = unique(hosts.map(({ host, port }) => `${host}:${port}`));
  const isBare = rule.command === undefined && rule.path === undefined && rule.host === undefined;
  if (isBare || effect === 'send') rule.args = textsOf(args);
  const words = commands.flatMap((one) => one.words);
  const patterns = [...(rule.path ?? []), ...(rule.host ?? []), ...Object.values(rule.args ?? {})];
  if (!words.every(isBareWord) || patterns.some((one) => one === '' || one.includes('*') || one.length > LONGEST_ARGUMENT)) return undefined; // prettier-ignore
  if (rule.path?.some((one) => OTHERWISE_READ.test(one)) || rule.host?.some((one) => !HOST.test(one))) return undefined;
  if ([rule.command, rule.path, rule.host].some((list) => list && (list.length === 0 || list.length > MOST_PATTERNS))) return undefined; // prettier-ignore
  if (rule.args && Object.keys(rule.args).length < Math.max(1, Object.keys(args).length)) return undefined;
  return covers(rule, { ...named, facts: { ...facts, ...argsFact(args, rule) } }) ? rule : undefined;
}

/** What in a word of a pattern would be read otherwise, or is refused there. */
const NO_BARE_WORD = /[\s*|&;<>()$`"'\\{}]/;
const OTHERWISE_READ = /[{?]|^[!~]|\/$|(?:^|\/)\.\.(?:\/|$)/;
const HOST = /^[^\s/:@*]+:\d+$/;

function isBareWord(word: string): boolean {
  return word !== '' && word.length <= LONGEST_ARGUMENT && !NO_BARE_WORD.test(word) && !word.endsWith(':*');
}

function isSecret(path: RuledCall['facts']['paths'][number]): boolean {
  return path.secret_shaped;
}

function pathPattern(real: string, project_root: string): string {
  return real.startsWith(`${project_root}/`) ? real.slice(project_root.length + 1) : real;
}

function textsOf(args: JsonObject): Record<string, string> {
  const texts = Object.entries(memberTexts(args, Object.keys(args), LONGEST_ARGUMENT));
  return Object.fromEntries(texts.filter((one): one is [string, string] => one[1] !== null));
}

/** The arguments that the rule names, as they would be recorded while it stands. */
function argsFact(args: JsonObject, rule: Pick<PolicyRule, 'args'>): Pick<RuledCall['facts'], 'args'> {
  const names = Object.keys(rule.args ?? {});
  return names.length === 0 ? {} : { args: memberTexts(args, names, LONGEST_ARGUMENT) };
}

function covers(rule: Proposed, call: RuledCall): boolean {
  const allowed = allowedBy([{ id: '', ...rule }], call);
  return allowed !== undefined && call.facts.paths.every((path) => path.inside_root || allowed.named.has(path));
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

/** Why this grant is no answer to the call that asks; undefined: it is one. `args`: of the call. */
export function refusedRule(
  policies: Policy[],
  grant: RuleGrant,
  { may_repeat_of: _, ...call }: JudgedCall,
  args: JsonObject,
): string | undefined {
  const { rule } = grant;
  const wide = tooWide(rule, call);
  if (wide !== undefined) return wide;
  if (call.facts.commands.some(({ names_runtime }) => names_runtime))
    return 'the command names this program or its home, and asks whatever is granted';
  const secret = call.facts.paths.find(isSecret);
  if (secret) return `${secret.path} looks like a secret: grant exactly this call, without a rule`;
  if (isFed(call))
    return 'it is given something by a redirect, which no rule names: grant exactly this call, without a rule';
  const given = call.facts.secrets;
  if (given && (!rule.secret || hasStars(rule)))
    return `the call gets ${secretsText(given)}: name it with \`secret\`, and write what it is for without \`*\``;
  const known = { ...call, facts: { ...call.facts, args: { ...call.facts.args, ...argsFact(args, rule).args } } };
  const { verdict, reason } = judge(policies, [grant], known);
  if (verdict === 'allow') return undefined;
  return notCovered(rule, known) ?? `it does not stand for the answer that is asked for (${reason})`;
}

function notCovered(rule: PolicyRule, call: RuledCall): string | undefined {
  const [explained] = explainRules([rule], call).rules;
  if (!explained || explained.holds === 'yes') {
    const outside = call.facts.paths.find((path) => !path.inside_root);
    if (!outside || allowedBy([rule], call)?.named.has(outside)) return undefined;
    return `it does not name ${outside.real}, which lies outside the project root`;
  }
  const [unmet] = explained.unmet;
  if (unmet) return `it does not cover the call: its ${unmet.condition} is ${unmet.wanted}, the call’s ${unmet.found}`;
  const parts = explained.uncovered?.map(({ part, lacks }) => `${part} (${lacks.join(', ')})`) ?? [];
  return `it does not cover ${parts.join('; ')}`;
}

/** Wider than anybody can mean by the answer to one call. */
function tooWide(
  { tool, decision, command, path, host, args }: PolicyRule,
  call: Pick<RuledCall, 'tool' | 'project_root'>,
): string | undefined {
  if (decision !== 'allow') return `it says ${decision}, and a grant allows`;
  if (tool.length !== 1 || tool[0] !== call.tool)
    return `it is about ${tool.join(', ')}, and the call is of ${call.tool}`;
  const texts = Object.values(args ?? {});
  if (!command && !path && !host && texts.every(isStars))
    return `it holds for whatever ${call.tool} does: name a command, a path, a host or an argument`;
  const wide =
    command?.find((one) => one.trim().split(/\s+/)[0]!.includes('*')) ??
    path?.find((one) => isWidePath(one, call.project_root)) ??
    host?.find((one) => /^(?:\*|\*\.[^.]*)(?::\d+)?$/.test(one));
  return wide === undefined ? undefined : `\`${wide}\` is too wide for an answer to one call`;
}

function isStars(text: string): boolean {
  return /^[*]+$/.test(text);
}

/** All of the project, or of a folder that has the project in it, or lies right below the root of all. */
function isWidePath(pattern: string, project_root: string): boolean {
  const names = pattern.split('/').filter((name) => name !== '' && name !== '.');
  const star = names.findIndex((name) => name.includes('*'));
  if (star < 0) return names.length === 0;
  if (names.slice(star).some((name) => !isStars(name))) return pattern.startsWith('/') && star < 2;
  const folder = `/${names.slice(0, star).join('/')}`;
  return pattern.startsWith('/') ? star < 2 || `${project_root}/`.startsWith(`${folder}/`) : star === 0;
}
