/**
 * The ledger of budgets that sessions share. It reserves the worst case of a call in every budget or in none, before the
 * model is asked, and settles as the shadow of the journals. A reservation is durable before the end of its turn is, so
 * that no power cut makes a call uncounted that anybody was told of; what nobody settled is settled at the next start.
 */
import type { Clock } from '../../base/clock.ts';
import { localDay } from '../../base/local-date.ts';
import type { SharedScope } from '../../contract/manifest.ts';
import type {
  Budget,
  Charge,
  Journal,
  RecordedCall,
  Reserved,
  ReserveRequest,
  UsageLog,
} from '../../contract/ports.ts';
import type { UsageAmounts, UsageKey, UsageRecord, UsageReservation } from '../../contract/records.ts';
import type { BudgetKind } from '../../kernel/budget/kinds.ts';
import { budgetOf, kindOf } from './budgets.ts';
import { createMonths, type Month } from './months.ts';
import { withoutLine } from './old-lines.ts';
import { refusalText } from './refusal.ts';
import { keyOf, usedOf } from './tally.ts';
import { createToolCounts, type ToolCounts } from './tool-counts.ts';
import { settlementOfLeft } from './what-was-used.ts';

export interface LedgerPorts {
  usage: UsageLog;
  journal: Pick<Journal, 'read'>;
  clock: Clock;
  crashPoint: (name: string) => void;
}

/** What was used of a limit, for who looks on. */
export interface BudgetUse {
  scope: string;
  limit: number;
  used: number;
}

/** A session that is opened again asks for the calls of its last turn; a process that lives for months must not keep all. */
const MOST_KNOWN = 10_000;

/** A reservation of this process, until the next of its session or the end of the turn. */
interface Live {
  month: Month;
  reservation: UsageReservation;
  settled: boolean;
  durable: Promise<void>;
  /** Active time of the turn that is counted, and up to which it may go on without asking again. */
  counted_ms: number;
  until_ms: number;
}

const KINDS: [BudgetKind, keyof UsageAmounts][] = [
  ['calls', 'calls'],
  ['tokens', 'tokens'],
  ['cost', 'cost_micro_usd'],
  ['wall', 'wall_ms'],
];

