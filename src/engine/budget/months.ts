/**
 * The months of what was used: each file opened once, with what its lines add up to. A file that failed is opened anew, and
 * what may not be in it any more is written again.
 */
import type { Clock } from '../../base/clock.ts';
import { localDay } from '../../base/local-date.ts';
import type { UsageLog, UsageMonth } from '../../contract/ports.ts';
import type { UsageRecord } from '../../contract/records.ts';
import { isOfSessions, kindOf, mayCount } from './budgets.ts';
import { emptyTally, missingIn, sum, take, totalsRecord, usedOf, type Tally } from './tally.ts';

/** After so many lines the totals are written, and all is synced: an opening reads about twice that. */
const LINES_A_TOTALS = 64;

export interface Month {
  name: string;
  log: UsageMonth;
  tally: Tally;
  lines: number;
  /** What isn't known to be durable, in order; and how many of all that was written are. */
  unsynced: UsageRecord[];
  synced: number;
}

export interface Months {
  /** The one of that name, as `2026-11`. @throws RuntimeError store_damaged | disk_full | store_unavailable | no_permission */
  of(name: string): Promise<Month>;
  /** All that are open. */
  opened(): Promise<Month[]>;
  /** Writes at once, syncs nothing. */
  write(month: Month, records: UsageRecord[]): void;
  sync(month: Month): Promise<void>;
}

interface MonthsPorts {
  usage: UsageLog;
  clock: Clock;
  crashPoint: (name: string) => void;
}

/** `seen`: called with each record that an opening reads; `failed`: when a file did. */
export function createMonths(
  { usage, clock, crashPoint }: MonthsPorts,
  on: { seen(record: UsageRecord): void; failed(): void },
): Months {
  const months = new Map<string, Promise<Month>>();
  /** Of months whose file failed: what may not be in it any more. */
  const doubtful = new Map<string, UsageRecord[]>();
  const failed = new WeakSet<Month>();

  function monthOf(name: string): Promise<Month> {
    const opened = months.get(name);
    if (opened) return opened;
    const opening = openMonth(name);
    months.set(name, opening);
    opening.catch(() => months.delete(name));
    return opening;
  }

  async function openMonth(name: string): Promise<Month> {
    const tally = emptyTally();
    const seen: UsageRecord[] = [];
    let lines = 0;
    const opening = usage.open(name, (record) => {
      lines = record.type === 'usage.totals' ? 0 : lines + 1;
      seen.push(record);
      on.seen(record);
      take(tally, record);
    });
    const log = await opening.catch((error: unknown) => {
      doubt(name, seen);
      throw error;
    });
    const doubted = doubtful.get(name) ?? [];
    const again = doubted.length === 0 ? [] : missingIn(await allIn(name, seen), doubted);
    doubtful.set(name, again);
    // Nor is what was seen known to be durable: what failed to be may be read for a while, and be lost by the next failure.
    const month: Month = { name, log, tally, lines, unsynced: seen, synced: 0 };
    try {
      if (tally.totals.size + tally.open.size === 0) await carryTrees(month);
      write(month, again);
    } catch (error) {
      forget(month);
      throw error;
    }
    doubtful.delete(name);
    return month;
  }

  /** Lines that are in doubt may stand before totals with which an opening begins. `seen`: what that saw. */
  async function allIn(name: string, seen: readonly UsageRecord[]): Promise<readonly UsageRecord[]> {
    const all: UsageRecord[] = [];
    try {
      await usage.read(name, (record) => all.push(record));
      return all;
    } catch {
      return [...missingIn(seen, all), ...all]; // before them it is damaged: better twice than not at all
    }
  }

  /** Trees of sessions know no months: a new one begins with what those of the last used. */
  async function carryTrees(month: Month): Promise<void> {
    const before = usage.months().findLast((name) => name < month.name);
    if (before === undefined) return;
    const { tally } = await monthOf(before);
    const trees = [...new Set([...tally.totals.keys(), ...[...tally.open.values()].flatMap(({ budgets }) => budgets)])];
    const totals: Tally = emptyTally();
    for (const tree of trees.filter((budget) => isOfSessions(kindOf(budget)))) {
      // What still runs counts in full here: it is settled where it was reserved.
      const { used, held } = usedOf(tally, tree);
      const models = tally.totals.get(tree)?.models ?? {};
      totals.totals.set(tree, { ...sum(used, held), models });
    }
    if (totals.totals.size > 0) write(month, [totalsRecord(totals, () => true)]);
  }

  function write(month: Month, records: UsageRecord[]): void {
    if (records.length === 0) return;
    for (const { type } of records) crashPoint(`before-${type}`);
    try {
      month.log.append(records);
    } catch (error) {
      forget(month);
      throw error;
    }
    for (const record of records) take(month.tally, record);
    month.unsynced.push(...records);
    for (const { type } of records) crashPoint(`after-${type}`);
    month.lines += records.length;
    // More of them, more lines between: what an opening reads grows no faster than what there is to know.
    if (month.lines >= LINES_A_TOTALS + month.tally.totals.size) writeTotals(month);
  }

  function writeTotals(month: Month): void {
    const day = localDay(clock.now());
    const record = totalsRecord(month.tally, (budget) => mayCount(budget, day));
    month.lines = 0;
    write(month, [record]);
    month.lines = 0;
    void sync(month).catch(() => {}); // told to whoever waits for a reservation
  }

  async function sync(month: Month): Promise<void> {
    const covered = month.synced + month.unsynced.length;
    try {
      await month.log.sync();
    } catch (error) {
      forget(month);
      throw error;
    }
    month.unsynced.splice(0, covered - month.synced);
    month.synced = Math.max(month.synced, covered);
  }

  /** A file that failed is opened anew by the next, who finds what is there; what isn't is written again. */
  function forget(month: Month): void {
    if (failed.has(month)) return;
    failed.add(month);
    months.delete(month.name);
    doubt(month.name, month.unsynced);
    on.failed();
    void month.log.close();
  }

  /** In their order: a settlement counts behind its reservation only. Totals are made anew. */
  function doubt(name: string, records: readonly UsageRecord[]): void {
    const lines = records.filter(({ type }) => type !== 'usage.totals');
    doubtful.set(name, [...lines, ...missingIn(lines, doubtful.get(name) ?? [])]);
  }

  return { of: monthOf, opened: () => Promise.all(months.values()), write, sync };
}
