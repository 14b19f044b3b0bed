/**
 * Whether a call may run: a pure function of the policies in force, the recorded facts and the grants. Every rule that
 * applies is named in the verdict; the strictest wins: deny > require_approval > allow, whatever the order.
 */
import type { Digest } from '../../base/digest.ts';
import type { Grant, Policy, RuleVerdict } from '../../contract/manifest.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { UnmetCondition } from '../../contract/policy-explained.ts';
import { ruleInWords } from './explain.ts';
import type { HostFact, Quota, Role, Verdict } from '../../contract/values.ts';
import { approversOf, mayApprove } from '../approval/approvers.ts';
import { mayConnect } from './private-hosts.ts';
import { quotaText } from './quota.ts';
import { type Allowed, allowedBy, type RuledCall, strictRules } from './rules.ts';
import { secretsText } from './secrets.ts';
import { askedForTaint } from './taint.ts';
import { isUnconfined } from './unconfined.ts';

export interface JudgedCall extends RuledCall {
  args_digest: Digest;
  facts_digest: Digest;
  /** An earlier call with these arguments whose outcome nobody knows. */
  may_repeat_of?: string;
  /** Of a turn from before `grants_confined`: a grant may stand for a command that no sandbox confines. */
  grants_unconfined?: true;
  /** The day's calls of the tool, where they are used up: nobody is asked for what can't run. */
  quota?: Quota;
}

export interface Judgement {
  verdict: Verdict;
  rules: RuleVerdict[];
  reason: string;
  grant_id?: string;
}

interface Applied extends RuleVerdict {
  reason: string;
  /** Whether a grant may stand for the answer. */
  grantable: boolean;
  /** A rule of the policy says so: no list, default or fact. */
  ofPolicy?: true;
}

const STRICTNESS: Record<Verdict, number> = { allow: 0, require_approval: 1, deny: 2 };

export function judge(policies: Policy[], grants: readonly Grant[], call: JudgedCall): Judgement {
  const each = policies.map((policy) => ({ policy, allowed: policy.rules && allowedBy(policy.rules, call) }));
  const applied = [
    ...factRules(
      policies,
      call,
      each.flatMap(({ allowed }) => touching(call, allowed)),
    ),
    ...hostRules(policies, call),
    ...each.flatMap(({ policy, allowed }) => policyRules(policy, allowed, call)),
  ];
  const worst = applied.reduce((a, b) => (STRICTNESS[b.verdict] > STRICTNESS[a.verdict] ? b : a));
  const rules = unique(applied);
  const judgement: Judgement = { verdict: worst.verdict, rules, reason: worst.reason };
  if (worst.verdict !== 'require_approval') return judgement;
  const asking = applied.filter((rule) => rule.verdict === 'require_approval');
  const counts = (one: Grant): boolean => answers(one, call, asking) && unmetByGrant(one, policies, call) === undefined;
  const grant = asking.every((rule) => rule.grantable) && grants.find(counts);
  if (!grant) return judgement;
  const what = 'rule' in grant ? `: ${ruleInWords(grant.rule)}` : ' for exactly these arguments';
  return { verdict: 'allow', rules, reason: `granted before${what}`, grant_id: grant.grant_id };
}

/** Whether a grant stands for the answer to what asks. */
function answers(grant: Grant, call: JudgedCall, asking: readonly Applied[]): boolean {
  if (grant.tool !== call.tool || grant.project_root !== call.project_root) return false;
  if (isUnconfined(call) && goesByUnknown(call)) return false;
  // The same call of the same program on the same things: what a name means elsewhere, or later, nobody has approved.
  if (!('rule' in grant)) return grant.args_digest === call.args_digest && grant.facts_digest === call.facts_digest;
  const { rule } = grant;
  if (call.facts.paths.some((path) => path.secret_shaped)) return false;
  // What these files say by then nobody has seen; exactly this call has their digests.
  if (isUnconfined(call) && call.facts.runs) return false;
  if (isFed(call) && !call.grants_unconfined) return false;
  // Who wrote a rule that asks meant what others that were granted don't show; nor do they show where a URL leads.
  // Nor is what was granted for a sandbox granted without one, or a secret given to words that nobody has seen.
  if (rule.sandboxed !== false && asking.some(({ id }) => id === UNCONFINED)) return false;
  if (hasStars(rule) && asking.some(({ ofPolicy, id }) => ofPolicy || id === PRIVATE || id === GIVEN)) return false;
  const allowed = allowedBy([rule], call);
  return allowed !== undefined && touching(call, allowed).length === 0;
}

