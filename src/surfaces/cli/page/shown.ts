/** The sessions that pages show: as they are, or with placeholders. Each is verified first. */
import type { Entry } from '../../../contract/entries.ts';
import { redactSession } from '../../../engine/proof/export-redacted.ts';
import type { ExportSources } from '../../../engine/proof/export.ts';
import { verifyJournal } from '../../../engine/proof/verify.ts';
import { entriesUpTo, readWhole } from '../../../engine/proof/whole-journal.ts';
import type { Shown } from './page.ts';

/** @throws RuntimeError not_found | store_damaged */
export async function sessionPage(sources: ExportSources, id: string): Promise<Shown> {
  const { journal, blobs, audit, build, now } = sources;
  const hasHead = (await audit.head(id)) !== undefined;
  const report = await verifyJournal({
    session_id: id,
    read: (visit) => readWhole(journal, id, visit),
    blobs,
    hasHead,
  });
  const entries = async function* (): AsyncGenerator<Entry> {
    for await (const { entry } of entriesUpTo(journal, id, report.head)) yield entry;
  };
  return { entries, blobs, report, exported_at: now(), build };
}

/** @throws RuntimeError not_found | store_damaged | not_redactable */
export async function redactedPage(sources: ExportSources, id: string, salt: string): Promise<Shown> {
  const { header, lines, blobs } = await redactSession(sources, id, salt);
  const { session_id, head, exported_at, build } = header;
  const report = await verifyJournal({
    session_id,
    async read(visit) {
      for await (const { entry, hash } of lines()) await visit({ entry, id: '', hash, durable: 0 });
      return { status: 'whole', ...head, durable: head.seq };
    },
    blobs,
    hasHead: false,
  });
  const entries = async function* (): AsyncGenerator<Entry> {
    for await (const { entry } of lines()) yield entry;
  };
  return { entries, blobs, report, exported_at, build };
}
