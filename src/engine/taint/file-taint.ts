/**
 * Files that calls wrote in whose conversation was content from outside: whoever reads them later has that in their
 * conversation, too.
 *
 *   begin ∎ → the call writes → end (what it wrote)
 *
 * A write that has not ended counts as having written all that it could, also after a crash. What a command reads nobody
 * knows, so that it may copy what is written while it runs: a tainted write that begins makes such commands tainted ones.
 * What it wrote may be gone when it ends: whoever read there meanwhile is told of it by having run at the same time.
 */
import { dirname } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Ids } from '../../base/ids.ts';
import { isInside } from '../../base/is-inside.ts';
import type { ToolResult } from '../../contract/ports.ts';
import type { FileMark, NamingRequest, ProjectFiles } from '../../contract/project-files.ts';
import type { TaintedFileRecord } from '../../contract/records.ts';
import type { TaintedFiles, TaintedPath } from '../../contract/tainted-files.ts';
import { ofFiles, originalSources, tellsAll } from './sources.ts';

/** A write is told in one line. */
const MOST_PATHS = 500;
const MOST_BYTES = 256 * 1024;

/** A call that writes, or only looks: then it has neither `paths` nor `below`. */
export interface Write {
  /** Session and call, for people. */
  call: string;
  root: string;
  /** What it writes by name, and folders below which it may write anything. Absolute real paths. */
  paths: readonly string[];
  below: readonly string[];
  /** What it may read. */
  reads: readonly string[];
  /** Of its conversation. */
  taint: readonly string[];
}

export interface Begun {
  /** Records what it wrote, and gives what it may have read: sources for its conversation. */
  end(outcome: ToolResult['outcome']): Promise<string[]>;
}

export interface FileTaint {
  /** Does any file count as tainted? Costs next to nothing. */
  isAny(): Promise<boolean>;
  /** What somebody has in their conversation who looks at these, and at all below them. */
  of(paths: readonly string[], root: string): Promise<string[]>;
  /** Where a command of this project may read beyond it. Looked up only where something is tainted there. */
  namedBeyond(root: string, request: NamingRequest): Promise<string[]>;
  /** Resolves when a tainted write is recorded durably. */
  begin(write: Write): Promise<Begun>;
  /** A person has looked at all that lies there. */
  trust(root: string, by: string): Promise<void>;
}

interface FileTaintPorts {
  taintedFiles: TaintedFiles;
  files: Pick<ProjectFiles, 'marks' | 'changed' | 'named'>;
  clock: Clock;
  ids: Ids;
  /** May this be written down? A known secret may not. */
  isPlain: (path: string) => boolean;
}

interface Running extends Write {
  /** Of its line. Without one what it writes counts as tainted by those that are there, if at all. */
  id?: string;
  since: number;
  /** Where tainted files lay that it may move. */
  marks: FileMark[];
  sources: string[];
  /** Of tainted writes that ran while it did, where it reads: they may have left nothing of what it read. */
  beside: string[];
}

