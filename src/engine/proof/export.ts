/**
 * A session as one file that proves itself: a header, the lines of the journal byte for byte, then every blob that they
 * name, but none that is private. Streamed: no more than a line or a blob is in memory, and the digests of the blobs.
 */
import type { Digest } from '../../base/digest.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { ExportHeader } from '../../contract/export.ts';
import type { Audit, Blobs, Journal } from '../../contract/ports.ts';
import { blobLines } from './blob-lines.ts';
import { namedBlobs } from './named-blobs.ts';
import { linesUpTo, readWhole } from './whole-journal.ts';

export interface ExportSources {
  journal: Pick<Journal, 'read' | 'lines'>;
  blobs: Pick<Blobs, 'get'>;
  audit: Pick<Audit, 'head'>;
  workspace_id: string;
  /** Of this program. */
  build: string;
  now: () => number;
}

/**
 * Gives the file in pieces. Nothing is given before all of it was looked at.
 * @throws RuntimeError not_found | store_damaged
 */
export async function* exportSession(sources: ExportSources, id: string): AsyncGenerator<string> {
  const { journal, blobs, audit, workspace_id, build, now } = sources;
  const audited_head = await audit.head(id);
  const named = new Set<Digest>();
  const { seq, hash } = await readWhole(journal, id, async ({ entry }) => {
    for (const { digest, optional } of namedBlobs(entry)) {
      if (named.has(digest)) continue;
      const there = (await blobs.get(digest, { private: false })) !== undefined;
      if (there) named.add(digest);
      else if (!optional) throw missing(id, digest);
    }
  });
  const header: ExportHeader = {
    schemaVersion: 'runtime.export.v1',
    session_id: id,
    workspace_id,
    exported_at: now(),
    build,
    head: { seq, hash },
    ...(audited_head && { audited_head }),
    entries: seq,
    blobs: named.size,
  };
  yield `${JSON.stringify(header)}\n`;
  yield* linesUpTo(journal, id, { seq, hash });
  for (const digest of named) {
    const bytes = await blobs.get(digest, { private: false });
    if (bytes === undefined) throw missing(id, digest);
    yield* blobLines(digest, bytes);
  }
}

/** What the session can't be without. */
export function missing(id: string, digest: Digest): RuntimeError {
  return new RuntimeError('store_damaged', `The blob ${digest} that session ${id} names is missing.`, { id });
}
