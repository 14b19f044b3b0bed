/**
 * In which sessions an id may stand, so that whoever asks for one that is unknown doesn't make this process read all
 * journals. Each is read once, and then what was written to it since: what the index knows is checked against the
 * journals' own lengths and times for each search, so an id that is there is always found. It may name a session too many.
 */
import { createIdSet, type IdSet } from '../base/id-set.ts';
import { createSerial } from '../base/serial.ts';
import { shareRuns } from '../base/share-runs.ts';
import type { Journal, StoredEntry } from '../contract/ports.ts';

export interface IdIndex {
  /** Sessions that may have the message, newest change first, of those that changed since (ms UTC). */
  ofMessage(event_id: string, since: number): Promise<string[]>;
  /** Sessions with an approval whose id begins so; `among`: looks at no others. */
  ofApproval(beginning: string, among?: ReadonlySet<string>): Promise<string[]>;
}

type Row = Awaited<ReturnType<Journal['list']>>[number];

/** What was read of a journal, as long as it then was. */
interface Known extends Pick<Row, 'changed_at' | 'bytes'> {
  messages: IdSet;
  approvals: Set<string>;
  last: { seq: number; hash: string } | undefined;
}

export function createIdIndex(journal: Pick<Journal, 'read' | 'list'>): IdIndex {
  const index = new Map<string, Known>();
  /** However many search at once: it is listed for all of them. */
  const listed = shareRuns(async () => {
    const rows = await journal.list();
    const there = new Set(rows.map(({ session_id }) => session_id));
    for (const session_id of index.keys()) if (!there.has(session_id)) index.delete(session_id);
    return rows;
  });
  const alone = createSerial();

  function freshOf({ session_id, changed_at, bytes }: Row): Known | undefined {
    const known = index.get(session_id);
    return known?.bytes === bytes && known.changed_at === changed_at ? known : undefined;
  }

  async function readOn(row: Row): Promise<Known> {
    const fresh = freshOf(row);
    if (fresh) return fresh;
    const known = (await readBehind(row)) ?? (await readFrom(row, newKnown(row)));
    index.set(row.session_id, known);
    await new Promise((resolve) => setImmediate(resolve)); // many are short, and others want their turn
    return known;
  }

  /** Reads what came since. Undefined: what was read isn't there any more, as after a removal or a repair. */
  async function readBehind(row: Row): Promise<Known | undefined> {
    const known = index.get(row.session_id);
    if (known?.last === undefined) return undefined;
    const { seq, hash } = known.last;
    let follows = false;
    const further = await readFrom(row, { ...known, ...row }, seq - 1, (stored) => {
      follows ||= stored.entry.seq === seq && stored.hash === hash;
    });
    return follows ? further : undefined;
  }

  async function readFrom(
    { session_id }: Row,
    known: Known,
    after = 0,
    look: (stored: StoredEntry) => void = () => {},
  ): Promise<Known> {
    const { messages, approvals } = known;
    await journal.read(
      session_id,
      (stored) => {
        look(stored);
        const { entry, hash } = stored;
        known.last = { seq: entry.seq, hash };
        if (entry.type === 'input.received') messages.add(entry.data.event_id);
        if (entry.type === 'turn.started') entry.data.event_ids.forEach(messages.add);
        if (entry.type === 'approval.requested') approvals.add(entry.data.approval_id);
      },
      { after },
    );
    return known;
  }

  async function search(wants: (row: Row) => boolean, has: (known: Known) => boolean): Promise<string[]> {
    const found: string[] = [];
    for (const row of await listed()) {
      if (!wants(row)) continue;
      const known = freshOf(row) ?? (await alone(row.session_id, () => readOn(row)));
      if (has(known)) found.push(row.session_id);
    }
    return found;
  }

  return {
    ofMessage: (event_id, since) =>
      search(
        ({ changed_at }) => changed_at >= since,
        ({ messages }) => messages.mayHave(event_id),
      ),
    ofApproval: (beginning, among) =>
      search(
        ({ session_id }) => among?.has(session_id) ?? true,
        ({ approvals }) => approvals.values().some((id) => id.startsWith(beginning)),
      ),
  };
}

function newKnown({ changed_at, bytes }: Row): Known {
  return { changed_at, bytes, messages: createIdSet(), approvals: new Set(), last: undefined };
}
