/** When the policy changed, and who did it: from the audit log and the journals. Works without the lock. */
import { canonicalJson } from '../base/canonical-json.ts';
import type { Digest } from '../base/digest.ts';
import type { JsonValue } from '../base/json.ts';
import { localDay } from '../base/local-date.ts';
import type { Manifest, Policy } from '../contract/manifest.ts';
import type { PolicyAudit, PolicyChanged } from '../contract/policy-audit.ts';
import type { Verdict } from '../contract/values.ts';
import { checkRange, type DayRange, isWithin } from './day-range.ts';
import { readValue } from './session/messages.ts';
import type { Workspace } from './wire.ts';

type Stores = Pick<Workspace['store'], 'journal' | 'audit' | 'blobs'>;

interface Begun {
  at: number;
  session_id: string;
  turn: number;
  seq: number;
  frozen: Digest;
  policy: Digest;
}

/** @throws RuntimeError usage: a day that is none */
export async function policyAudit(store: Stores, range: DayRange): Promise<PolicyAudit> {
  checkRange(range);
  const recorded: PolicyChanged[] = [];
  /** When sessions came from elsewhere: what stands before that happened there. */
  const imported = new Map<string, number>();
  await store.audit.read(({ record, at }) => {
    if (record.type === 'session.imported') imported.set(record.data.session, at);
    if (record.type === 'config.reloaded') recorded.push({ at, type: record.type, ...record.data });
    if (record.type === 'policy.set') recorded.push({ at, type: record.type, ...record.data, verdict: record.data.verdict as Verdict }); // prettier-ignore
  });
  const unreadable: string[] = [];
  const met: PolicyChanged[] = [];
  const begun: Begun[] = [];
  // All of them, whatever the days: a turn is compared with the one before it, in whichever session that was.
  for (const { session_id } of await store.journal.list()) {
    const found = await policiesIn(store.journal, session_id, imported.get(session_id));
    met.push(...found.met);
    begun.push(...found.begun);
    if (found.damaged) unreadable.push(session_id);
  }
  const changes = [...recorded, ...met, ...(await unexplained(store.blobs, begun, recorded))];
  return {
    schemaVersion: 'runtime.policy-audit.v1',
    ...range,
    changes: changes.filter(({ at }) => isWithin(localDay(at), range)).sort((a, b) => b.at - a.at),
    unreadable,
  };
}

/** What one session has of it itself, not as the copy of another. */
async function policiesIn(
  journal: Stores['journal'],
  session_id: string,
  after = 0,
): Promise<{ met: PolicyChanged[]; begun: Begun[]; damaged: boolean }> {
  const met: PolicyChanged[] = [];
  const begun: Begun[] = [];
  let turn = 0;
  const { failure } = await journal.read(session_id, ({ entry }) => {
    const { seq, at } = entry;
    if (entry.type === 'turn.started') turn = entry.data.turn;
    if (entry.type === 'session.forked') met.length = begun.length = 0;
    if (at <= after) return;
    const { type } = entry;
    if (type === 'policy.changed') met.push({ at, type, by: entry.data.by, session_id, turn, seq });
    if (type === 'turn.started') {
      const { frozen, rights } = entry.data;
      begun.push({ at, session_id, turn, seq, frozen, policy: rights.policy });
    }
  });
  return { met, begun, damaged: failure !== undefined };
}

/**
 * Turns that began under another policy than the one before, whichever session that was in, where no record says why. The
 * sandbox is left out: a session may have a stricter one of its own.
 */
async function unexplained(
  blobs: Stores['blobs'],
  begun: readonly Begun[],
  recorded: readonly PolicyChanged[],
): Promise<PolicyChanged[]> {
  const policies = new Map<Digest, Partial<Policy> | undefined>();
  const policyOf = async ({ policy, frozen }: Begun): Promise<Partial<Policy> | undefined> => {
    if (!policies.has(policy)) policies.set(policy, await frozenPolicy(frozen, blobs));
    return policies.get(policy);
  };
  const found: PolicyChanged[] = [];
  let before: Begun | undefined;
  for (const now of begun.toSorted((a, b) => a.at - b.at)) {
    const since = before?.at ?? now.at;
    if (before && before.policy !== now.policy && !recorded.some(({ at }) => at > since && at <= now.at)) {
      const changed = differing(await policyOf(before), await policyOf(now));
      const { at, session_id, turn, seq } = now;
      if (changed.length > 0) found.push({ at, type: 'turn.started', session_id, turn, seq, changed });
    }
    before = now;
  }
  return found;
}

/** Undefined where it isn't there any more. */
async function frozenPolicy(frozen: Digest, blobs: Stores['blobs']): Promise<Partial<Policy> | undefined> {
  try {
    return ((await readValue(frozen, blobs)) as Manifest).policy;
  } catch {
    return undefined;
  }
}

const COMPARED = ['deny', 'require_approval', 'allow', 'rules', 'allow_private', 'approver_roles'] as const;

function differing(before: Partial<Policy> | undefined, now: Partial<Policy> | undefined): string[] {
  if (!before || !now) return ['unknown'];
  return COMPARED.filter((key) => text(before[key]) !== text(now[key]));
}

function text(value: JsonValue | undefined): string {
  return value === undefined ? '' : canonicalJson(value);
}
