/**
 * Healing a chained file: its lines are put together again so that the chain is whole, each line proved by a hash that was
 * written when it was whole. Where nothing can be proved, the chain ends.
 */
import type { EntryType } from '../../contract/entries.ts';
import { buildLine, parseLine, type ChainLine } from '../chain/line.ts';
import type { ChainRules } from '../chain/scan.ts';
import { mendLine, type KnownPlace } from './mend.ts';
import { fragmentsOf, type Fragment } from './pieces-of.ts';

/** `order`: it stood elsewhere. `bytes`: some of its bytes were others. `derived`: decided again by the rules. */
export type FixKind = 'line_end' | 'glued' | 'order' | 'bytes' | 'derived' | 'removed';

export interface Fix {
  seq: number;
  how: FixKind;
}

/** What the rules decide behind these lines, up to the next thing that only the world can tell. */
export type Derive = (lines: readonly ChainLine[]) => Promise<{ type: EntryType; data: unknown }[]>;

export interface Healed {
  lines: ChainLine[];
  /** The lines as they belong into the file. */
  bytes: Buffer;
  fixes: Fix[];
  /** What stands behind the end and has no place in the chain; '' with `missing` when the end is simply not there. */
  rest: Buffer;
  /** Is something known to be missing behind the end? Then the file can't be healed, only cut. */
  missing: boolean;
  /** Behind the end stands a line of a newer version: neither healed nor cut. */
  tooNew: boolean;
}

/** Damaged pieces that are tried for one place. */
const MOST_TRIED = 4;
/** Lines that are built at most to find a run of missing ones. */
const MOST_BUILT = 20_000;
const NEWLINE = Buffer.from('\n');
const STATED_SEQ = /"seq":(\d{1,15}),/;
const STATED_SEQ_BYTES = 64;
const STATED_HASH = /"hash":"([0-9a-f]{64})"/;

interface Placed {
  line: ChainLine;
  bytes: Buffer;
}

