/** The file of one journal: whose it is, and how its lines are seen through the port. */
import { sha256 } from '../base/digest.ts';
import type { Entry } from '../contract/entries.ts';
import { isEntryType } from '../contract/entry-types.ts';
import type { JournalEnd, StoredEntry, Visit } from '../contract/ports.ts';
import { parseLine, type ChainLine } from './chain/line.ts';
import { piecesForward } from './chain/pieces.ts';
import { scanChain, type ChainEnd } from './chain/scan.ts';
import { withFile } from './files.ts';
import { isFileOf, sessionFileKind } from './session-file.ts';

/**
 * Reads a journal that lies anywhere, as an exported one: whose it is, its own lines say (the last fork, else the
 * creation). Nothing is known of it from elsewhere.
 */
export async function readJournalFile(path: string, visit: Visit): Promise<JournalEnd & { session?: string }> {
  let session: string | undefined;
  let genesis: string | undefined;
  const end = await withFile(path, (fd) =>
    scanChain(fd, { knows: isEntryType }, (line) => {
      genesis ??= line.prev;
      session = sessionNamedBy(line) ?? session;
      return visit(storedEntry(line));
    }),
  );
  if (end.failure === undefined && session !== undefined && sha256(session) !== genesis) {
    const message = `entry 1: it does not begin the journal of session ${session}`;
    return {
      ...journalEnd(end),
      status: 'damaged',
      failure: { line: 1, seq: 1, code: 'chain_broken', message },
      session,
    };
  }
  return { ...journalEnd(end), ...(session !== undefined && { session }) };
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

function sessionNamedBy({ type, data }: ChainLine): string | undefined {
  if (type !== 'session.created' && type !== 'session.forked') return undefined;
  const id = (data as { session_id?: unknown } | null)?.session_id;
  return typeof id === 'string' ? id : undefined;
}

export function placeOf({ seq, hash, durable }: ChainLine): { id: string; hash: string; durable: number } {
  return { id: `${seq}-${hash.slice(0, 8)}`, hash, durable };
}

export function storedEntry(line: ChainLine): StoredEntry {
  const { seq, at, type, data } = line;
  return { ...placeOf(line), entry: { v: 1, seq, at, type, data } as Entry };
}

export function journalEnd({ bytes: _, last: __, at: ___, ...end }: ChainEnd): JournalEnd {
  return end;
}