export function createFileTaint({ taintedFiles, files, clock, ids, isPlain }: FileTaintPorts): FileTaint {
  const running = new Set<Running>();

  const of = async (paths: readonly string[], root: string, but?: string): Promise<string[]> => {
    const tainted = (await taintedFiles.list()).filter(({ open }) => open === undefined || open !== but);
    return ofFiles(tainted, paths, root);
  };

  /** What it writes counts as tainted from now on, and so does what commands write that may read it. */
  async function record(write: Running): Promise<void> {
    const tainted = await taintedFiles.list();
    const { sources } = write;
    const met = new Set([write]);
    for (const one of met) {
      for (const other of running) {
        if (met.has(other) || !mayRead(other, one)) continue;
        other.beside = originalSources([...other.beside, ...sources]);
        // A patch writes what its arguments say.
        if (other.below.length === 0 || tellsAll(other.sources, sources)) continue;
        other.sources = originalSources([...other.sources, ...sources]);
        met.add(other);
      }
    }
    const lines = [...met].filter((one) => !isCovered(one, tainted));
    if (lines.length === 0) return;
    await taintedFiles.append(lines.map(begunLine));
  }

  async function end(write: Running, outcome: ToolResult['outcome'], known?: string[]): Promise<string[]> {
    const { root, below, reads, since, marks } = write;
    try {
      const there = known ?? (await of(reads, root, write.id));
      const read = [...new Set([...there, ...write.beside])];
      const { id } = write;
      if (id === undefined || below.length === 0 || outcome === 'unknown') return read;
      const request = { folders: below, since, marks, most: MOST_PATHS };
      const changed = outcome === 'void' ? [] : await files.changed(request).catch(() => undefined);
      const paths = changed && [...new Set(changed.map(plain))];
      if (paths === undefined || Buffer.byteLength(paths.join('')) > MOST_BYTES) return read;
      // Where this fails it stays with all that it could have written.
      await taintedFiles.append([{ type: 'write.ended', data: { id, paths } }]).catch(() => {});
      return read;
    } finally {
      running.delete(write);
    }
  }

  function begunLine(write: Running): TaintedFileRecord {
    write.id ??= `w-${ids.ulid()}`;
    const { id, call, root, paths, below, sources } = write;
    const tooLong = paths.length > MOST_PATHS || Buffer.byteLength(paths.join('')) > MOST_BYTES;
    const named = tooLong ? [root] : [...paths];
    return {
      type: 'write.begun',
      data: {
        id,
        call,
        root,
        ...(named.length > 0 && { paths: named }),
        ...(below.length > 0 && { below: [...below] }),
        sources,
      },
    };
  }

  /** The path, or of one that may not be written down the folder around it. */
  function plain(path: string): string {
    return isPlain(path) || path === dirname(path) ? path : plain(dirname(path));
  }

  async function taintedBelow(folders: readonly string[]): Promise<string[]> {
    const tainted = await taintedFiles.list();
    return tainted.map(({ path }) => path).filter((path) => folders.some((one) => one !== path && isInside(one, path)));
  }

  return {
    isAny: async () => (await taintedFiles.list()).length > 0,
    of,

    async namedBeyond(root, request) {
      const isAny = (await taintedFiles.list()).some(({ path }) => !isInside(root, path));
      return isAny ? (await files.named(request)).filter((path) => !isInside(root, path)) : [];
    },

    async begin(given) {
      const beside = originalSources(
        [...running].filter((one) => mayRead(given, one)).flatMap(({ sources }) => sources),
      );
      const write: Running = {
        ...given,
        since: clock.now(),
        marks: [],
        sources: originalSources([...given.taint, ...beside]),
        beside,
      };
      // Before anything is looked up: what begins meanwhile meets it here.
      running.add(write);
      try {
        const found = await of(given.reads, given.root);
        if (found.length > 0) {
          if (given.below.length > 0) write.marks = await files.marks(await taintedBelow(given.reads));
          write.sources = originalSources([...write.sources, ...found]);
        }
        if (write.sources.length > 0) await record(write);
        // Of a file that is written by name it is known before what is in it.
        const isByName = given.paths.length > 0 && given.below.length === 0;
        return { end: (outcome) => end(write, outcome, isByName ? found : undefined) };
      } catch (error) {
        running.delete(write);
        throw error;
      }
    },

    async trust(root, by) {
      const again = [...running].filter(
        (write) => write.sources.length > 0 && [...write.paths, ...write.below].some((path) => meet(root, path)),
      );
      await taintedFiles.append([{ type: 'files.trusted', data: { root, by } }, ...again.map(begunLine)]);
    },
  };
}

function mayRead({ reads }: Write, { paths, below }: Write): boolean {
  return reads.some((read) => [...paths, ...below].some((path) => meet(read, path)));
}

function meet(one: string, other: string): boolean {
  return isInside(one, other) || isInside(other, one);
}

/** Whether all that it may write is tainted by all of that already, for good. */
function isCovered({ paths, below, sources }: Running, tainted: readonly TaintedPath[]): boolean {
  return [...paths, ...below].every((path) =>
    tainted.some((one) => {
      const holds = one.open === undefined && one.but.length === 0 && isInside(one.path, path);
      return holds && tellsAll(one.sources, sources);
    }),
  );
}
