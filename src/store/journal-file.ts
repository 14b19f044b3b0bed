/** The file of one journal: whose it is, and how its lines are seen through the port. */
import { sha256 } from '../base/digest.ts';
import type { Entry } from '../contract/entries.ts';
import { entryTypeOf, isEntryType } from '../contract/entry-types.ts';
import type { JournalEnd, StoredEntry, Visit } from '../contract/ports.ts';
import { parseLine, type ChainLine } from './chain/line.ts';
import { piecesForward } from './chain/pieces.ts';
import { scanChain, type ChainEnd, type ChainRules, type ChainStart, type VisitLine } from './chain/scan.ts';
import { withFile } from './files.ts';
import { isFileOf, sessionFileKind } from './session-file.ts';

/** A journal that lies anywhere. Nothing is known of it from elsewhere. */
export function readJournalFile(path: string, visit: Visit): Promise<JournalEnd & { session?: string }> {
  return withFile(path, (fd) => readJournalLines(fd, visit));
}

/**
 * Reads the journal that stands in a file, or in a part of it: whose it is, its own lines say (the last fork, else the
 * creation).
 */
export async function readJournalLines(
  fd: number | undefined,
  visit: Visit,
  { from = 0, ...rules }: Pick<ChainRules, 'head' | 'until'> & { from?: number } = {},
): Promise<JournalEnd & { session?: string }> {
  let session: string | undefined;
  let genesis: string | undefined;
  const end = await scanChain(
    fd,
    { knows: isEntryType, ...rules },
    (line) => {
      genesis ??= line.prev;
      session = sessionNamedBy(line) ?? session;
      return visit(storedEntry(line));
    },
    { offset: from, seq: 0, hash: '' },
  );
  if (end.failure === undefined && session !== undefined && sha256(session) !== genesis) {
    const message = `entry 1: it does not begin the journal of session ${session}`;
    return { ...notItsOwn(journalEnd(end), message), session };
  }
  return { ...journalEnd(end), ...(session !== undefined && { session }) };
}

/**
 * Reads a journal as that of `session`. A whole chain that names another one is damaged: of a fork there is what was copied, and
 * not the entry that makes it its own, with its rights.
 */
export async function scanJournal(
  fd: number | undefined,
  session: string,
  rules: Omit<ChainRules, 'genesis' | 'knows'>,
  visit: VisitLine,
  start?: ChainStart,
): Promise<ChainEnd> {
  let named: string | undefined;
  const visitNoting: VisitLine = (line) => {
    named = sessionNamedBy(line) ?? named;
    return visit(line);
  };
  const end = await scanChain(fd, { ...rules, genesis: sha256(session), knows: isEntryType }, visitNoting, start);
  if (end.failure !== undefined || named === undefined || named === session) return end;
  return notItsOwn(end, `entry 1: a copy of session ${named}; the entry that makes it ${session} is not there`);
}

function notItsOwn<T extends JournalEnd>(end: T, message: string): T {
  return { ...end, status: 'damaged', failure: { line: 1, seq: 1, code: 'chain_broken', message } };
}

/** Whose journal it is. A hashed name is looked up in the lines: the creation names it, or the fork that made it. */
export async function sessionOf(path: string, name: string): Promise<string | undefined> {
  const kind = sessionFileKind(name);
  if (kind !== 'hashed') return kind && name;
  return withFile(path, (fd) => {
    for (const { bytes } of fd === undefined ? [] : piecesForward(fd, 0)) {
      const parsed = parseLine(bytes);
      const named = 'line' in parsed ? sessionNamedBy(parsed.line) : undefined;
      if (named !== undefined && isFileOf(name, named)) return named;
    }
    return undefined;
  });
}

/** The id that a line gives to its session. */
export function sessionNamedBy({ type, data }: ChainLine): string | undefined {
  if (type !== 'session.created' && type !== 'session.forked') return undefined;
  const id = (data as { session_id?: unknown } | null)?.session_id;
  return typeof id === 'string' ? id : undefined;
}

export function placeOf({ seq, hash, durable }: ChainLine): { id: string; hash: string; durable: number } {
  return { id: `${seq}-${hash.slice(0, 8)}`, hash, durable };
}

export function storedEntry(line: ChainLine): StoredEntry {
  const { seq, at, type, data } = line;
  const { id, hash, durable } = placeOf(line);
  return { id, hash, durable, entry: { v: 1, seq, at, type: entryTypeOf(type) ?? type, data } as Entry };
}

export function journalEnd({ bytes: _, last: __, at: ___, ...end }: ChainEnd): JournalEnd {
  return end;
}