export async function healChain(file: Buffer, rules: ChainRules, derive?: Derive): Promise<Healed> {
  const { genesis, knows, head } = rules;
  const fragments = fragmentsOf(file);
  const bySeq = Map.groupBy(
    fragments.filter(({ line }) => line !== undefined),
    ({ line }) => line!.seq,
  );
  const byPrev = Map.groupBy(
    fragments.filter(({ line }) => line !== undefined),
    ({ line }) => line!.prev,
  );
  const placed: Placed[] = [];
  const used = new Set<Fragment>();
  const fixes: Fix[] = [];
  /** How far into the file the placed lines reach. */
  let reached = 0;
  let tooNew = false;

  const last = (): ChainLine | undefined => placed.at(-1)?.line;
  const nextSeq = (): number => placed.length + 1;
  const prevNow = (): string | undefined => last()?.hash ?? genesis;
  const isHead = ({ seq, hash }: ChainLine): boolean => head?.seq !== seq || head.hash === hash;

  /** The hashes that the line of this seq has, as others say. */
  const hashesOf = (seq: number): Set<string> => {
    const said = (bySeq.get(seq + 1) ?? []).map(({ line }) => line!.prev);
    return new Set(head?.seq === seq ? [head.hash] : said);
  };

  const place = (line: ChainLine, bytes: Buffer, fragment?: Fragment, how?: FixKind): void => {
    placed.push({ line, bytes });
    if (fragment === undefined) return void fixes.push({ seq: line.seq, how: 'derived' });
    used.add(fragment);
    const fix = how ?? fragment.fix ?? (fragment.offset < reached ? 'order' : undefined);
    if (fix !== undefined) fixes.push({ seq: line.seq, how: fix });
    reached = Math.max(reached, fragment.end);
  };

  /** A line that stands somewhere in the file as it was written. */
  function standing(): Fragment | undefined {
    const seq = nextSeq();
    const prev = prevNow();
    const fit = (prev === undefined ? (bySeq.get(seq) ?? []) : (byPrev.get(prev) ?? [])).filter(
      ({ line }) => line!.seq === seq && line!.durable < seq && isHead(line!),
    );
    return fit.find(({ line }) => byPrev.has(line!.hash)) ?? fit[0];
  }

  function mendNext(): boolean {
    const seq = nextSeq();
    const known: KnownPlace = { seq, prev: prevNow(), hashes: hashesOf(seq) };
    const damaged = fragments.filter((fragment) => fragment.line === undefined && !used.has(fragment));
    // Those behind the last line first: a damage leaves lines where they were.
    const near = damaged.filter(({ offset }) => offset >= reached).slice(0, MOST_TRIED);
    for (const fragment of near) {
      const found = mendLine(fragment.bytes, known);
      if (found !== undefined) {
        place(found.line, found.bytes, fragment, 'bytes');
        return true;
      }
    }
    // A newline came into a line: the two halves and the byte between them.
    for (const [index, first] of near.slice(0, -1).entries()) {
      const second = near[index + 1]!;
      const found = mendLine(file.subarray(first.offset, second.end), known);
      if (found !== undefined) {
        used.add(second);
        place(found.line, found.bytes, { ...first, end: second.end }, 'bytes');
        used.add(first);
        return true;
      }
    }
    return false;
  }

  /** Where a run of missing lines may end: how many they are, and the hash of the last. */
  function ends(): { count: number; hash: string; durable: number }[] {
    const seq = nextSeq();
    const found: { count: number; hash: string; durable: number }[] = [];
    const behind = Math.min(...[...bySeq.keys()].filter((one) => one > seq));
    for (const { line } of bySeq.get(behind) ?? []) {
      found.push({ count: behind - seq, hash: line!.prev, durable: line!.durable });
    }
    if (head !== undefined && head.seq >= seq)
      found.push({ count: head.seq - seq + 1, hash: head.hash, durable: head.seq });
    const damaged = fragments
      .filter(({ line, offset }) => line === undefined && offset >= reached)
      .slice(0, MOST_TRIED);
    for (const [index, { bytes }] of damaged.entries()) {
      const stated = STATED_HASH.exec(bytes.toString('latin1'))?.[1];
      if (stated !== undefined) found.push({ count: index + 1, hash: stated, durable: Infinity });
    }
    return found;
  }

  /** Lines that the rules decide, with the one `durable` each with which the last has the hash that is known. */
  function runOf(
    decided: { type: EntryType; data: unknown }[],
    { count, hash, durable: most }: ReturnType<typeof ends>[number],
  ): Placed[] | undefined {
    let built = 0;
    const at = last()?.at ?? 0;
    const search = (run: Placed[], prev: string, least: number): Placed[] | undefined => {
      const { type, data } = decided[run.length]!;
      const seq = nextSeq() + run.length;
      for (let durable = least; durable <= Math.min(most, seq - 1) && built < MOST_BUILT; durable++) {
        built++;
        const { text, hash: made } = buildLine({ at, type, data }, { seq, durable, prev });
        const bytes = Buffer.from(text).subarray(0, -1);
        const next = [...run, { line: { seq, at, type, data, durable, prev, hash: made }, bytes }];
        if (next.length === count) {
          if (made === hash) return next;
        } else {
          const found = search(next, made, durable);
          if (found !== undefined) return found;
        }
      }
      return undefined;
    };
    return search([], prevNow() ?? '', last()?.durable ?? 0);
  }

  async function deriveNext(): Promise<boolean> {
    if (derive === undefined || placed.length === 0) return false;
    const possible = ends();
    if (possible.length === 0) return false;
    const decided = await derive(placed.map(({ line }) => line));
    for (const end of possible) {
      const run = end.count <= decided.length ? runOf(decided, end) : undefined;
      if (run === undefined) continue;
      for (const { line, bytes } of run) place(line, bytes);
      return true;
    }
    return false;
  }

  for (;;) {
    const found = standing();
    // A line that nothing follows, though its followers are there, may have been put in the place of another.
    const doubtful = found !== undefined && !byPrev.has(found.line!.hash) && bySeq.has(nextSeq() + 1);
    if (doubtful && (await deriveNext())) continue;
    if (found === undefined) {
      if (mendNext() || (await deriveNext())) continue;
      break;
    }
    if (!knows(found.line!.type)) {
      tooNew = true;
      break;
    }
    place(found.line!, found.bytes, found);
  }

  /** Stands behind the end, or says so itself wherever it stands. */
  const isBehind = ({ offset, bytes, line }: Fragment): boolean =>
    offset >= reached || (line?.seq ?? statedSeq(bytes)) > placed.length;

  const left = fragments.filter((fragment) => !used.has(fragment));
  const behind = new Set(left.filter((fragment) => isBehind(fragment) && !isRedundant(fragment, placed, bySeq)));
  for (const fragment of left) {
    if (!behind.has(fragment))
      fixes.push({ seq: fragment.line?.seq ?? lineNumber(file, fragment.offset), how: 'removed' });
  }
  tooNew ||= [...behind].some(({ defect }) => defect?.code === 'entry_too_new');
  return {
    lines: placed.map(({ line }) => line),
    bytes: Buffer.concat(placed.flatMap(({ bytes }) => [bytes, NEWLINE])),
    fixes,
    rest: Buffer.concat(
      [...behind].map(({ offset, end }) => file.subarray(offset, file[end] === NEWLINE[0] ? end + 1 : end)),
    ),
    missing: behind.size > 0 || (head?.seq ?? 0) > placed.length,
    tooNew,
  };
}

/** The seq that a damaged line says it has; 0 when it says none. */
function statedSeq(bytes: Buffer): number {
  return Number(STATED_SEQ.exec(bytes.toString('latin1', 0, STATED_SEQ_BYTES))?.[1] ?? 0);
}

/** Says nothing that the chain doesn't: an empty line, a line twice, the torn beginning of a line that is there whole. */
function isRedundant({ bytes, line }: Fragment, placed: readonly Placed[], bySeq: Map<number, Fragment[]>): boolean {
  if (bytes.every((byte) => byte === 0x0d || byte === 0x20)) return true;
  if (line !== undefined) return placed[line.seq - 1]?.line.hash === line.hash;
  const seq = statedSeq(bytes);
  return bySeq.has(seq) && placed[seq - 1]?.bytes.subarray(0, bytes.length).equals(bytes) === true;
}

function lineNumber(file: Buffer, offset: number): number {
  let count = 1;
  for (let at = file.indexOf(0x0a); at !== -1 && at < offset; at = file.indexOf(0x0a, at + 1)) count++;
  return count;
}

/** The lines that can be read behind the end of a chain, in the order in which they stand. */
export function readableIn(rest: Buffer): ChainLine[] {
  return fragmentsOf(rest).flatMap(({ bytes }) => {
    const parsed = parseLine(bytes);
    return 'line' in parsed ? [parsed.line] : [];
  });
}
