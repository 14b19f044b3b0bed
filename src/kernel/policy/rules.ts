/** Which of a policy's rules apply to a call, and whether those that allow cover all of it. */
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { CommandFact, EffectClass, Facts, HostFact, Lane, Role } from '../../contract/values.ts';
import {
  type Answer,
  matchesAnyCommand,
  matchesCommand,
  matchesHost,
  matchesNamedPath,
  matchesPath,
  matchesText,
} from './patterns.ts';
import { matchesHours } from './local-time.ts';
import { meansSecrets } from './secrets.ts';

/** Who asked for the call, when and where. What is absent isn't known. */
export interface Asked {
  role: Role;
  /** Of all messages that the turn answers. */
  channels?: readonly string[];
  lane?: Lane;
  /** Minutes since a Sunday's midnight, in local time. */
  local_minute?: number;
  tainted: boolean;
  /** By what. */
  taint?: readonly string[];
  /** The least that is left of the turn's and the session's money; Infinity: there is no limit. */
  left_micro_usd: number;
}

export interface RuledCall {
  tool: string;
  effect: EffectClass | 'unknown';
  facts: Facts;
  project_root: string;
  asked: Asked;
}

type Path = Facts['paths'][number];

/** What of a call a rule of `allow` must answer for, each by itself. */
export interface Unit {
  command?: CommandFact;
  path?: Path;
  host?: HostFact;
}

export interface Allowed {
  /** The rules that together cover the call. */
  rules: PolicyRule[];
  /** Paths that a rule names by a pattern, wherever they are. */
  named: ReadonlySet<Path>;
  /** Whether rules name all secrets that the call gets. */
  secrets: boolean;
}

/** The arguments of a tool that rules look at. */
export function argumentsNamed(policies: readonly { rules?: readonly PolicyRule[] }[], tool: string): string[] {
  const rules = policies.flatMap((policy) => policy.rules ?? []).filter((rule) => isAbout(rule, tool));
  return [...new Set(rules.flatMap(({ args = {} }) => Object.keys(args)))].sort();
}

export function isAbout(rule: PolicyRule, tool: string): boolean {
  return rule.tool.some((one) => matchesText(one, tool));
}

/** Rules that ask or deny hold where any part of the call is as they say; `maybe`: nobody can know from the record. */
export function strictRules(rules: readonly PolicyRule[], call: RuledCall): { rule: PolicyRule; answer: Answer }[] {
  return rules.flatMap((rule) => {
    if (rule.decision === 'allow') return [];
    const answer = least([isAsked(rule, call), anyPart(rule, call)]);
    return answer === 'no' ? [] : [{ rule, answer }];
  });
}

/** Undefined: some part of the call is covered by no rule. */
export function allowedBy(rules: readonly PolicyRule[], call: RuledCall): Allowed | undefined {
  const candidates = rules.filter((rule) => rule.decision === 'allow' && isAsked(rule, call) === 'yes');
  const units = unitsOf(call.facts);
  const first = new Set<PolicyRule>();
  for (const unit of units) {
    const found = candidates.find((rule) => covers(rule, unit, call));
    if (!found) return undefined;
    first.add(found);
  }
  // Each looks first at what few rules have: covering is the dear part.
  const allCoveredBy = (has: (rule: PolicyRule) => boolean): boolean =>
    units.every((unit) => candidates.some((rule) => has(rule) && covers(rule, unit, call)));
  const named = call.facts.paths.filter((path) =>
    allCoveredBy((rule) => rule.path?.some((one) => namesPath(one, path, call)) === true),
  );
  return { rules: [...first], named: new Set(named), secrets: allCoveredBy((rule) => rule.secret !== undefined) };
}

/** Commands where there are some; else paths; else hosts; else the call as such. */
export function unitsOf({ commands, paths, hosts }: Facts): Unit[] {
  if (commands.length > 0) return commands.map((command) => ({ command }));
  if (paths.length > 0) return paths.map((path) => ({ path }));
  return hosts.length > 0 ? hosts.map((host) => ({ host })) : [{}];
}

/**
 * What a rule doesn't name it allows. But one about files says nothing of commands; and one about a command nothing of the
 * files that its line writes, or of what its words mean in another folder.
 */
