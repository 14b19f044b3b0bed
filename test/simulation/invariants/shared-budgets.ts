/** Budgets that sessions share, counted anew from the ledger's lines and from the journals, by no code of either. */
import type { Entry, EntryData, EntryOf } from '../../../src/contract/entries.ts';
import type { UsageRecord, UsageReservation } from '../../../src/contract/records.ts';
import type { Evidence, Invariant, World } from '../world/parts.ts';
import { entriesOf } from './journal-facts.ts';

const MAY_COST: ReadonlySet<string> = new Set(['network', 'timeout', 'malformed', 'aborted']);
const MICRO = 1_000_000;

type Section = 'day' | 'month' | 'sender' | 'schedule' | 'goal' | 'session';

interface Amounts {
  calls: number;
  tokens: number;
  cost: number;
}

/** A line that settled a reservation, or that gave it back. */
type Settled = { tokens: number; cost: number; in_full: boolean; released: boolean };

/** After a power cut the same line may be written once more, and the call made again. */
interface Counted {
  key: string;
  reservation: UsageReservation;
  settled?: Settled;
}

export const sharedBudgetsHold: Invariant = {
  letter: 'm',
  says: 'what is used and reserved of a shared budget passes no limit; the ledger says what the journals say',
  watch(world, broken) {
    return {
      evidence({ after, sessions, usage, pending }) {
        const calls: Counted[] = [];
        const isTold = toldIn(sessions, new Set(pending.map(({ event_id }) => event_id)));
        for (const records of usage) readMonth(world, records, calls, broken);
        for (const [session, entries] of sessions) compare(world, session, entries, { calls, after, isTold }, broken);
      },
    };
  },
};

/** Adds up a month, and looks at each reservation as it was made. */
function readMonth(
  world: World,
  records: readonly UsageRecord[],
  calls: Counted[],
  broken: (message: string) => void,
): void {
  const used = new Map<string, Amounts>();
  const open = new Map<string, UsageReservation>();
  for (const { type, data } of records) {
    if (type === 'usage.worked') continue;
    if (type === 'usage.called') {
      const sums = used.get(data.budget) ?? { calls: 0, tokens: 0, cost: 0 };
      used.set(data.budget, { ...sums, calls: sums.calls + 1 });
      continue;
    }
    if (type === 'usage.totals') {
      for (const [budget, total] of Object.entries(data.totals)) {
        const sums = used.get(budget) ?? { calls: 0, tokens: 0, cost: 0 };
        const same = sums.calls === total.calls && sums.tokens === total.tokens && sums.cost === total.cost_micro_usd;
        if (!same) broken(`the totals of ${budget} are not the sum of what stands before them`);
      }
      const isOpen = data.open.every((one) => open.has(keyOf(one))) && data.open.length === open.size;
      if (!isOpen) broken('totals name other open reservations than there are');
      continue;
    }
    const key = keyOf(data);
    if (type === 'usage.reserved') {
      if (open.has(key)) broken(`${key} is reserved twice`);
      // A power cut can make the same call be asked twice; but counted anew is only what has no line.
      if (data.again && calls.some((one) => one.key === key)) broken(`${key} is counted anew, and was counted before`);
      open.set(key, data);
      calls.push({ key, reservation: data });
      if (data.again) continue; // nobody was asked
      for (const budget of data.budgets) {
        const message = passed(world, budget, used.get(budget), [...open.values()], data);
        if (message) broken(`${key} was lent although ${message}`);
      }
      continue;
    }
    const reservation = open.get(key);
    if (!reservation) {
      broken(`${key} is settled, and was not open`);
      continue;
    }
    open.delete(key);
    const released = type === 'usage.released';
    const settled: Settled = released
      ? { tokens: 0, cost: 0, in_full: false, released }
      : { tokens: data.tokens, cost: data.cost_micro_usd, in_full: data.in_full === true, released };
    calls.findLast((one) => one.key === key)!.settled = settled;
    if (released) continue;
    for (const budget of reservation.budgets) {
      const sums = used.get(budget) ?? { calls: 0, tokens: 0, cost: 0 };
      used.set(budget, {
        calls: sums.calls + 1,
        tokens: sums.tokens + settled.tokens,
        cost: sums.cost + settled.cost,
      });
    }
  }
}

