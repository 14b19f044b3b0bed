/** Reads the rows of journals and audit log as they stand there, and then what has come since. */
import { localDay } from '../../base/local-date.ts';
import type { AuditRow } from '../../contract/audit.ts';
import { toRuntimeError } from '../../contract/errors.ts';
import type { Seq } from '../../contract/entries.ts';
import type { Audit, Journal } from '../../contract/ports.ts';
import { type DayRange, earliestIn, isWithin } from '../day-range.ts';
import { recordRow } from './record-row.ts';
import { sessionRows } from './session-rows.ts';

export interface RowFilter extends DayRange {
  session?: string;
  kind?: string;
  tool?: string;
  decision?: string;
}

export interface RowStores {
  audit: Audit;
  journal: Journal;
}

export type FoundJournal = Awaited<ReturnType<Journal['list']>>[number];

export interface RowReader {
  /**
   * Gives what was not given before: the log's rows, then those of one journal after the other. `skips`: journals in which
   * nothing is wanted. Gives what could not be read to its end: sessions, and the log itself.
   */
  read(
    take: (row: AuditRow, journal?: FoundJournal) => void,
    skips?: (journal: FoundJournal) => boolean,
  ): Promise<string[]>;
}

/** How far a journal was read, and what is known there. */
interface Place {
  seq: Seq;
  bytes: number;
  rowOf: ReturnType<typeof sessionRows>;
}

export function createRowReader({ audit, journal }: RowStores, filter: RowFilter): RowReader {
  const places = new Map<string, Place>();
  const imported = new Map<string, number>();
  let logSeq = 0;

  async function readOn(found: FoundJournal, take: (row: AuditRow, journal: FoundJournal) => void): Promise<boolean> {
    const { session_id, bytes } = found;
    const place = places.get(session_id) ?? {
      seq: 0,
      bytes: 0,
      rowOf: sessionRows(session_id, imported.get(session_id)),
    };
    const end = await journal.read(
      session_id,
      ({ entry }) => {
        const row = place.rowOf(entry);
        if (row && isWanted(row, filter)) take(row, found);
      },
      place.seq === 0 ? undefined : { after: place.seq },
    );
    // One that is shorter is another one: it was removed, and made anew.
    if (end.seq < place.seq && !end.failure) {
      places.delete(session_id);
      return end.status === 'absent' || readOn(found, take);
    }
    places.set(session_id, { ...place, seq: Math.max(end.seq, place.seq), bytes });
    return end.failure === undefined;
  }

  return {
    async read(take, skips = () => false) {
      const unreadable: string[] = [];
      const log = await audit.read(
        (stored) => {
          if (stored.seq <= logSeq) return;
          logSeq = stored.seq;
          const { record, at } = stored;
          if (record.type === 'session.imported') imported.set(record.data.session, at);
          const row = recordRow(stored);
          if (isWanted(row, filter)) take(row);
        },
        logSeq === 0 ? undefined : { after: logSeq },
      );
      if (log.failure) unreadable.push('audit.jsonl');
      for (const found of await journal.list()) {
        const { session_id, changed_at, bytes } = found;
        if (filter.session !== undefined && session_id !== filter.session) continue;
        if (changed_at < earliestIn(filter) || places.get(session_id)?.bytes === bytes || skips(found)) continue;
        const isWhole = await readOn(found, take).catch((thrown: unknown) => {
          if (toRuntimeError(thrown).code !== 'store_damaged') throw thrown;
          return false;
        });
        if (!isWhole) unreadable.push(session_id);
      }
      return unreadable;
    },
  };
}

/** Heads only where they are asked for: they stand for each turn, and decide nothing. */
function isWanted(row: AuditRow, { session, kind, tool, decision, ...range }: RowFilter): boolean {
  if (kind === undefined ? row.kind === 'head' : row.kind !== kind) return false;
  if (session !== undefined && row.session_id !== session) return false;
  if (tool !== undefined && row.tool !== tool) return false;
  if (decision !== undefined && row.decision !== decision) return false;
  return (range.since === undefined && range.until === undefined) || isWithin(localDay(row.at), range);
}