/** Opens nothing before the first reservation. */
export function createLedger({ usage, journal, clock, crashPoint }: LedgerPorts): Budget & ToolCounts {
  const live = new Map<string, Live>();
  /** The newest reservation of each session's turn, also where a later one was refused: what the end of the turn waits for. */
  const newest = new Map<string, Live>();
  /** The newest calls of which there are lines, as far as was looked. */
  const known = new Set<string>();
  let begun: Promise<void> | undefined;
  const months = createMonths(
    { usage, clock, crashPoint },
    {
      seen(record) {
        if (record.type === 'usage.totals') for (const one of record.data.open) know(one);
        else if ('intent' in record.data) know(record.data);
      },
      failed: () => (begun = undefined),
    },
  );
  const { write, sync } = months;

  function know(call: UsageKey): void {
    known.add(keyOf(call));
    const [oldest] = known;
    if (known.size > MOST_KNOWN) known.delete(oldest!);
  }

  /** What the last process left open is settled before anything is reserved. */
  function begin(): Promise<void> {
    return (begun ??= settleLeft().catch((error: unknown) => {
      begun = undefined;
      throw error;
    }));
  }

  async function settleLeft(): Promise<void> {
    const mine = new Set([...live.values()].map(({ reservation }) => keyOf(reservation)));
    let isAll = true;
    for (const name of usage.months().slice(-2)) {
      const month = await months.of(name);
      const left = [...month.tally.open.values()].filter((one) => !mine.has(keyOf(one)));
      const records: UsageRecord[] = [];
      for (const reservation of left) {
        const settlement = await settlementOfLeft(journal, reservation);
        if (settlement) records.push(settlement);
        else isAll = false;
      }
      write(month, records);
    }
    if (!isAll) begun = undefined; // whoever reserves next looks again
  }

  /** A call that its journal has, and the ledger doesn't. */
  async function countAnew({ scopes, at, cost_micro_usd = 0, ...call }: RecordedCall): Promise<void> {
    const day = localDay(at);
    const budgets = scopes.map(({ scope }) => budgetOf(scope, day));
    const reservation: UsageReservation = { ...call, cost_micro_usd, budgets, wall_ms: 0, again: true };
    const month = await months.of(day.slice(0, 7));
    const settlement = await settlementOfLeft(journal, reservation);
    write(month, [{ type: 'usage.reserved', data: reservation }, ...(settlement ? [settlement] : [])]);
    know(call);
  }

  function reserveNow(month: Month, day: string, request: ReserveRequest): Reserved {
    const need: UsageAmounts = {
      calls: 1,
      tokens: request.tokens,
      cost_micro_usd: request.cost_micro_usd ?? 0,
      wall_ms: request.wall_ms,
    };
    const scopes: Reserved['scopes'] = [];
    let refused: Pick<Reserved, 'refused_by' | 'message'> | undefined;
    let grant = request.wall_ms;
    let limitsTime = false;
    for (const scope of request.scopes) {
      const budget = budgetOf(scope.scope, day);
      const of = kindOf(scope.scope);
      const { used, held } = usedOf(month.tally, budget);
      const idle_ms = idleOf(budget);
      for (const [kind, amount] of KINDS) {
        const limit = limitOf(scope, kind, request);
        if (limit === undefined) continue;
        const taken = used[amount] + held[amount] + (kind === 'wall' ? idle_ms : 0);
        const left_of = scope.left_of?.[kind];
        const name = `${left_of ?? of}_${kind}`;
        const room = limit - taken;
        scopes.push({ scope: name, limit, used: taken, reserved: need[amount] });
        if (kind === 'wall') {
          limitsTime = true;
          grant = Math.min(grant, Math.max(0, room));
        }
        if (refused !== undefined || (kind === 'wall' ? room > 0 : room >= need[amount])) continue;
        const total = month.tally.totals.get(budget);
        const now = { limit, used: taken, held: held[amount], needed: need[amount], total };
        refused = { refused_by: name, message: refusalText({ of, ...(left_of && { left_of }), kind, ...now }) };
      }
    }
    if (refused) return { ok: false, scopes, ...refused };
    for (const one of scopes) if (one.scope.endsWith('_wall')) one.reserved = grant;
    const { session, for: attempt, intent, model } = request;
    const reservation: UsageReservation = {
      session,
      for: attempt,
      intent,
      model,
      budgets: request.scopes.map(({ scope }) => budgetOf(scope, day)),
      tokens: need.tokens,
      cost_micro_usd: need.cost_micro_usd,
      wall_ms: limitsTime ? grant : 0,
    };
    know(reservation);
    write(month, [{ type: 'usage.reserved', data: reservation }]);
    const durable = sync(month);
    durable.catch(() => {}); // told to who waits for it
    const { active_ms } = request;
    const until_ms = active_ms + reservation.wall_ms;
    const one: Live = { month, reservation, settled: false, durable, counted_ms: active_ms, until_ms };
    live.set(session, one);
    newest.set(session, one);
    return { ok: true, scopes };
  }

  /** Time that sessions may still spend on tools, without a call that runs. */
  function idleOf(budget: string): number {
    let left = 0;
    for (const { reservation, settled, until_ms, counted_ms } of live.values()) {
      if (settled && reservation.budgets.includes(budget)) left += Math.max(0, until_ms - counted_ms);
    }
    return left;
  }

  /** Is the month still the one in which the reservation stands, and the reservation open in it? */
  async function settleIn(
    one: Live,
    record: (key: Pick<UsageReservation, 'session' | 'for' | 'intent'>) => UsageRecord,
  ) {
    const month = await months.of(one.month.name);
    one.month = month;
    one.settled = true;
    const { session, for: attempt, intent } = one.reservation;
    write(month, [record({ session, for: attempt, intent })]);
  }

  function settleInFull(one: Live): Promise<void> {
    const { tokens, cost_micro_usd, wall_ms } = one.reservation;
    return settleIn(one, (key) => ({
      type: 'usage.settled',
      data: { ...key, tokens, cost_micro_usd, wall_ms, in_full: true },
    }));
  }

  /** Ends what a session held, with its active time by now. */
  async function close(session: string, active_ms: number): Promise<void> {
    const one = live.get(session);
    if (!one) return;
    live.delete(session);
    if (!one.settled) await settleInFull(one);
    const worked = active_ms - one.counted_ms;
    if (worked <= 0 || one.reservation.wall_ms === 0) return;
    const { budgets } = one.reservation;
    write(await months.of(one.month.name), [{ type: 'usage.worked', data: { session, budgets, wall_ms: worked } }]);
  }

  return {
    ...createToolCounts({ usage, clock, months }),

    async begin(recorded) {
      await begin();
      const left = recorded.filter((call) => !known.has(keyOf(call)));
      for (const call of await withoutLine(usage, left)) await countAnew(call);
      for (const month of await months.opened()) await sync(month);
    },

    async reserve(request) {
      await begin();
      await close(request.session, request.active_ms);
      const day = localDay(clock.now());
      return reserveNow(await months.of(day.slice(0, 7)), day, request);
    },

    async settle(session, { tokens, cost_micro_usd, sent, active_ms }: Charge) {
      const one = live.get(session);
      if (!one || one.settled) return;
      const wall_ms = Math.max(0, active_ms - one.counted_ms);
      one.counted_ms = Math.max(one.counted_ms, active_ms);
      await settleIn(one, (key) =>
        sent
          ? { type: 'usage.settled', data: { ...key, tokens, cost_micro_usd, wall_ms } }
          : { type: 'usage.released', data: key },
      );
    },

    async durable(session) {
      const one = newest.get(session);
      // A second time, in the file as it is opened anew.
      await one?.durable.catch(async () => sync(await months.of(one.month.name)));
    },

    async ended(session, active_ms) {
      newest.delete(session);
      await close(session, active_ms);
    },
  };
}

function limitOf({ limits }: SharedScope, kind: BudgetKind, { cost_micro_usd }: ReserveRequest): number | undefined {
  switch (kind) {
    case 'calls':
      return limits.calls;
    case 'tokens':
      return limits.tokens;
    case 'cost':
      return cost_micro_usd === undefined ? undefined : limits.cost_micro_usd;
    case 'wall':
      return limits.wall_ms;
  }
}
