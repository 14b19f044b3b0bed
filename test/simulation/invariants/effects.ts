/** What holds when a tool begins to act: judged inside the tool, from the durable part of the disk. */
import type { Entry, EntryOf } from '../../../src/contract/entries.ts';
import type { Manifest, Policy } from '../../../src/contract/manifest.ts';
import type { PolicyRule } from '../../../src/contract/policy-rule.ts';
import type { Digest } from '../../../src/base/digest.ts';
import { shownAs } from '../world/tools.ts';
import type { Begun, Invariant } from '../world/parts.ts';
import type { World } from '../world/parts.ts';

export const neverTwice: Invariant = {
  letter: 'b',
  says: 'no effect that can not be repeated starts twice',
  watch(world, broken) {
    const begun = new Set<string>();
    return {
      effect({ session, run }) {
        if (run.spec.recovery !== 'unknown') return;
        const key = `${session}#${world.ledger.life(session)} ${run.call_id}`;
        if (begun.has(key)) broken(`${run.spec.name} ${key} began a second time`);
        begun.add(key);
      },
    };
  },
};

type Started = EntryOf<'call.started'>;

/** The entries up to and including the intent that lets the tool act: the durable ones, where it isn't a mere read. */
export function intentOf(world: World, { session, run }: Begun): { before: Entry[]; started: Started } | undefined {
  const view = world.journals.view(session);
  if (view === undefined) return undefined;
  const entries = run.spec.effect === 'read' ? view.entries : view.entries.slice(0, view.durable);
  const at = entries.findLastIndex(
    ({ type, data }) => type === 'call.started' && data.call_id === run.call_id && data.attempt === run.attempt,
  );
  return at === -1 ? undefined : { before: entries.slice(0, at), started: entries[at] as Started };
}

export const neverUnallowed: Invariant = {
  letter: 'c',
  says: 'no effect without a durable intent, and an allow before it',
  watch(world, broken) {
    return {
      effect(begun) {
        const { session, run } = begun;
        const what = `${run.spec.name} ${session} ${run.call_id}.${run.attempt}`;
        const intent = intentOf(world, begun);
        if (intent === undefined) return broken(`${what} began, and its intent is not durable`);
        const { before, started } = intent;
        const { args_digest, facts_digest, tool } = started.data;
        if (args_digest !== run.args_digest || facts_digest !== run.facts_digest || tool !== run.spec.name) {
          broken(`${what} is not what its intent says`);
        }
        const decided = before.findLast(
          (entry): entry is EntryOf<'policy.decided'> =>
            entry.type === 'policy.decided' && entry.data.call_id === run.call_id,
        );
        if (decided === undefined) return broken(`${what} began, and policy never decided`);
        const verdict = strictestOf(policiesIn(world, before), before, run);
        const { approval_id, grant_id } = started.data;
        if (verdict === 'deny' || decided.data.verdict === 'deny') broken(`${what} began, and policy denies it`);
        const unasked = approval_id === undefined && grant_id === undefined;
        if (unasked && (verdict === 'require_approval' || decided.data.verdict !== 'allow')) {
          broken(`${what} began, and nobody allowed what must be asked for`);
        }
      },
    };
  },
};

/** The strictest word of the policies on a tool that stands on one list of each, and of their rules. */
export function strictestOf(
  policies: readonly Policy[],
  before: readonly Entry[],
  { spec, call_id, arguments_raw }: Begun['run'],
): Verdict {
  const inspected = before.findLast((one) => one.type === 'call.inspected' && one.data.call_id === call_id);
  const wasNamed = inspected?.type === 'call.inspected' && inspected.data.facts.args !== undefined;
  const said = policies.flatMap((policy): Verdict[] => [
    ...(policy.deny.includes(spec.name) ? (['deny'] as const) : []),
    ...(policy.require_approval.includes(spec.name) ? (['require_approval'] as const) : []),
    ...rulesAbout(policy, spec.name, wasNamed ? arguments_raw : undefined).map(({ decision }) => decision),
  ]);
  if (said.includes('deny')) return 'deny';
  return said.includes('require_approval') ? 'require_approval' : 'allow';
}

type Verdict = 'deny' | 'require_approval' | 'allow';

