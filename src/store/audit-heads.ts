/**
 * The newest head of each session in the audit log. One of them is looked for from the file's end on, which reads little;
 * when many are asked for, as by a list of all sessions, the file is read once and remembered as far as it has come.
 */
import { fstatSync } from 'node:fs';
import { RuntimeError } from '../contract/errors.ts';
import type { AuditHead } from '../contract/ports.ts';
import type { AuditRecord } from '../contract/records.ts';
import { parseLine, type ChainLine, type Defect } from './chain/line.ts';
import { piecesBackward, piecesForward, type Piece } from './chain/pieces.ts';

/** So many are looked for one by one. */
const MOST_SINGLE = 3;
const NUL = 0;
/** Sessions that a damaged line names. */
const NAMED = /"session":("(?:[^"\\]|\\.)*")/g;

/**
 * Gives what finds the newest head of a session in the open file. Its removal ends the search.
 * @throws RuntimeError store_damaged, when a newer line that names the session is damaged
 */
export function createHeads(name: string): (fd: number, session: string) => AuditHead | undefined {
  let asked = 0;
  let known = emptyIndex();

  const damaged = (session: string, { message }: Defect): RuntimeError =>
    new RuntimeError('store_damaged', `${name} is damaged where it names session ${session}: ${message}.`, {
      next: 'See what can be saved with `runtime store repair`; or restore a backup with `runtime store restore`.',
    });

  function search(fd: number, session: string): AuditHead | undefined {
    const needle = Buffer.from(`"session":${JSON.stringify(session)}`);
    for (const { bytes } of piecesBackward(fd, needle)) {
      if (!bytes.includes(needle) || bytes.includes(NUL)) continue;
      const parsed = parseLine(bytes);
      if ('defect' in parsed) throw damaged(session, parsed.defect);
      const told = headsIn(parsed.line).find((one) => one.session === session);
      if (told) return told.head;
    }
    return undefined;
  }

  return (fd, session) => {
    if (++asked <= MOST_SINGLE) return search(fd, session);
    const { ino, size } = fstatSync(fd);
    if (ino !== known.ino || size < known.bytes) known = { ...emptyIndex(), ino };
    if (!readOn(fd, known)) return search(fd, session);
    const found = known.sessions.get(session);
    if (found && 'code' in found) throw damaged(session, found);
    return found;
  };
}

interface Index {
  ino: number;
  /** How far the file was read. */
  bytes: number;
  sessions: Map<string, AuditHead | Defect>;
}

function emptyIndex(): Index {
  return { ino: 0, bytes: 0, sessions: new Map() };
}

/** Reads what has come since. False: the file has a torn end, of which the next opening will cut some. */
function readOn(fd: number, index: Index): boolean {
  for (const piece of piecesForward(fd, index.bytes)) {
    if (isTorn(piece)) return false;
    take(index, piece.bytes);
    index.bytes = piece.offset + piece.bytes.length + 1;
  }
  return true;
}

function isTorn({ terminated, overlong, bytes }: Piece): boolean {
  return !terminated || overlong || bytes.includes(NUL);
}

function take({ sessions }: Index, bytes: Buffer): void {
  const parsed = parseLine(bytes);
  if ('defect' in parsed) {
    for (const [, named] of bytes.toString('utf8').matchAll(NAMED)) sessions.set(textOf(named!), parsed.defect);
    return;
  }
  for (const { session, head } of headsIn(parsed.line)) {
    if (head) sessions.set(session, head);
    else sessions.delete(session);
  }
}

/** The newest head of each session, and those that were removed, as lines tell it one after the other. */
export type HeadsSoFar = Map<string, AuditHead | undefined>;

export function takeHead(heads: HeadsSoFar, line: ChainLine): void {
  for (const { session, head } of headsIn(line)) heads.set(session, head);
}

/** What a line tells of sessions' heads: that there is none any more, where one was removed or lost. */
function headsIn({ type, data }: ChainLine): { session: string; head: AuditHead | undefined }[] {
  const record = { type, data } as AuditRecord;
  switch (record.type) {
    case 'head': {
      const { session, seq, hash } = record.data;
      return [{ session, head: { seq, hash } }];
    }
    case 'session.removed':
      return [{ session: record.data.session, head: undefined }];
    case 'session.redacted': {
      const { sessions, renamed = [] } = record.data;
      return [
        ...renamed.map(({ session }) => ({ session, head: undefined })),
        ...sessions.map(({ session, after }) => ({ session, head: after })),
      ];
    }
    case 'store.repaired': {
      const { session, cut } = record.data;
      if (session === undefined || cut === undefined) return [];
      return [{ session, head: cut.seq === 0 ? undefined : { seq: cut.seq, hash: cut.hash, cut } }];
    }
    default:
      return [];
  }
}

/** The newest head of each session that stands before any torn line: an opening cuts the log there. */
export function headsBeforeTear(fd: number): ReadonlyMap<string, AuditHead> {
  const index = emptyIndex();
  readOn(fd, index);
  return new Map([...index.sessions].flatMap(([session, head]) => ('code' in head ? [] : [[session, head] as const])));
}

function textOf(json: string): string {
  try {
    return JSON.parse(json) as string;
  } catch {
    return json.slice(1, -1);
  }
}
