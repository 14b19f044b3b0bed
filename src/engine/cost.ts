/** What was used, added up from the journals; of removed sessions, from the audit log. Works without the lock. */
import { localDay } from '../base/local-date.ts';
import type { CostBy, CostReport, Counted } from '../contract/cost.ts';
import type { Entry } from '../contract/entries.ts';
import type { SpentRow } from '../contract/records.ts';
import { addUsage, mayHaveCost } from '../kernel/budget/budget.ts';
import { NO_USAGE } from '../kernel/turn/state.ts';
import type { Store } from '../store/store.ts';
import { checkRange, type DayRange, earliestIn, isWithin } from './day-range.ts';

export interface CostQuery extends DayRange {
  by: CostBy;
}

/** Of a session, by day and model: more rows of a removed one become one. */
const MOST_ROWS = 1000;

/** @throws RuntimeError usage: a day that is none */
export async function costOfAll(
  { journal, audit }: Pick<Store, 'journal' | 'audit'>,
  query: CostQuery,
): Promise<CostReport> {
  const { by, since, until } = query;
  checkRange(query);
  const rows = new Map<string, Counted>();
  const add = (session: string, spent: readonly SpentRow[]): void => {
    for (const row of spent) {
      if (!isWithin(row.day, query)) continue;
      const key = { day: row.day, session, model: row.model, source: row.source }[by];
      rows.set(key, sumOf(rows.get(key) ?? NOTHING, row));
    }
  };

  /** When sessions came from elsewhere: what stands before that was used there. */
  const imported = new Map<string, number>();
  await audit.read(({ record, at }) => {
    if (record.type === 'session.imported') imported.set(record.data.session, at);
    if (record.type === 'session.removed')
      add(record.data.session, record.data.spent ?? withoutDetails(record.data, at));
  });
  const unreadable: string[] = [];
  const from = earliestIn(query);
  for (const { session_id, changed_at } of await journal.list()) {
    if (changed_at < from) continue; // and so is all that stands in it
    const { spent, damaged } = await spentIn(journal, session_id, imported.get(session_id));
    add(session_id, spent);
    if (damaged) unreadable.push(session_id);
  }
  const found = [...rows].map(([key, counted]) => ({ key, ...counted }));
  return {
    schemaVersion: 'runtime.cost.v1',
    by,
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    rows: by === 'day' ? found.sort((a, b) => (a.key < b.key ? -1 : 1)) : found.sort(dearest),
    total: found.reduce<Counted>((sum, { key: _, ...row }) => sumOf(sum, row), NOTHING),
    unreadable,
  };
}

/** What one session used, by day and model. `after`: only what came later (ms UTC). */
export async function spentIn(
  journal: Pick<Store['journal'], 'read'>,
  session: string,
  after = 0,
): Promise<{ spent: SpentRow[]; damaged: boolean }> {
  const rows = new Map<string, SpentRow>();
  let source = '';
  let model = '';
  const { failure } = await journal.read(session, ({ entry }) => {
    if (entry.type === 'session.created') source = entry.data.source;
    if (entry.type === 'session.forked') rows.clear(); // a copy, counted where it was used
    if (entry.type === 'model.requested') model = entry.data.model;
    const counted = entry.at > after ? countedIn(entry) : undefined;
    if (counted === undefined) return;
    const day = localDay(entry.at);
    const key = `${day} ${model}`;
    const known = rows.get(key) ?? { day, model, source, ...NOTHING };
    rows.set(key, { ...known, ...sumOf(known, counted) });
  });
  return { spent: joined([...rows.values()]), damaged: failure !== undefined };
}

const NOTHING: Counted = { calls: 0, usage: NO_USAGE, cost_micro_usd: 0, unpriced_tokens: 0, unknown_calls: 0 };

function countedIn(entry: Entry): Counted | undefined {
  if (entry.type !== 'model.replied' && entry.type !== 'model.failed') return undefined;
  const { usage, cost_micro_usd } = entry.data;
  const silent = entry.type === 'model.failed' && usage === undefined && mayHaveCost(entry.data.class);
  return {
    calls: 1,
    usage: usage ?? NO_USAGE,
    cost_micro_usd: cost_micro_usd ?? 0,
    unpriced_tokens: usage && cost_micro_usd === undefined ? usage.input + usage.output : 0,
    unknown_calls: silent ? 1 : 0,
  };
}

function sumOf(a: Counted, b: Counted): Counted {
  return {
    calls: a.calls + b.calls,
    usage: addUsage(a.usage, b.usage),
    cost_micro_usd: a.cost_micro_usd + b.cost_micro_usd,
    unpriced_tokens: a.unpriced_tokens + b.unpriced_tokens,
    unknown_calls: a.unknown_calls + b.unknown_calls,
  };
}

/** So that a removal fits into a line: the oldest days of a very long session count as one. */
function joined(rows: SpentRow[]): SpentRow[] {
  const over = rows.length - MOST_ROWS;
  if (over <= 0) return rows;
  const [first, ...others] = rows.slice(0, over + 1);
  return [others.reduce<SpentRow>((sum, row) => ({ ...sum, ...sumOf(sum, row) }), first!), ...rows.slice(over + 1)];
}

/** Of a removal that a version before recorded. */
function withoutDetails({ usage }: { usage: Counted['usage'] }, at: number): SpentRow[] {
  const unpriced_tokens = usage.input + usage.output;
  return [{ day: localDay(at), model: '', source: '', ...NOTHING, usage, unpriced_tokens }];
}

function dearest(a: Counted, b: Counted): number {
  return b.cost_micro_usd - a.cost_micro_usd || tokensOf(b) - tokensOf(a);
}

function tokensOf({ usage }: Counted): number {
  return usage.input + usage.output;
}
