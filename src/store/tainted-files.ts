/**
 * The port `TaintedFiles` on `governance/tainted-files.jsonl`. A write counts from its beginning on; one that has not ended, as
 * after a crash, as having written all that it could have.
 */
import { isInside } from '../base/is-inside.ts';
import type { TaintedFileRecord } from '../contract/records.ts';
import type { TaintedFiles, TaintedPath } from '../contract/tainted-files.ts';
import type { ChainLine } from './chain/line.ts';
import { knowsTaintedFile } from './line-types.ts';
import { createShortFile, type ShortFileOptions } from './short-file.ts';

interface Marks {
  /** By path: by what it is tainted, and what of it is trusted since. */
  settled: Map<string, { sources: Set<string>; but: string[] }>;
  /** By the id of the write that has not ended. */
  open: Map<string, { below: string[]; sources: string[] }>;
}

/** When nobody can tell any more what is tainted, all is. */
export function allTainted(id: string): TaintedFileRecord {
  const data = { id, call: id, root: '/', paths: ['/'], sources: [`unknown:${id}`] };
  return { type: 'write.begun', data };
}

const NONE: readonly TaintedPath[] = [];

export function createTaintedFiles(options: ShortFileOptions): {
  taintedFiles: TaintedFiles;
  close: () => Promise<void>;
} {
  const file = createShortFile<Marks>(options, {
    name: 'tainted-files.jsonl',
    knows: knowsTaintedFile,
    empty: () => ({ settled: new Map(), open: new Map() }),
    apply,
  });
  const taintedFiles: TaintedFiles = {
    async list() {
      const { settled, open } = await file.read();
      if (settled.size === 0 && open.size === 0) return NONE;
      const known = [...settled].map(([path, { sources, but }]) => ({ path, sources: [...sources], but }));
      const unknown = [...open].flatMap(([id, { below, sources }]) =>
        below.map((path) => ({ path, sources, but: [], open: id })),
      );
      return [...known, ...unknown];
    },
    append: (records) => file.append(records),
  };
  return { taintedFiles, close: file.close };
}

function apply(marks: Marks, { type, data }: ChainLine): void {
  const record = { type, data } as TaintedFileRecord;
  switch (record.type) {
    case 'write.begun': {
      const { id, paths = [], below, sources } = record.data;
      settle(marks, paths, sources);
      if (below) marks.open.set(id, { below, sources });
      return;
    }
    case 'write.ended': {
      const { id, paths } = record.data;
      settle(marks, paths, marks.open.get(id)?.sources ?? []);
      marks.open.delete(id);
      return;
    }
    case 'files.trusted':
      trust(marks, record.data.root);
  }
}

/** What is written anew in what was trusted counts by itself. */
function settle({ settled }: Marks, paths: readonly string[], sources: readonly string[]): void {
  if (sources.length === 0) return;
  for (const path of paths) {
    const { sources: before = [] } = settled.get(path) ?? {};
    settled.set(path, { sources: new Set([...before, ...sources]), but: [] });
  }
}

function trust({ settled, open }: Marks, root: string): void {
  for (const [path, mark] of settled) {
    if (isInside(root, path)) settled.delete(path);
    else if (isInside(path, root)) mark.but = [...mark.but.filter((one) => !isInside(root, one)), root];
  }
  for (const [id, { below, sources }] of open) {
    const left = below.filter((path) => !isInside(root, path));
    // Of a folder around it nothing but the rest is left, and that stays for good.
    for (const path of left.filter((one) => isInside(one, root))) {
      settle({ settled, open }, [path], sources);
      settled.get(path)!.but.push(root);
    }
    const untouched = left.filter((one) => !isInside(one, root));
    if (untouched.length === 0) open.delete(id);
    else open.set(id, { below: untouched, sources });
  }
}
