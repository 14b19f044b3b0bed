/**
 * A redacted session as a file. All of it is made once before its first line is given: of what can't be, nothing comes.
 */
import { sha256, type Digest } from '../../base/digest.ts';
import type { Entry } from '../../contract/entries.ts';
import type { ExportHeader } from '../../contract/export.ts';
import type { Blobs } from '../../contract/ports.ts';
import { buildLine } from '../../store/chain/line.ts';
import { createResolver } from '../session/fold.ts';
import { blobLines } from './blob-lines.ts';
import { missing, type ExportSources } from './export.ts';
import { namedBlobs } from './named-blobs.ts';
import { createRedaction, factsSeen, type Redaction } from './redact.ts';
import { entriesUpTo, readWhole, sessionNamedBy } from './whole-journal.ts';

/** A session with placeholders, made once to its end: what follows can't fail any more. */
export interface RedactedSession {
  header: ExportHeader;
  /** From the first on, as often as it is called. */
  lines(): AsyncGenerator<{ entry: Entry; text: string; hash: string }>;
  blobs: Pick<Blobs, 'get'>;
  named: ReadonlySet<Digest>;
}

/**
 * `salt`: drawn for this export, and kept nowhere.
 * @throws RuntimeError not_found | store_damaged | not_redactable
 */
export async function redactSession(sources: ExportSources, id: string, salt: string): Promise<RedactedSession> {
  const { journal, blobs, workspace_id, build, now } = sources;
  const seen = factsSeen(salt);
  let original = id;
  const { seq, hash } = await readWhole(journal, id, ({ entry }) => {
    seen.take(entry);
    original = sessionNamedBy(entry) ?? original;
  });
  const begin = (): Redaction => createRedaction({ salt, redacted_from: { session_id: id, hash }, facts: seen.facts });
  const lines = (redaction: Redaction) => redactedLines(sources, id, { seq, hash }, redaction, original);

  const trial = begin();
  const get: Blobs['get'] = async (digest) => {
    const made = trial.content(digest);
    // Policies hold names of tools and verdicts only: they stay as they are.
    return made === undefined ? blobs.get(digest, { private: false }) : Buffer.from(made);
  };
  const named = new Set<Digest>();
  let head = '';
  for await (const line of lines(trial)) {
    head = line.hash;
    for (const { digest, optional } of namedBlobs(line.entry)) {
      if ((await get(digest)) !== undefined) named.add(digest);
      else if (!optional) throw missing(id, digest);
    }
  }
  const header: ExportHeader = {
    schemaVersion: 'runtime.export.v1',
    session_id: trial.session_id(original),
    workspace_id: trial.workspace_id(workspace_id),
    exported_at: now(),
    build,
    head: { seq, hash: head },
    entries: seq,
    blobs: named.size,
  };
  return { header, lines: () => lines(begin()), blobs: { get }, named };
}

/** The file, in pieces. @throws RuntimeError as `redactSession`, before the first is given */
export async function* exportRedacted(sources: ExportSources, id: string, salt: string): AsyncGenerator<string> {
  const { header, lines, blobs, named } = await redactSession(sources, id, salt);
  yield `${JSON.stringify(header)}\n`;
  for await (const { text } of lines()) yield text;
  for (const digest of named) {
    const bytes = await blobs.get(digest);
    if (bytes === undefined) throw missing(id, digest);
    yield* blobLines(digest, bytes);
  }
}

async function* redactedLines(
  { journal, blobs }: ExportSources,
  id: string,
  head: { seq: number; hash: string },
  redaction: Redaction,
  original: string,
): AsyncGenerator<{ entry: Entry; text: string; hash: string }> {
  const resolve = createResolver(blobs);
  let prev = sha256(redaction.session_id(original));
  for await (const { entry, durable } of entriesUpTo(journal, id, head)) {
    const next = redaction.take(entry, await resolve(entry));
    const { text, hash } = buildLine(next, { seq: next.seq, durable, prev });
    prev = hash;
    yield { entry: next, text, hash };
  }
}