/** Those that hold in the turn that is open behind these entries. */
export function policiesIn(world: World, before: readonly Entry[]): Policy[] {
  const from = before.findLastIndex(({ type }) => type === 'turn.started');
  return before.slice(from).flatMap((entry): Policy[] => {
    if (entry.type === 'turn.started') return [valueOf<Manifest>(world, entry.data.frozen).policy];
    if (entry.type === 'policy.changed' || entry.type === 'session.opened') return [valueOf(world, entry.data.policy)];
    return [];
  });
}

/** Where nobody recorded the argument that a rule is about, one that denies asks, and one that allows says nothing. */
export function rulesAbout({ rules = [] }: Policy, tool: string, arguments_raw: string | undefined): PolicyRule[] {
  return rules.flatMap((rule) => {
    if (!rule.tool.includes(tool)) return [];
    if (arguments_raw === undefined) return rule.decision === 'allow' ? [] : [{ ...rule, decision: 'require_approval' as const }];
    return isAboutArguments(rule, arguments_raw) ? [rule] : [];
  });
} // prettier-ignore

/** Simulated rules are about single arguments, each by its very text. */
export function isAboutArguments({ args = {} }: PolicyRule, arguments_raw: string): boolean {
  const given = JSON.parse(arguments_raw) as Record<string, unknown>;
  return Object.entries(args).every(([name, text]) => String(given[name]) === text);
}

export function valueOf<T>(world: World, digest: Digest): T {
  return JSON.parse(world.journals.blob(digest)!.toString('utf8')) as T;
}

export const approvedOnce: Invariant = {
  letter: 'd',
  says: 'an approval is used by one call at most, the one that it was given for, and holds in its own life only',
  watch(world, broken) {
    const usedBy = new Map<string, string>();
    return {
      effect(begun) {
        const { session, run } = begun;
        const intent = intentOf(world, begun);
        const approval_id = intent?.started.data.approval_id;
        if (intent === undefined || approval_id === undefined) return;
        const user = `${session} ${run.call_id}`;
        const used = `${approval_id}#${world.ledger.life(session)}`;
        const before = usedBy.get(used) ?? user;
        if (before !== user) broken(`${approval_id} was used by ${before} and by ${user}`);
        usedBy.set(used, user);
        checkGiven(begun, intent.before, approval_id);
      },
      step() {
        const outcomes = new Map<string, string>();
        for (const { record, life } of world.ledger.answers) {
          const outcome = record.resolved?.outcome ?? 'none';
          const told = outcomes.get(`${record.id}#${life}`) ?? outcome;
          if (told !== outcome) broken(`of ${record.id} somebody was told ${told}, and somebody ${outcome}`);
          outcomes.set(`${record.id}#${life}`, outcome);
        }
      },
    };

    function checkGiven({ session, run }: Begun, before: readonly Entry[], id: string): void {
      const from = before.findLastIndex((one) => one.type === 'approval.requested' && one.data.approval_id === id);
      const asked = before[from];
      const at = before.findLastIndex((one) => one.type === 'approval.resolved' && one.data.approval_id === id);
      const resolved = before[at] as EntryOf<'approval.resolved'> | undefined;
      if (asked?.type !== 'approval.requested' || resolved?.data.outcome !== 'granted') {
        return broken(`${session} ${run.call_id} began by ${id}, which nobody granted`);
      }
      if (!world.ledger.granting.has(id)) broken(`${id} is granted, and no person did that`);
      const shown = world.ledger.shown.get(id);
      const title = shownAs(run.spec.name, run.call_id, run.arguments_raw);
      const isPresent = shown?.life === world.ledger.life(session);
      if (shown && isPresent && (shown.digest !== asked.data.digest || shown.presentation.title !== title)) {
        broken(`${id} was given for ${shown.presentation.title}, and ${title} began by it`);
      }
      const later = before.slice(from).find((one) => one.type === 'session.forked' || isRestore(one, before));
      if (later) broken(`${session} ${run.call_id} began by ${id}, which was void since entry ${later.seq}`);
      const epoch = world.journals.view(session)?.fold.state.session?.epoch;
      if (epoch !== world.epoch) broken(`${session} ${run.call_id} began in epoch ${epoch}, and it is ${world.epoch}`);
    }
  },
};

function isRestore(entry: Entry, all: readonly Entry[]): boolean {
  if (entry.type !== 'session.opened') return false;
  const before = all.slice(0, all.indexOf(entry));
  const epochs = before.flatMap((one) =>
    one.type === 'session.opened' || one.type === 'session.created' ? [one.data.epoch] : [],
  );
  return entry.data.epoch > Math.max(...epochs);
}
