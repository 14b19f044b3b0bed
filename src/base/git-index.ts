/**
 * The names in a repository's index (gitformat-index(5), versions 2 to 4): which files of the working folder git reads and writes.
 * Git checks them as it puts one in, and not as it goes by what stands there: an index that somebody else wrote leads it anywhere.
 */

export interface IndexEntry {
  /** Its bytes as Latin-1. Empty in the part of an index that is split. */
  name: string;
  mode: number;
  /** Of the object that it has for it. */
  id: Buffer;
}

/** In bytes; of a million files and more. Nobody reads a longer one. */
export const LONGEST_INDEX = 128 * 1024 * 1024;

/** How the repository names its objects (`extensions.objectFormat`). */
export type ObjectFormat = 'sha1' | 'sha256';

/** By the repository's own settings, as text. */
export function objectFormatOf(settings: string): ObjectFormat {
  return /^\s*objectformat\s*=\s*"?sha256/im.test(settings) ? 'sha256' : 'sha1';
}

/** The mode of an entry that stands for another repository. */
export const GITLINK = 0o160000;

/** Of a file in the repository's folder: the index, or a part that several share (`git update-index --split-index`). */
export function isIndexName(name: string): boolean {
  return /^(?:shared)?index(?:\.[0-9a-f]+)?$/.test(name);
}

const HEADER = 12;
const STAT = 40;
/** In bytes. */
const HASH: Record<ObjectFormat, number> = { sha1: 20, sha256: 32 };
const EXTENDED = 0x4000;
const NAME = 0xfff;
/** Tells where groups of entries begin, which git then reads side by side. */
const OFFSETS = 'IEOT';

/** Undefined: git would not read it, or not as it is read here. */
export function indexEntries(bytes: Buffer, format: ObjectFormat): IndexEntry[] | undefined {
  if (bytes.length < HEADER || bytes.toString('latin1', 0, 4) !== 'DIRC') return undefined;
  const version = bytes.readUInt32BE(4);
  if (version < 2 || version > 4) return undefined;
  return entriesOf(bytes, version, HASH[format]);
}

/** Whether git, told by this name, stays in the working folder, and out of its repository. */
export function staysInside(name: string): boolean {
  // A folder of which the index knows no more ends in `/`.
  const parts = (name.endsWith('/') ? name.slice(0, -1) : name).split('/');
  return name === '' || parts.every((part) => !/^(?:|\.|\.\.)$/.test(part) && !isRepository(part));
}

/** As file systems have it that know no case, cut off what stands at the end, or pass over what can't be seen. */
function isRepository(part: string): boolean {
  const seen = Buffer.from(part, 'latin1').toString().replace(/\p{Cf}/gu, '').replace(/[ .]+$/, '').toLowerCase(); // prettier-ignore
  return seen === '.git' || seen === 'git~1';
}

interface Cursor {
  at: number;
  previous: string;
  /** Behind how many characters of the name before this one begins. */
  kept: number;
}

function entriesOf(bytes: Buffer, version: number, hash: number): IndexEntry[] | undefined {
  const count = bytes.readUInt32BE(8);
  const end = bytes.length - hash;
  const entries: IndexEntry[] = [];
  const begins: { at: number; whole: boolean }[] = [];
  const cursor: Cursor = { at: HEADER, previous: '', kept: 0 };
  for (let n = 0; n < count; n++) {
    const begun = cursor.at;
    const flagsAt = begun + STAT + hash;
    if (flagsAt + 4 > end) return undefined;
    const mode = bytes.readUInt32BE(begun + 24);
    const flags = bytes.readUInt16BE(flagsAt);
    if (version < 3 && flags & EXTENDED) return undefined;
    cursor.at = flagsAt + (flags & EXTENDED ? 4 : 2);
    const name = version === 4 ? shortened(bytes, cursor) : padded(bytes, cursor, begun, flags & NAME);
    if (name === undefined || cursor.at > end) return undefined;
    entries.push({ name, mode, id: bytes.subarray(begun + STAT, flagsAt) });
    begins.push({ at: begun, whole: cursor.kept === 0 });
    cursor.previous = name;
  }
  return areAsTold(bytes.subarray(0, end), cursor.at, begins) ? entries : undefined;
}

/** Up to version 3: with one to eight NULs, the whole entry is of a multiple of eight. */
function padded(bytes: Buffer, cursor: Cursor, begun: number, told: number): string | undefined {
  const end = bytes.indexOf(0, cursor.at);
  const length = end - cursor.at;
  if (end < 0 || (told < NAME ? length !== told : length < NAME)) return undefined;
  const name = bytes.toString('latin1', cursor.at, end);
  cursor.at = begun + ((end - begun + 8) & ~7);
  return name;
}

/** Version 4: how many characters of the name before go, in the variable length of offsets in packs, and what comes instead. */
function shortened(bytes: Buffer, cursor: Cursor): string | undefined {
  let byte = bytes[cursor.at++] ?? 0;
  let gone = byte & 0x7f;
  while (byte & 0x80) {
    byte = bytes[cursor.at++] ?? 0;
    gone = (gone + 1) * 128 + (byte & 0x7f);
    if (gone > cursor.previous.length) return undefined;
  }
  cursor.kept = cursor.previous.length - gone;
  const end = bytes.indexOf(0, cursor.at);
  if (end < 0 || cursor.kept < 0) return undefined;
  const name = cursor.previous.slice(0, cursor.kept) + bytes.toString('latin1', cursor.at, end);
  cursor.at = end + 1;
  return name;
}

/** Where the index says at which entries groups begin, git begins there: then they must be those that were read here. */
function areAsTold(bytes: Buffer, from: number, begins: readonly { at: number; whole: boolean }[]): boolean {
  let at = from;
  while (at + 8 <= bytes.length) {
    const [kind, size] = [bytes.toString('latin1', at, at + 4), bytes.readUInt32BE(at + 4)];
    const data = bytes.subarray(at + 8, at + 8 + size);
    if (data.length < size) return false;
    if (kind === OFFSETS && !areGroups(data, begins)) return false;
    at += 8 + size;
  }
  return at === bytes.length;
}

function areGroups(data: Buffer, begins: readonly { at: number; whole: boolean }[]): boolean {
  let next = 0;
  for (let at = 4; at + 8 <= data.length; at += 8) {
    const begun = begins[next];
    if (begun?.at !== data.readUInt32BE(at) || !begun.whole) return false;
    next += data.readUInt32BE(at + 4);
  }
  return next === begins.length;
}