function covers(rule: PolicyRule, unit: Unit, { effect, facts, project_root }: RuledCall): boolean {
  if (rule.command && (!unit.command || !rule.command.some((one) => matchesCommand(one, unit.command!, EXACTLY) === 'yes'))) return false; // prettier-ignore
  if (rule.path && !rule.command && unit.command) return false;
  const paths = unit.path ? [unit.path] : facts.paths;
  const isMeant = (one: string, path: Path): boolean =>
    effect === 'read' || ((!isOfGit(path.real) || isOfGit(one)) && (!path.runs_later || isInFull(one)));
  const isNamed = (path: Path): boolean => rule.path!.some((one) => matchesPath(one, path, project_root) && isMeant(one, path)); // prettier-ignore
  if (rule.path && !(paths.length > 0 && paths.every(isNamed))) return false;
  const isElsewhere = ({ arg, real }: Path): boolean => arg === 'workdir' && real !== project_root;
  const isOwn = (path: Path): boolean => path.writes === true || isElsewhere(path) || runsItself(path);
  if (rule.command && !rule.path && paths.some(isOwn)) return false;
  // Where a program connects its words can't promise.
  if (rule.host && unit.command) return false;
  const hosts = unit.host ? [unit.host] : facts.hosts;
  return !rule.host || (hosts.length > 0 && hosts.every((host) => rule.host!.some((one) => matchesHost(one, host))));
}

/** What nobody calls, and is run or gone by all the same. */
export function runsItself({ real, runs_later }: Path): boolean {
  return runs_later === true || isOfGit(real);
}

/** What git keeps there it runs, or is told by. */
function isOfGit(path: string): boolean {
  return path.split('/').includes('.git');
}

const EXACTLY = { loosely: false };

/** A path that looks like a secret must be named as what it is: `src/**` doesn't mean `src/.env`. */
function namesPath(pattern: string, path: Path, { project_root }: RuledCall): boolean {
  if (!matchesPath(pattern, path, project_root)) return false;
  return !path.secret_shaped || isInFull(pattern);
}

function isInFull(pattern: string): boolean {
  return !pattern.slice(pattern.lastIndexOf('/') + 1).includes('*');
}

function anyPart(rule: PolicyRule, { facts, project_root }: RuledCall): Answer {
  const { command, path, host } = rule;
  const ofCommands = command ? matchesAnyCommand(command, facts.commands) : 'yes';
  if (ofCommands === 'no' || (!path && !host)) return ofCommands;
  const answers: Answer[] = [ofCommands];
  const isUnclear = facts.commands.some(({ unclear }) => unclear !== undefined);
  const some = (holds: boolean): Answer => (!holds && isUnclear ? 'maybe' : is(holds));
  if (path) answers.push(some(facts.paths.some((one) => liesIn(path, one, project_root))));
  if (host) {
    const isNamed = facts.hosts.some((one) => host.some((pattern) => matchesHost(pattern, one)));
    answers.push(!isNamed && facts.hosts.some(({ dynamic }) => dynamic) ? 'maybe' : some(isNamed));
  }
  return least(answers);
}

/** A folder is closed with all that lies below it, by its name and wherever that leads. */
export function liesIn(patterns: readonly string[], path: Pick<Path, 'path' | 'real'>, project_root: string): boolean {
  return patterns
    .flatMap((one) => [one, `${one}/**`])
    .some((one) => matchesPath(one, path, project_root) || matchesNamedPath(one, path, project_root));
}

/** All conditions but those that look at commands, paths and hosts. */
export function isAsked(rule: PolicyRule, { tool, effect, facts, asked }: RuledCall): Answer {
  if (!isAbout(rule, tool)) return 'no';
  const answers: Answer[] = [];
  if (rule.effect) answers.push(is(rule.effect.some((one) => one === effect)));
  if (rule.secret) answers.push(is(meansSecrets(rule, facts)));
  if (rule.role) answers.push(is(rule.role.includes(asked.role)));
  if (rule.channel) answers.push(ofAll(asked.channels, (it) => rule.channel!.some((one) => matchesText(one, it))));
  if (rule.lane) answers.push(known(asked.lane, (it) => it === rule.lane));
  if (rule.hours !== undefined) answers.push(known(asked.local_minute, (it) => matchesHours(rule.hours!, it)));
  if (rule.tainted !== undefined) answers.push(is(rule.tainted === asked.tainted));
  if (rule.sandboxed !== undefined) answers.push(is(rule.sandboxed === (facts.sandbox !== undefined)));
  if (rule.budget_left_below !== undefined) answers.push(is(asked.left_micro_usd < rule.budget_left_below * 1_000_000));
  for (const [name, pattern] of Object.entries(rule.args ?? {})) {
    const value = facts.args && Object.hasOwn(facts.args, name) ? facts.args[name] : undefined;
    answers.push(known(value, (it) => it !== null && matchesText(pattern, it)));
  }
  return least(answers);
}

function is(holds: boolean): Answer {
  return holds ? 'yes' : 'no';
}

function known<T>(value: T | undefined, holds: (value: T) => boolean): Answer {
  return value === undefined ? 'maybe' : is(holds(value));
}

/** Some of them, not all: `maybe`. */
function ofAll<T>(values: readonly T[] | undefined, holds: (value: T) => boolean): Answer {
  if (values?.every(holds)) return 'yes';
  return values?.some(holds) === false ? 'no' : 'maybe';
}

function least(answers: readonly Answer[]): Answer {
  if (answers.includes('no')) return 'no';
  return answers.includes('maybe') ? 'maybe' : 'yes';
}
