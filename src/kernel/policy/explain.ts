/**
 * What each rule of a policy makes of a call, condition by condition. Nothing is matched here: a condition is asked as a rule
 * that has only this one, and a part of a call as a call that has only this one, so that whoever judges also explains.
 */
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { ExplainedPolicy, ExplainedRule, UnmetCondition } from '../../contract/policy-explained.ts';
import type { CommandFact } from '../../contract/values.ts';
import { minuteText } from './local-time.ts';
import type { Answer } from './patterns.ts';
import { allowedBy, isAbout, type RuledCall, strictRules, type Unit, unitsOf } from './rules.ts';

/** The rules that look at the call's tool, and the parts of the call that none of them allows. */
export function explainRules(rules: readonly PolicyRule[], call: RuledCall): ExplainedPolicy {
  const about = rules.filter((rule) => isAbout(rule, call.tool));
  const allows = about.filter(({ decision }) => decision === 'allow');
  const open = unitsOf(call.facts).filter((unit) => allowedBy(allows, onlyOf(call, unit)) === undefined);
  return {
    rules: about.map((rule) => (rule.decision === 'allow' ? allowing(rule, call) : strict(rule, call))),
    uncovered: allows.length === 0 ? [] : open.map(partText),
  };
}

function strict(rule: PolicyRule, call: RuledCall): ExplainedRule {
  const holds = strictRules([rule], call)[0]?.answer ?? 'no';
  return { ...headOf(rule), holds, unmet: unmetOf(rule, conditionsOf(rule), call) };
}

function allowing(rule: PolicyRule, call: RuledCall): ExplainedRule {
  const unmet = unmetOf(rule, conditionsOf(rule).filter(([name]) => !isOfParts(name)), call); // prettier-ignore
  if (unmet.length > 0) {
    return { ...headOf(rule), holds: unmet.some(({ answer }) => answer === 'no') ? 'no' : 'maybe', unmet };
  }
  const units = unitsOf(call.facts);
  const uncovered = units
    .filter((unit) => allowedBy([rule], onlyOf(call, unit)) === undefined)
    .map((unit) => ({ part: partText(unit), lacks: gapsIn(rule, onlyOf(call, unit)) }));
  const holds = uncovered.length === 0 ? 'yes' : uncovered.length < units.length ? 'partly' : 'no';
  return { ...headOf(rule), holds, unmet, ...(uncovered.length > 0 && { uncovered }) };
}

function headOf({ id, decision, reason }: PolicyRule): Pick<ExplainedRule, 'id' | 'decision' | 'reason'> {
  return { id, decision, ...(reason !== undefined && { reason }) };
}

type Condition = [name: string, alone: Partial<PolicyRule>];

const PARTS = ['command', 'path', 'host'] as const;

function isOfParts(name: string): boolean {
  return PARTS.some((part) => part === name);
}

/** Each by itself; of `args` each argument. */
function conditionsOf({ args = {}, ...rule }: PolicyRule): Condition[] {
  const others = withoutHead(rule);
  return [
    ...Object.entries(others).map(([name, value]): Condition => [name, { [name]: value }]),
    ...Object.entries(args).map(([name, pattern]): Condition => [`args.${name}`, { args: { [name]: pattern } }]),
  ];
}

function unmetOf({ id, tool, decision }: PolicyRule, conditions: Condition[], call: RuledCall): UnmetCondition[] {
  return conditions.flatMap(([condition, alone]) => {
    // Who allows must have named every secret, so each is asked for by itself.
    const calls = decision === 'allow' && alone.secret ? bySecret(call) : [call];
    const answers = calls.map(
      (one): Answer => strictRules([{ id, tool, decision: 'deny', ...alone }], one)[0]?.answer ?? 'no',
    );
    const answer = answers.find((one) => one !== 'yes') ?? 'yes';
    const [value] = Object.values(alone.args ?? alone);
    return answer === 'yes' ? [] : [{ condition, wanted: conditionText(value), found: foundText(condition, call), answer }]; // prettier-ignore
  });
}

