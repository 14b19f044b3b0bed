/**
 * The decisions of all journals and the records of the audit log as one, by time. Journals are read one after the other, and
 * no more than so many rows are held, however many there are: of more, the next ones are chosen by reading again, without
 * the journals that hold nothing later. Takes no lock.
 */
import type { AuditRow } from '../../contract/audit.ts';
import { createRowReader, type FoundJournal, type RowFilter, type RowStores } from './row-reader.ts';

export interface Told {
  rows: AuditRow[];
  /** What is damaged was read up to there: sessions, and the log itself. */
  unreadable: string[];
}

const MOST_HELD = 50_000;
/** When a journal was written and what its entries say may differ: clocks are set. */
const MARGIN_MS = 86_400_000;

/** The newest so many, oldest first. */
export async function newestRows(stores: RowStores, filter: RowFilter, most: number): Promise<Told> {
  const chosen = choose(most, (one, other) => inOrder(other, one));
  const unreadable = await createRowReader(stores, filter).read(chosen.take, ({ changed_at }) => {
    const oldest = chosen.last();
    return oldest !== undefined && changed_at + MARGIN_MS < oldest.at;
  });
  return { rows: chosen.rows().reverse(), unreadable };
}

/** The newest so many, then whatever comes. Each is given once. */
export async function followRows(
  stores: RowStores,
  filter: RowFilter,
  most: number,
): Promise<Told & { further(): Promise<AuditRow[]> }> {
  const reader = createRowReader(stores, filter);
  const chosen = choose(most, (one, other) => inOrder(other, one));
  const unreadable = await reader.read(chosen.take);
  return {
    rows: chosen.rows().reverse(),
    unreadable,
    async further() {
      const rows: AuditRow[] = [];
      await reader.read((row) => rows.push(row));
      return rows.sort(inOrder);
    },
  };
}

/** Of a journal as it was read: how long it was, and its first and last row. */
interface Extent {
  bytes: number;
  first: AuditRow | undefined;
  last: AuditRow | undefined;
}

/** All of them, oldest first, in parts of at most so many. */
export async function* allRows(stores: RowStores, filter: RowFilter, most = MOST_HELD): AsyncGenerator<Told> {
  const extents = new Map<string, Extent>();
  let after: AuditRow | undefined;
  for (;;) {
    const from = after;
    const chosen = choose(most, inOrder);
    const isDone = ({ session_id, bytes }: FoundJournal): boolean => {
      const extent = extents.get(session_id);
      if (from === undefined || extent?.bytes !== bytes) {
        extents.set(session_id, { bytes, first: undefined, last: undefined });
        return false;
      }
      const { first, last } = extent;
      if (first === undefined || inOrder(last!, from) <= 0) return true;
      const end = chosen.last();
      return end !== undefined && inOrder(first, end) > 0;
    };
    const take = (row: AuditRow, journal?: FoundJournal): void => {
      if (journal) {
        const extent = extents.get(journal.session_id)!;
        extent.first ??= row;
        extent.last = row;
      }
      if (from === undefined || inOrder(row, from) > 0) chosen.take(row);
    };
    const unreadable = await createRowReader(stores, filter).read(take, isDone);
    const rows = chosen.rows();
    yield { rows, unreadable: from === undefined ? unreadable : [] };
    if (rows.length < most) return;
    after = rows.at(-1);
  }
}

/** By time, then by where they stand: never 0 for two rows. */
function inOrder(one: AuditRow, other: AuditRow): number {
  if (one.at !== other.at) return one.at - other.at;
  const [a, b] = [placeOf(one), placeOf(other)];
  if (a !== b) return a < b ? -1 : 1;
  return one.seq - other.seq;
}

function placeOf({ in: where, session_id }: AuditRow): string {
  return where === 'audit' ? '' : session_id!;
}

/** The first so many of all that are taken, by the order. */
function choose(most: number, order: (one: AuditRow, other: AuditRow) => number) {
  let held: AuditRow[] = [];
  /** Once there are so many: none behind it is wanted. */
  let last: AuditRow | undefined;
  const cut = (): void => {
    held = held.sort(order).slice(0, most);
    if (held.length === most) last = held.at(-1);
  };
  return {
    last: () => last,
    take(row: AuditRow): void {
      if (most === 0 || (last && order(row, last) > 0)) return;
      held.push(row);
      if (held.length >= 2 * most) cut();
    },
    rows(): AuditRow[] {
      cut();
      return held;
    },
  };
}