/**
 * What keeps a grant from counting for the call, whatever it was given for; undefined: nothing. Commands that no sandbox confines
 * are granted for once; and whose answer wouldn't count now, doesn't count by a grant from before either.
 */
export function unmetByGrant({ by_role }: Grant, policies: Policy[], call: JudgedCall): UnmetCondition | undefined {
  if (isUnconfined(call) && !call.grants_unconfined) {
    return {
      condition: 'sandboxed',
      wanted: 'true',
      found: 'it runs in no sandbox, where no grant holds',
      answer: 'no',
    };
  }
  if (by_role === undefined) return undefined;
  const approvers = approversOf(policies, call);
  const unmet = (wanted: string): UnmetCondition => ({ condition: 'given by', wanted, found: by_role, answer: 'no' });
  if (!mayApprove(by_role, approvers)) return unmet(approvers.join(' or '));
  return deniedTo(by_role, policies, call) === undefined ? undefined : unmet('who may ask for it');
}

/** Why a call that asks is denied to those of a role, who so can't let it run for others; undefined: it isn't. */
export function deniedTo(role: Role, policies: Policy[], call: JudgedCall): string | undefined {
  const { verdict, reason } = judge(policies, [], { ...call, asked: { ...call.asked, role } });
  return verdict === 'deny' ? reason : undefined;
}

/** A word of it names whatever file the shell makes of it: no digest is of that. */
function goesByUnknown({ facts }: RuledCall): boolean {
  return facts.runs?.some(({ digest }) => digest === undefined) === true;
}

/** A redirect gives it a file or a text, which stands in no word that a rule could name. */
export function isFed({ facts }: Pick<RuledCall, 'facts'>): boolean {
  return facts.commands.some(({ redirects }) => redirects.some((one) => FED.test(one) && !NOTHING.test(one)));
}

/** `<`, `<<`, `<<<`, `<>`, with a descriptor before it or not; no copy of one (`<&3`). */
const FED = /^(?:\d+|\{\w+\})?<(?!&)/;
const NOTHING = /< *\/dev\/null$/;

export function hasStars({ command = [], path = [], host = [], secret = [], args = {} }: PolicyRule): boolean {
  return [...command, ...path, ...host, ...secret, ...Object.values(args)].some((pattern) => pattern.includes('*'));
}

/** Rules that follow from what the call would touch; `touching`: as the policies see it. */
function factRules(policies: Policy[], call: JudgedCall, touched: readonly Applied[]): Applied[] {
  const found: Applied[] = [];
  const closed = call.facts.paths.find((path) => path.closed);
  if (closed) {
    const reason = `${closed.path} is inside the runtime's own home, which is closed to tools`;
    found.push({ id: 'fact:runtime_home', verdict: 'deny', reason, grantable: false });
  }
  const taint = askedForTaint(policies, call);
  if (taint !== undefined) found.push(asks('fact:tainted', taint, false));
  for (const one of [OUTSIDE, SECRET, GIVEN]) found.push(...touched.filter(({ id }) => id === one));
  if (call.quota) found.push(rule(`quota:${call.tool}`, 'deny', quotaText(call.tool, call.quota)));
  if (call.facts.commands.some((command) => command.names_runtime)) {
    found.push(asks('fact:names_runtime', 'the command names this program or its home', false));
  }
  if (call.may_repeat_of !== undefined) {
    const reason = `${call.may_repeat_of} was the same call, and nobody knows whether it took effect`;
    found.push(asks('fact:may_repeat', reason, false));
  }
  return found;
}

const REFUSED: Record<NonNullable<HostFact['refused']>, string> = {
  scheme: 'is neither http nor https',
  userinfo: 'has a name or a password in it',
};

