/** A journal that is taken out: all of it that is whole, and its entries one after the other. */
import { RuntimeError } from '../../contract/errors.ts';
import type { Entry, Seq } from '../../contract/entries.ts';
import type { Journal, JournalEnd, StoredEntry, Visit } from '../../contract/ports.ts';
import { parseLine } from '../../store/chain/line.ts';
import { storedEntry } from '../../store/journal-file.ts';

/** Reads it to its whole end. @throws RuntimeError not_found | store_damaged */
export async function readWhole(journal: Pick<Journal, 'read'>, id: string, visit: Visit): Promise<JournalEnd> {
  const end = await journal.read(id, visit);
  if (end.status === 'absent') {
    throw new RuntimeError('not_found', `There is no session ${id}.`, {
      next: 'List what there is with `runtime session ls`.',
    });
  }
  if (end.failure) throw new RuntimeError('store_damaged', `Session ${id} is damaged: ${end.failure.message}.`, { id });
  return end;
}

/** The lines up to the entry with this hash. @throws RuntimeError not_found, when they have gone since they were read */
export async function* linesUpTo(
  journal: Pick<Journal, 'lines'>,
  id: string,
  { seq, hash }: { seq: Seq; hash: string },
): AsyncGenerator<string> {
  let last = '';
  for await (const line of journal.lines(id, seq)) yield (last = Buffer.from(line).toString('utf8'));
  if (last.endsWith(`"hash":"${hash}"}\n`)) return;
  throw new RuntimeError('not_found', `Session ${id} was removed while it was exported.`);
}

/** The same as entries. */
export async function* entriesUpTo(
  journal: Pick<Journal, 'lines'>,
  id: string,
  head: { seq: Seq; hash: string },
): AsyncGenerator<StoredEntry> {
  for await (const line of linesUpTo(journal, id, head)) {
    const parsed = parseLine(Buffer.from(line.slice(0, -1)));
    if ('defect' in parsed) throw new RuntimeError('store_damaged', `Session ${id} was changed while it was exported.`);
    yield storedEntry(parsed.line);
  }
}

/** The id that an entry gives to its session. */
export function sessionNamedBy(entry: Entry): string | undefined {
  const names = entry.type === 'session.created' || entry.type === 'session.forked';
  return names ? entry.data.session_id : undefined;
}