/** Which limit the budget passes with what is reserved of it, the new reservation included. */
function passed(
  { loaded }: World,
  budget: string,
  used: Amounts | undefined,
  open: readonly UsageReservation[],
  { cost_micro_usd }: UsageReservation,
): string | undefined {
  const kind = budget.split(':', 1)[0]!;
  const section = (kind === 'tree' ? 'session' : kind) as Section;
  const limits = loaded.config.budget[section];
  const held = open.filter(({ budgets }) => budgets.includes(budget));
  const sums: [keyof Amounts, number, number][] = [
    ['calls', (used?.calls ?? 0) + held.length, limits.calls],
    ['tokens', (used?.tokens ?? 0) + held.reduce((sum, one) => sum + one.tokens, 0), limits.tokens],
    ['cost', (used?.cost ?? 0) + held.reduce((sum, one) => sum + one.cost_micro_usd, 0), limits.cost * MICRO],
  ];
  const found = sums.find(([kind, sum, limit]) => limit > 0 && sum > limit && (kind !== 'cost' || cost_micro_usd > 0));
  return found && `${found[0]} of ${budget}: ${found[1]} of ${found[2]}`;
}

type IsTold = (session: string, end: EntryOf<'turn.ended'>, entries: readonly Entry[]) => boolean;

/** A power cut may leave the end of a turn that was still on its way to the disk: whoever opens the session counts its calls. */
function toldIn(sessions: Evidence['sessions'], pending: ReadonlySet<string>): IsTold {
  const finished = new Set(
    [...sessions.values()].flatMap((entries) =>
      entriesOf(entries, 'child.finished').map(({ data }) => data.session_id),
    ),
  );
  return (session, { seq, data: { event_ids } }, entries) =>
    seq < entries.length ||
    event_ids.every((id) => (id.startsWith(`${session}.`) ? finished.has(session) : !pending.has(id)));
}

function compare(
  world: World,
  session: string,
  entries: readonly Entry[],
  { calls, after, isTold }: { calls: Counted[]; after: string; isTold: IsTold },
  broken: (message: string) => void,
): void {
  // What stands before it is a copy, and was counted where it was asked for.
  const own = entries.slice(entries.findLastIndex(({ type }) => type === 'session.forked') + 1);
  const ended = new Set(own.flatMap((entry) => (entry.type === 'turn.ended' && isTold(session, entry, entries) ? [entry.data.turn] : []))); // prettier-ignore
  let turn = 0;
  let request: Extract<Entry, { type: 'model.requested' }> | undefined;
  for (const [index, entry] of own.entries()) {
    if (entry.type === 'turn.started') turn = entry.data.turn;
    if (entry.type === 'model.requested') request = entry;
    if (entry.type !== 'budget.reserved' || !request) continue;
    const key = `${session} ${entry.data.for} ${request.seq}`;
    const found = calls.filter((one) => one.key.startsWith(`${key} `));
    const answer = own.slice(index + 1).find(({ type }) => type === 'model.replied' || type === 'model.failed' || type === 'session.opened'); // prettier-ignore
    if (found.length === 0) {
      // A sync that fails behind the back of a killed process takes lines that nobody is left to write again.
      if (ended.has(turn) && !world.machine.counts.has('pages lost'))
        broken(`${key} of a turn that has ended is not in the ledger`);
      continue;
    }
    // After a power cut another call may have got this place; one of them is this one.
    const settled = found.flatMap((one) => (one.settled ? [one.settled] : []));
    if (settled.length < found.length) continue;
    const { reserve } = request.data;
    // A power cut or a sync that failed may have taken an answer that the ledger knew; a kill takes nothing.
    const unknown = ['power cuts', 'pages lost'].some((what) => world.machine.counts.has(what))
      ? undefined
      : { tokens: reserve.tokens, cost: reserve.cost_micro_usd };
    const expected = chargeIn(request.data, answer) ?? unknown;
    if (expected && !settled.some((one) => one.tokens === expected.tokens && one.cost === expected.cost)) {
      broken(
        `${key} counts ${JSON.stringify(settled)} after a ${after}, and by the journal ${JSON.stringify(expected)}`,
      );
    }
    world.machine.count('calls compared');
  }
}

/** What the journal says that a call counts; undefined: it doesn't know. */
function chargeIn(
  { reserve }: EntryData<'model.requested'>,
  answer: Entry | undefined,
): { tokens: number; cost: number } | undefined {
  if (answer?.type !== 'model.replied' && answer?.type !== 'model.failed') return undefined;
  const { usage, cost_micro_usd = 0 } = answer.data;
  if (usage) {
    const fresh = Math.max(0, usage.input - usage.cached);
    return { tokens: fresh + Math.ceil(usage.cached / 10) + usage.output, cost: cost_micro_usd };
  }
  const inFull = answer.type === 'model.failed' && MAY_COST.has(answer.data.class);
  return inFull ? { tokens: reserve.tokens, cost: reserve.cost_micro_usd } : { tokens: 0, cost: 0 };
}

function keyOf({ session, for: attempt, intent }: Pick<UsageReservation, 'session' | 'for' | 'intent'>): string {
  return `${session} ${attempt} ${intent.seq} ${intent.hash}`;
}