/** What our own tools reach for is denied; of what a command names nobody knows whether it connects there. */
function hostRules(policies: Policy[], { effect, facts: { hosts } }: JudgedCall): Applied[] {
  const isOurs = effect === 'network' || effect === 'send';
  const refused = isOurs ? hosts.find((host) => host.refused !== undefined) : undefined;
  const closed = hosts.find((host) => !mayConnect(policies, host));
  const found: Applied[] = [];
  if (refused) found.push(rule('fact:url_refused', 'deny', `${refused.url} ${REFUSED[refused.refused!]}`));
  if (closed) {
    const { url, host, port, scope } = closed;
    const reason = `${url} leads to ${host}:${port}, which is no public place (${scope}) and not among network.allow_private`;
    found.push(isOurs ? rule(PRIVATE, 'deny', reason) : asks(PRIVATE, reason));
  }
  return found;
}

/** What one policy's rules, lists and defaults say. Always at least one. */
function policyRules(policy: Policy, allowed: Allowed | undefined, call: JudgedCall): Applied[] {
  const { tool, effect } = call;
  if (effect === 'unknown') return [rule('default:unknown_tool', 'deny', `there is no tool ${tool}`)];
  const found = [...strict(policy, call), ...listed(policy, tool)];
  for (const { id, reason } of allowed?.rules ?? []) found.push(rule(id, 'allow', reason ?? `${id} allows it`));
  if (found.length === 0) found.push(unlisted(policy, call));
  if (isUnconfined(call)) found.push(...unconfined(policy));
  return found;
}

/** Whatever lists and rules say of a command. */
function unconfined({ sandbox }: Policy): Applied[] {
  if (sandbox === 'off') return [];
  if (sandbox === 'required') {
    return [rule('sandbox:required', 'deny', 'it would run without a sandbox, and the policy requires one')];
  }
  return [rule(UNCONFINED, 'require_approval', 'it would run without a sandbox, and every command asks then')];
}

const UNCONFINED = 'sandbox:none';
const PRIVATE = 'fact:private_host';
const OUTSIDE = 'fact:outside_root';
const SECRET = 'fact:secret_shaped';
const GIVEN = 'fact:secret';

/** Paths, and secrets of the vault, that ask unless a rule names them. */
function touching({ facts }: JudgedCall, allowed: Allowed | undefined): Applied[] {
  const paths = facts.paths.filter((path) => !allowed?.named.has(path));
  const outside = paths.find((path) => !path.inside_root);
  const secret = paths.find((path) => path.secret_shaped);
  return [
    ...(outside ? [asks(OUTSIDE, `${outside.path} is outside the project root`)] : []),
    ...(secret ? [asks(SECRET, `${secret.path} looks like a secret`)] : []),
    ...(facts.secrets && !allowed?.secrets ? [asks(GIVEN, `it gets ${secretsText(facts.secrets)} of the vault`)] : []),
  ];
}

/** Where nobody can know whether a rule is meant, a person is asked. */
function strict({ rules = [] }: Policy, call: JudgedCall): Applied[] {
  return strictRules(rules, call).map(({ rule: { id, decision, reason = `${id} says so` }, answer }) => ({
    ...(answer === 'yes'
      ? rule(id, decision, reason)
      : asks(id, `nobody can tell whether this is what ${id} is about: ${reason}`)),
    ofPolicy: true,
  }));
}

function listed({ deny, require_approval, allow }: Policy, tool: string): Applied[] {
  const found: Applied[] = [];
  if (deny.includes(tool)) found.push(rule(`deny:${tool}`, 'deny', `${tool} is on the deny list`));
  if (require_approval.includes(tool)) {
    found.push(rule(`ask:${tool}`, 'require_approval', `${tool} is on the list of tools that ask`));
  }
  if (allow.includes(tool)) found.push(rule(`allow:${tool}`, 'allow', `${tool} is on the allow list`));
  return found;
}

function unlisted({ rules }: Policy, { tool, effect }: JudgedCall): Applied {
  if (effect === 'read') return rule('default:read', 'allow', 'reading inside the project root is allowed');
  const reason = rules ? `no rule allows all of it, and ${tool} is on no list` : `${tool} is on no list`;
  return rule('default:unlisted', 'require_approval', reason);
}

function asks(id: string, reason: string, grantable = true): Applied {
  return { id, verdict: 'require_approval', reason, grantable };
}

function rule(id: string, verdict: Verdict, reason: string): Applied {
  return { id, verdict, reason, grantable: true };
}

function unique(applied: Applied[]): RuleVerdict[] {
  const seen = new Set<string>();
  return applied.filter(({ id }) => !seen.has(id) && seen.add(id)).map(({ id, verdict }) => ({ id, verdict }));
}
