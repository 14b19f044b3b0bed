/** How often the policy allowed, asked and denied, counted from the journals. Works without the lock. */
import { canonicalJson } from '../base/canonical-json.ts';
import type { Digest } from '../base/digest.ts';
import { localDay } from '../base/local-date.ts';
import type { EntryData } from '../contract/entries.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { PolicyRule } from '../contract/policy-rule.ts';
import type { Decided, PolicyStats } from '../contract/policy-stats.ts';
import { checkRange, type DayRange, earliestIn, isWithin } from './day-range.ts';
import { readValue } from './session/messages.ts';
import type { Workspace } from './wire.ts';

/** A call as it was judged last. */
interface JudgedOnce {
  tool: string;
  day: string;
  frozen: Digest;
  verdict: EntryData<'policy.decided'>['verdict'];
  rules: string[];
  outcome?: 'granted' | 'denied' | 'expired';
}

/** @throws RuntimeError usage: a day that is none */
export async function policyStats(
  { store, policy }: Pick<Workspace, 'store' | 'policy'>,
  range: DayRange,
): Promise<PolicyStats> {
  checkRange(range);
  const { journal, audit } = store;
  /** When sessions came from elsewhere: what stands before that was decided there. */
  const imported = new Map<string, number>();
  await audit.read(({ record, at }) => {
    if (record.type === 'session.imported') imported.set(record.data.session, at);
  });
  const nameOf = ruleNames(policy.rules ?? [], store.blobs);
  const total = nothing();
  const tools = new Map<string, Decided>();
  const rules = new Map<string, { rule: string; earlier?: true } & Decided>();
  const unreadable: string[] = [];
  for (const { session_id, changed_at } of await journal.list()) {
    if (changed_at < earliestIn(range)) continue; // and so is all that stands in it
    const { calls, damaged } = await judgedIn(journal, session_id, imported.get(session_id));
    if (damaged) unreadable.push(session_id);
    for (const call of calls) {
      if (!isWithin(call.day, range)) continue;
      count(total, call);
      count(known(tools, call.tool, nothing), call);
      for (const id of call.rules) {
        const name = await nameOf(call.frozen, id);
        count(known(rules, canonicalJson(name), () => ({ ...name, ...nothing() })), call); // prettier-ignore
      }
    }
  }
  const applied = new Set([...rules.values()].flatMap(({ rule, earlier }) => (earlier ? [] : [rule])));
  return {
    schemaVersion: 'runtime.policy-stats.v1',
    ...range,
    total,
    tools: [...tools]
      .map(([tool, counts]) => ({ tool, ...counts }))
      .sort((a, b) => often(a, b) || order(a.tool, b.tool)),
    rules: [...rules.values()].sort((a, b) => often(a, b) || order(a.rule, b.rule)),
    unused: (policy.rules ?? []).map(({ id }) => id).filter((id) => !applied.has(id)),
    unreadable,
  };
}

/** The calls of one session. Copies of a fork are counted where they were made. */
async function judgedIn(
  journal: Pick<Workspace['store']['journal'], 'read'>,
  session: string,
  after = 0,
): Promise<{ calls: Iterable<JudgedOnce>; damaged: boolean }> {
  const calls = new Map<string, JudgedOnce>();
  const asked = new Map<string, string>();
  let frozen: Digest = 'sha256:';
  const { failure } = await journal.read(session, ({ entry }) => {
    if (entry.type === 'session.forked') calls.clear();
    if (entry.type === 'turn.started') frozen = entry.data.frozen;
    if (entry.type === 'policy.decided' && entry.at > after) {
      const { call_id, tool, verdict, rules } = entry.data;
      calls.set(call_id, { tool, day: localDay(entry.at), frozen, verdict, rules: rules.map(({ id }) => id) });
    }
    if (entry.type === 'approval.requested') asked.set(entry.data.approval_id, entry.data.call_id);
    if (entry.type === 'approval.resolved') {
      const call = calls.get(asked.get(entry.data.approval_id) ?? '');
      if (call) call.outcome = entry.data.outcome;
    }
  });
  return { calls: calls.values(), damaged: failure !== undefined };
}

type RuleName = { rule: string; earlier?: true };

/**
 * Gives the name of a rule that applied, by what it said then: places in a file change. One that the policy has now is called
 * as it is now; what isn't a rule, as a list, is called as ever.
 */
function ruleNames(
  now: readonly PolicyRule[],
  blobs: Workspace['store']['blobs'],
): (frozen: Digest, id: string) => Promise<RuleName> | RuleName {
  const texts = new Map(now.map((rule) => [rule.id, textOf(rule)]));
  const ids = new Map(now.toReversed().map((rule) => [textOf(rule), rule.id]));
  const frozenRules = new Map<Digest, ReadonlyMap<string, string>>();
  const nameIn = (then: ReadonlyMap<string, string>, id: string): RuleName => {
    const text = then.get(id);
    if (text === undefined) return isRule(id) ? { rule: id, earlier: true } : { rule: id };
    if (texts.get(id) === text) return { rule: id };
    const moved = ids.get(text);
    return moved === undefined ? { rule: id, earlier: true } : { rule: moved };
  };
  return (frozen, id) => {
    const then = frozenRules.get(frozen);
    if (then || !isRule(id)) return nameIn(then ?? new Map<string, string>(), id);
    return readRules(frozen, blobs).then((read) => {
      frozenRules.set(frozen, read);
      return nameIn(read, id);
    });
  };
}

/** By id; none where the manifest isn't there any more. */
async function readRules(frozen: Digest, blobs: Workspace['store']['blobs']): Promise<ReadonlyMap<string, string>> {
  try {
    const { policy, session_policies = [] } = (await readValue(frozen, blobs)) as Manifest;
    const rules = [...session_policies.toReversed(), policy].flatMap((one) => one.rules ?? []);
    return new Map(rules.map((rule) => [rule.id, textOf(rule)])); // the workspace's own rule of an id comes last
  } catch {
    return new Map();
  }
}

/** What it says, wherever it stands. */
function textOf({ id: _, ...rule }: PolicyRule): string {
  return canonicalJson(rule);
}

function isRule(id: string): boolean {
  return /rules\[\d+\]$/.test(id);
}

function nothing(): Decided {
  return { calls: 0, allowed: 0, asked: 0, granted: 0, refused: 0, expired: 0, denied: 0 };
}

function known<T>(rows: Map<string, T>, key: string, make: () => T): T {
  const found = rows.get(key) ?? make();
  rows.set(key, found);
  return found;
}

const ANSWERED = { granted: 'granted', denied: 'refused', expired: 'expired' } as const;
const JUDGED = { allow: 'allowed', require_approval: 'asked', deny: 'denied' } as const;

function count(counts: Decided, { verdict, outcome }: JudgedOnce): void {
  counts.calls++;
  counts[JUDGED[verdict]]++;
  if (verdict === 'require_approval' && outcome) counts[ANSWERED[outcome]]++;
}

function often(a: Decided, b: Decided): number {
  return b.calls - a.calls;
}

function order(a: string, b: string): number {
  return a < b ? -1 : 1;
}
