/**
 * A chained file that is open for appending. There is one such handle a file, in the process that holds the workspace.
 *
 * open → append* / sync* → close. A failed write or sync ends it for good: the kernel may have dropped the pages, so
 * nothing that it holds is acknowledged any more; only opening anew tells what is there.
 */
import { closeSync, fstatSync, ftruncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { shareRuns } from '../../base/share-runs.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { CutTail } from '../../contract/ports.ts';
import { createFile, createPrefixDigest, cutAside, openExisting, syncFile, syncFolder, writeAll } from '../files.ts';
import { isFileError, storeError } from '../store-error.ts';
import { buildLine, type ChainLine, type ChainRecord } from './line.ts';
import { scanChain, type ChainEnd, type ChainRules, type ChainStart, type VisitLine } from './scan.ts';

const TRY_AGAIN = 'Run the command again.';

export interface ChainFileOptions extends ChainRules {
  path: string;
  /** What people call it: `Session s-1`, `audit.jsonl`. */
  name: string;
  /** Whose journal it is: next steps of errors name it. */
  session?: string;
  /** Where a cut tail is kept, and the beginning of its file name. */
  torn: { folder: string; name: string };
  /** Finds where the scan begins; without it at line 1. */
  start?: (fd: number) => ChainStart | undefined;
  /** Frees some space on a full disk; true when there was any to free. The write is then tried once more. */
  freeSpace?: () => boolean;
}

export interface ChainFile {
  end(): { seq: number; hash: string; durable: number; bytes: number; last: number; at: number };
  /**
   * SHA-256 (hex) of all its bytes; undefined when some aren't there any more. The first call reads them all, a later one
   * those that came since.
   * @throws RuntimeError store_unavailable
   */
  digest(): string | undefined;
  /**
   * Writes the records behind the last line, all in one write, and nothing when one of them has no form.
   * @throws RuntimeError disk_full | store_unavailable | no_permission (final) | internal (nothing was written)
   */
  append(records: ChainRecord[]): ChainLine[];
  /** Makes all that was appended durable; concurrent calls share one sync. @throws as `append` (final) */
  sync(): Promise<void>;
  /** Closes after a sync that is under way. Syncs nothing. */
  close(): Promise<void>;
}

/**
 * Opens the file, which need not exist: the first `append` creates it. Cuts a crash tail and keeps it aside.
 * @throws RuntimeError store_damaged | entry_too_new (the file is untouched)
 */
export async function openChainFile(
  options: ChainFileOptions,
  visit: VisitLine,
): Promise<{ file: ChainFile; end: ChainEnd; cut?: CutTail }> {
  const { path, name, session, torn } = options;
  let fd: number | undefined;
  try {
    fd = openExisting(path, 'append');
    const end = await scanChain(fd, options, visit, fd === undefined ? undefined : options.start?.(fd));
    if (end.failure !== undefined) throw damageError(name, end.failure, session);
    if (end.tail === undefined) return { file: chainFile(options, fd, end), end };
    const { from, bytes } = end.tail;
    const torn_file = await cutAside(fd!, from, torn.folder, torn.name);
    const { tail: _, ...whole } = end;
    const cleared: ChainEnd = { ...whole, status: end.seq === 0 ? 'absent' : 'whole', durable: end.seq };
    await syncFolder(dirname(path));
    return {
      file: chainFile(options, fd, cleared),
      end: cleared,
      cut: { cut_bytes: bytes, cut_from: from, torn_file },
    };
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    throw storeError(`Opening ${name}`, error, session);
  }
}

/** The error that a damaged file gives whoever wants to write to it. */
export function damageError(
  name: string,
  { code, message }: NonNullable<ChainEnd['failure']>,
  session?: string,
): RuntimeError {
  if (code === 'entry_too_new') {
    return new RuntimeError('entry_too_new', `${name} was written by a newer version: ${message}.`);
  }
  const known = session === undefined ? {} : { id: session };
  return new RuntimeError('store_damaged', `${name} is damaged: ${message} (${code}).`, known);
}

function chainFile(options: ChainFileOptions, opened: number | undefined, from: ChainEnd): ChainFile {
  const { path, name, session } = options;
  let fd = opened;
  let { seq, hash, durable, bytes, last: lastOffset, at } = from;
  if (seq === 0) hash = options.genesis ?? '';
  // That something of it was durable shows that its name is, too.
  let nameDurable = durable > 0;
  let failure: RuntimeError | undefined;
  let isClosed = false;
  let digestUpTo: ReturnType<typeof createPrefixDigest> | undefined;

  const fail = (doing: string, thrown: unknown): RuntimeError =>
    (failure ??= storeError(`${doing} ${name}`, thrown, session));
  const refuseAfterFailure = (): void => {
    if (isClosed) failure ??= new RuntimeError('store_unavailable', `${name} is closed.`, { next: TRY_AGAIN });
    if (failure === undefined) return;
    const { code, message, next } = failure;
    throw new RuntimeError(code, `${name} takes nothing more: ${message}`, { next, cause: failure });
  };

  const write = (text: Buffer): void => {
    fd ??= createFile(path);
    const { size, nlink } = fstatSync(fd);
    if (size !== bytes || nlink === 0) {
      throw new RuntimeError('store_unavailable', `${name} was changed by someone else.`, { next: TRY_AGAIN });
    }
    try {
      writeAll(fd, text);
    } catch (error) {
      if (!isFileError(error, 'ENOSPC', 'EDQUOT', 'EFBIG')) throw error;
      ftruncateSync(fd, bytes);
      if (!options.freeSpace?.()) throw error;
      writeOnceMore(fd, text);
    }
  };

  const writeOnceMore = (to: number, text: Buffer): void => {
    try {
      writeAll(to, text);
    } catch (error) {
      ftruncateSync(to, bytes); // else the next opening needs space to keep the torn line aside
      throw error;
    }
  };

  const failing = (syncing: Promise<void>): Promise<void> =>
    syncing.catch((thrown: unknown) => {
      throw fail('Syncing', thrown);
    });

  const syncOnce = shareRuns(async () => {
    refuseAfterFailure();
    const covered = seq;
    if (fd === undefined || covered === durable) return;
    // Both are waited for, even when one fails: `close` must not find one under way. The first ends writing.
    const results = await Promise.allSettled([
      failing(syncFile(fd)),
      nameDurable ? undefined : failing(syncFolder(dirname(path))),
    ]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    durable = covered;
    nameDurable = true;
  });

  return {
    end: () => ({ seq, hash, durable, bytes, last: lastOffset, at }),
    digest() {
      digestUpTo ??= createPrefixDigest();
      try {
        return digestUpTo(fd!, bytes);
      } catch (error) {
        throw storeError(`Reading ${name}`, error, session);
      }
    },
    append(records) {
      refuseAfterFailure();
      const lines: ChainLine[] = [];
      let text = '';
      let lastText = '';
      let prev = hash;
      for (const record of records) {
        if (!options.knows(record.type)) throw new RuntimeError('internal', `"${record.type}" is no entry type.`);
        const { at: time, type, data } = record;
        const place = { seq: seq + lines.length + 1, durable, prev };
        const built = buildLine(record, place);
        lines.push({ at: time, type, data, seq: place.seq, durable, prev, hash: built.hash });
        text += lastText = built.text;
        prev = built.hash;
      }
      const last = lines.at(-1);
      if (last === undefined) return lines;
      const buffer = Buffer.from(text);
      try {
        write(buffer);
      } catch (error) {
        throw fail('Writing', error);
      }
      ({ seq, hash, at } = last);
      bytes += buffer.length;
      lastOffset = bytes - Buffer.byteLength(lastText);
      return lines;
    },
    sync: syncOnce,
    async close() {
      isClosed = true;
      if (fd === undefined) return;
      // Behind a sync that is under way: closing its descriptor could let it sync another file.
      await syncOnce().catch(() => undefined);
      if (fd === undefined) return; // by who closed it at the same time
      closeSync(fd);
      fd = undefined;
    },
  };
}