function bySecret(call: RuledCall): RuledCall[] {
  const { secrets } = call.facts;
  return secrets ? secrets.map((one) => ({ ...call, facts: { ...call.facts, secrets: [one] } })) : [call];
}

/** What an allow lacks for a call of one part. `writes`, `workdir`: it says nothing of the files or the folder of the line. */
function gapsIn(rule: PolicyRule, call: RuledCall): string[] {
  const { id, tool, decision } = rule;
  const { commands, paths } = call.facts;
  const seenBy = { command: { paths: [] }, path: { commands: [] }, host: {} };
  const gaps = PARTS.filter((name) => {
    if (rule[name] === undefined) return false;
    const seen = { ...call, facts: { ...call.facts, ...seenBy[name] } };
    return allowedBy([{ id, tool, decision, [name]: rule[name] }], seen) === undefined;
  });
  if (gaps.length > 0) return gaps;
  if (rule.command === undefined && commands.length > 0) return ['command'];
  return [paths.every(({ arg }) => arg === 'workdir') ? 'workdir' : 'writes'];
}

/** The call as if it had only this part. */
function onlyOf(call: RuledCall, { command, path, host }: Unit): RuledCall {
  return {
    ...call,
    facts: {
      ...call.facts,
      ...(command && { commands: [command] }),
      ...(path && { paths: [path] }),
      ...(host && { hosts: [host] }),
    },
  };
}

/** What a rule holds for, in words; '' for any call of its tools. */
export function ruleInWords(rule: PolicyRule): string {
  return Object.entries(withoutHead(rule))
    .map(([name, value]) => `${name}: ${conditionText(value)}`)
    .join('; ');
}

/** Its conditions alone. */
function withoutHead({ id: _, tool: __, decision: ___, reason: ____, approvers: _____, ...conditions }: PolicyRule) {
  return conditions;
}

/** The value of a rule's condition, in words. */
export function conditionText(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function partText({ command, path, host }: Unit): string {
  if (command) return commandText(command);
  if (path) return path.real;
  return host ? `${host.host}:${host.port}` : 'the call';
}

function commandText({ assignments, words, redirects, unclear }: CommandFact): string {
  return [...assignments, ...words, ...redirects].join(' ') + (unclear === undefined ? '' : ` (unclear: ${unclear})`);
}

const NOT_KNOWN = 'not known';

/** What the call has of that which a condition looks at. */
function foundText(condition: string, { effect, facts, asked }: RuledCall): string {
  switch (condition) {
    case 'effect':
      return effect;
    case 'command':
    case 'path':
    case 'host': {
      const units = { command: facts.commands.map((command) => ({ command })), path: facts.paths.map((path) => ({ path })), host: facts.hosts.map((host) => ({ host })) }; // prettier-ignore
      return units[condition].map(partText).join('; ') || 'none';
    }
    case 'secret':
      return facts.secrets?.map(({ name }) => name).join(', ') ?? 'none';
    case 'role':
      return asked.role;
    case 'channel':
      return asked.channels?.join(', ') ?? NOT_KNOWN;
    case 'lane':
      return asked.lane ?? NOT_KNOWN;
    case 'hours':
      return asked.local_minute === undefined ? NOT_KNOWN : minuteText(asked.local_minute);
    case 'tainted':
      return String(asked.tainted);
    case 'sandboxed':
      return String(facts.sandbox !== undefined);
    case 'budget_left_below':
      return asked.left_micro_usd === Infinity ? 'no limit' : (asked.left_micro_usd / 1_000_000).toFixed(4);
    default: {
      const value = facts.args?.[condition.replace(/^args\./, '')];
      return value === undefined ? NOT_KNOWN : (value ?? 'not given');
    }
  }
}
