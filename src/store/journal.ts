/** The port `Journal` on files: `sessions/<file>.jsonl`, one chained file a session. */
import { closeSync, existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../base/digest.ts';
import { isEntryType } from '../contract/entry-types.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { AuditHead, Journal, JournalPlace } from '../contract/ports.ts';
import { openChainFile, type ChainFile } from './chain/file.ts';
import { buildLine } from './chain/line.ts';
import { piecesForward } from './chain/pieces.ts';
import { startAt, startFromEnd, type ChainStart, type VisitLine } from './chain/scan.ts';
import {
  createPrefixDigest, ensureFolder, openExisting, removeFile, syncFile, syncFolder, withFile, writePieces,
} from './files.ts'; // prettier-ignore
import { journalEnd, placeOf, scanJournal, sessionOf, storedEntry } from './journal-file.ts';
import { sessionFileName } from './session-file.ts';
import { isFileError, storeError } from './store-error.ts';

export interface JournalOptions {
  /** The folder of the journals, and that of cut tails. */
  sessionsFolder: string;
  tornFolder: string;
  /** The newest head that the audit log has for a session. */
  head: (session: string) => Promise<AuditHead | undefined>;
  /** Throws unless this process holds the workspace's lock, and, where a fence is given, by the holding that gave it. */
  requireLock: (fence?: number) => void;
  freeSpace: () => boolean;
}

const EXTENSION = '.jsonl';
/** After so many names others get their turn. */
const NAMES_AT_ONCE = 256;
const NEWLINE = Buffer.from('\n');
const PLACE = /^(\d{1,15}):(\d{1,15}):([0-9a-f]{64}):(\d{1,15}):([0-9a-f]{64})$/;

/** The journals of one workspace. `closeAll` closes those that are open. */
export function createJournal(options: JournalOptions): { journal: Journal; closeAll: () => Promise<void> } {
  const { sessionsFolder, tornFolder, head, requireLock, freeSpace } = options;
  const opened = new Map<string, ChainFile>();
  const opening = new Set<string>();
  /** Whose a file is, by its name: a hashed one tells it in its lines alone, and never becomes another's. */
  const named = new Map<string, string>();
  const fileOf = (session: string): string => join(sessionsFolder, sessionFileName(session) + EXTENSION);

  const handle = (session: string): ChainFile => {
    const file = opened.get(session);
    if (file === undefined) throw new RuntimeError('internal', `Session ${session} is not open.`);
    return file;
  };
  const close = async (session: string): Promise<void> => {
    const file = opened.get(session);
    opened.delete(session);
    await file?.close();
  };

  const journal: Journal = {
    async read(session, visit, from) {
      const path = fileOf(session);
      // Before the journal: what is appended meanwhile can't make it look cut.
      const rules = { head: await head(session) };
      const after = from !== undefined && 'after' in from ? from.after : 0;
      return withFile(path, async (fd) => {
        const start = fd === undefined || from === undefined ? undefined : startFromEnd(fd, from);
        const visitWanted: VisitLine = (line) => (line.seq <= after ? undefined : visit(storedEntry(line)));
        return journalEnd(await scanJournal(fd, session, rules, visitWanted, start));
      });
    },

    async *lines(session, upTo) {
      const path = fileOf(session);
      const fd = openExisting(path, 'read');
      if (fd === undefined) return;
      try {
        await syncFile(fd);
        let seq = 0;
        for (const { bytes } of piecesForward(fd, 0)) {
          yield Buffer.concat([bytes, NEWLINE]);
          if (++seq === upTo) return;
        }
      } catch (error) {
        throw storeError(`Reading ${path}`, error);
      } finally {
        closeSync(fd);
      }
    },

    async open(session, visit, after) {
      requireLock();
      const path = fileOf(session);
      const last = after === undefined ? undefined : parsePlace(after)?.start;
      if (opening.has(session)) throw new RuntimeError('internal', `Session ${session} is being opened already.`);
      opening.add(session);
      try {
        await close(session);
        const known = await head(session);
        const { file, end, cut } = await openChainFile(
          {
            path,
            name: `Session ${session}`,
            session,
            genesis: sha256(session),
            knows: isEntryType,
            head: known,
            torn: { folder: tornFolder, name: sessionFileName(session) + EXTENSION },
            freeSpace,
            ...(last && { start: (fd: number) => startAt(fd, last) }),
          },
          (line) => (last !== undefined && line.seq <= last.seq ? undefined : visit(storedEntry(line))),
        );
        opened.set(session, file);
        return { ...journalEnd(end), ...(cut && { cut }), ...(known?.cut && { repaired: known.cut }) };
      } finally {
        opening.delete(session);
      }
    },

    async append(session, { expected_seq, fence }, entries, { sync }) {
      requireLock(fence);
      const file = handle(session);
      const { seq } = file.end();
      if (seq !== expected_seq) {
        const message = `Session ${session} ends with entry ${seq}, not ${expected_seq}: someone else wrote to it.`;
        throw new RuntimeError('store_unavailable', message, { next: 'Run the command again.' });
      }
      const misplaced = entries.find((entry, index) => entry.seq !== seq + 1 + index);
      if (misplaced !== undefined) {
        throw new RuntimeError(
          'internal',
          `Entry ${misplaced.seq} (${misplaced.type}) does not follow the one before.`,
        );
      }
      const lines = file.append(entries);
      const stored = lines.map((line, index) => ({ ...placeOf(line), entry: entries[index]! }));
      if (sync) await file.sync();
      return { stored, durable: file.end().durable };
    },

    async sync(session) {
      const file = handle(session);
      await file.sync();
      return file.end().durable;
    },

    size: (session) => handle(session).end().bytes,

    async place(session) {
      const file = handle(session);
      const { seq, hash, last, bytes } = file.end();
      return [last, seq, hash, bytes, file.digest()].join(':');
    },

    async holds(session, place) {
      const found = parsePlace(place);
      if (found === undefined) return false;
      const { start, bytes, digest } = found;
      return withFile(
        fileOf(session),
        (fd) => fd !== undefined && startAt(fd, start) !== undefined && createPrefixDigest()(fd, bytes) === digest,
      );
    },

    close,

    async create(session, fill) {
      requireLock();
      const path = fileOf(session);
      if (existsSync(path)) {
        throw new RuntimeError('session_exists', `There is a session ${session} already.`, { id: session });
      }
      let prev = sha256(session);
      try {
        ensureFolder(sessionsFolder);
        await writePieces(path, (write) =>
          fill((entry) => {
            const built = buildLine(entry, { seq: entry.seq, durable: 0, prev });
            prev = built.hash;
            write(built.text);
          }),
        );
      } catch (error) {
        throw storeError(`Writing session ${session}`, error, session);
      }
    },

    async list() {
      const found: { session_id: string; changed_at: number; bytes: number }[] = [];
      for (const [index, name] of readNames(sessionsFolder).entries()) {
        if (index % NAMES_AT_ONCE === NAMES_AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve));
        const path = join(sessionsFolder, name);
        const stat = lstatSync(path, { throwIfNoEntry: false });
        if (!name.endsWith(EXTENSION) || !stat?.isFile() || stat.size === 0) continue;
        const session_id = named.get(name) ?? (await sessionOf(path, name.slice(0, -EXTENSION.length)));
        if (session_id !== undefined) {
          named.set(name, session_id);
          found.push({ session_id, changed_at: Math.floor(stat.mtimeMs), bytes: stat.size });
        }
      }
      return found.sort((a, b) => b.changed_at - a.changed_at || (a.session_id < b.session_id ? -1 : 1));
    },

    async remove(session) {
      requireLock();
      const path = fileOf(session);
      await close(session);
      try {
        removeFile(path);
        const torn = `${sessionFileName(session)}${EXTENSION}-`;
        for (const name of readNames(tornFolder)) if (name.startsWith(torn)) removeFile(join(tornFolder, name));
        await syncFolder(sessionsFolder);
      } catch (error) {
        throw storeError(`Removing session ${session}`, error);
      }
    },
  };

  return {
    journal,
    async closeAll() {
      await Promise.all([...opened.keys()].map(close));
    },
  };
}

/**
 * A place is written as the offset, seq and hash of the entry before it, the length of the file up to there, and the
 * digest of all those bytes: reading them is quick beside parsing them, and so damage is seen as it is by a whole reading.
 */
function parsePlace(place: JournalPlace): { start: ChainStart; bytes: number; digest: string } | undefined {
  const [, offset, seq, hash, bytes, digest] = PLACE.exec(place) ?? [];
  if (hash === undefined || digest === undefined) return undefined;
  return { start: { offset: Number(offset), seq: Number(seq), hash }, bytes: Number(bytes), digest };
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return [];
    throw storeError(`Reading ${folder}`, error);
  }
}
