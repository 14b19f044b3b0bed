/** The ledger of shared budgets, held against the journals: each call counts once, as its journal says, and within its limit. */
import type { Entry, EntryOf } from '../../src/contract/entries.ts';
import type { UsageKey, UsageRecord } from '../../src/contract/records.ts';
import type { Journals, Line } from './evidence.ts';

/** Failures for which a provider may ask money although it says nothing. */
const MAY_COST: ReadonlySet<string> = new Set(['network', 'timeout', 'malformed', 'aborted']);

interface Amounts {
  tokens: number;
  cost_micro_usd: number;
}

/** An attempt of a model call, by its journal. */
interface Attempt {
  reserve: Amounts;
  /** The ledger had lent it what it may cost. */
  lent: boolean;
  answer?: EntryOf<'model.replied' | 'model.failed'>;
}

/** How many tokens may be used in all when a call of this session is lent its part: by itself, or by all in that day. */
export interface Limit {
  session: string;
  of: 'session' | 'day';
  tokens: number;
}

/** What doesn't hold, in words, where all is settled. `requests`: so many the model was sent. */
export function brokenInLedger(
  journals: Journals,
  records: readonly Line<UsageRecord>[],
  { requests, limits }: { requests: number; limits: readonly Limit[] },
): string[] {
  const broken: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds || broken.push(what));
  const attempts = new Map([...journals].flatMap(([session, entries]) => attemptsIn(session, entries)));

  const of = (type: UsageRecord['type']): Map<string, Line<UsageRecord>[]> =>
    Map.groupBy(records.filter((record) => record.type === type), (record) => keyOf(record.data as UsageKey)); // prettier-ignore
  const [reserved, settled, released] = [of('usage.reserved'), of('usage.settled'), of('usage.released')];
  for (const [key, lines] of reserved) {
    const ends = (settled.get(key)?.length ?? 0) + (released.get(key)?.length ?? 0);
    expect(lines.length === 1 && ends === 1, `${key} is reserved ${lines.length} times, and settled ${ends} times`);
    expect(attempts.has(key), `${key} is in the ledger, and no journal has it`);
  }
  for (const key of [...settled.keys(), ...released.keys()]) {
    expect(reserved.has(key), `${key} is settled, and was never reserved`);
  }
  for (const [key, attempt] of attempts) {
    expect(reserved.has(key) || !attempt.lent, `${key} was lent, and is not in the ledger`);
    const [line] = settled.get(key) ?? [];
    if (line?.type !== 'usage.settled') continue;
    const { tokens, cost_micro_usd } = line.data;
    const due = chargeOf(attempt);
    const same = tokens === due.tokens && cost_micro_usd === due.cost_micro_usd;
    expect(same, `${key} counts ${tokens} tokens, ${cost_micro_usd}, and by its journal ${JSON.stringify(due)}`);
  }

  // One that was aborted may have been so before it was sent.
  const answered = [...attempts.values()].filter(
    ({ answer }) => answer && !(answer.type === 'model.failed' && answer.data.class === 'aborted'),
  ).length;
  expect(answered <= requests, `${answered} calls were answered, and the model was sent ${requests}`);
  expect(requests <= settled.size, `the model was sent ${requests} requests, and ${settled.size} are counted`);
  for (const limit of limits) {
    const passed = firstPassed(records, limit);
    expect(passed === undefined, `${limit.session} was lent up to ${passed} tokens of ${limit.tokens}`);
  }
  return broken;
}

function attemptsIn(session: string, entries: readonly Line<Entry>[]): [string, Attempt][] {
  const attempts: [string, Attempt][] = [];
  for (const entry of entries) {
    const last = attempts.at(-1)?.[1];
    if (entry.type === 'model.requested') {
      const { call_id, attempt, reserve } = entry.data;
      const intent = { seq: entry.seq, hash: entry.hash };
      attempts.push([keyOf({ session, for: `${call_id}.${attempt}`, intent }), { reserve, lent: false }]);
    }
    if (entry.type === 'budget.reserved') last!.lent = true;
    if (entry.type === 'model.replied' || entry.type === 'model.failed') last!.answer = entry;
  }
  return attempts;
}

function chargeOf({ reserve, answer }: Attempt): Amounts {
  if (!answer) return reserve; // nobody knows
  const { usage, cost_micro_usd = 0 } = answer.data;
  if (usage) {
    const fresh = Math.max(0, usage.input - usage.cached);
    return { tokens: fresh + Math.ceil(usage.cached / 10) + usage.output, cost_micro_usd };
  }
  const isCounted = answer.type === 'model.failed' && MAY_COST.has(answer.data.class);
  return isCounted ? reserve : { tokens: 0, cost_micro_usd: 0 };
}

/** What was used and reserved, where a reservation passed the limit. */
function firstPassed(records: readonly UsageRecord[], { session, of, tokens }: Limit): number | undefined {
  let used = 0;
  const open = new Map<string, number>();
  for (const { type, data } of records) {
    if (type === 'usage.totals' || type === 'usage.worked' || type === 'usage.called') continue;
    if (of === 'session' && data.session !== session) continue;
    const key = keyOf(data);
    if (type !== 'usage.reserved') {
      open.delete(key);
      if (type === 'usage.settled') used += data.tokens;
      continue;
    }
    open.set(key, data.tokens);
    const taken = [...open.values()].reduce((sum, one) => sum + one, used);
    if (data.session === session && taken > tokens) return taken;
  }
  return undefined;
}

function keyOf({ session, for: attempt, intent }: UsageKey): string {
  return `${session} ${attempt} ${intent.seq} ${intent.hash}`;
}
