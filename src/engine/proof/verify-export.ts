/** Proves an exported file by itself: without a workspace, a key or a configuration. */
import { resolve as resolvePath } from 'node:path';
import type { Digest } from '../../base/digest.ts';
import type { ExportHeader } from '../../contract/export.ts';
import type { JournalEnd, StoredEntry } from '../../contract/ports.ts';
import type { VerifyFailureCode, VerifyReport } from '../../contract/verify.ts';
import { withExportFile, type ExportFile } from '../../store/export-file.ts';
import { namedBlobs } from './named-blobs.ts';
import { unreadable } from './unreadable.ts';
import { verifyJournal } from './verify.ts';

type Failure = NonNullable<VerifyReport['failure']>;

/** Undefined: it is no exported file. @throws RuntimeError not_found */
export function verifyExport(path: string): Promise<VerifyReport | undefined> {
  return withExportFile(resolvePath(path), async (file) => file && verifyExportFile(file));
}

/** The report on a file that is open. */
export async function verifyExportFile(file: ExportFile): Promise<VerifyReport> {
  const { header, failure } = file;
  if (!header) return unreadable('', failure!);
  const check = createHeaderCheck(file, header);
  const report = await verifyJournal({
    read: async (visit) => {
      const end = await file.read((stored) => {
        check.take(stored);
        return visit(stored);
      });
      const wrong = end.failure ?? check.atEnd(end);
      return wrong ? { ...end, failure: wrong } : end;
    },
    blobs: file.blobs,
    hasHead: false,
    ownHead: true,
    linesBefore: 1,
  });
  const first = firstOf(failure, report.failure);
  return first ? { ...report, status: 'failed', failure: first } : report;
}

/** What is wrong with the file first. Where it is cut, or a blob isn't whole, entries lack what they name: that follows. */
function firstOf(ofFile: Failure | undefined, ofEntry: Failure | undefined): Failure | undefined {
  if (ofFile === undefined || ofEntry === undefined) return ofFile ?? ofEntry;
  const follows = ofFile.code === 'truncated' || ofEntry.code === 'blob_missing';
  return follows || ofFile.line < ofEntry.line ? ofFile : ofEntry;
}

/** Whether the header says what the entries say, and the blobs are those that they name. */
function createHeaderCheck({ digests }: ExportFile, header: ExportHeader) {
  const unnamed = new Set<Digest>(digests);
  const { head, audited_head, session_id } = header;
  let defect: { code: VerifyFailureCode; message: string } | undefined;
  return {
    take({ entry, hash }: StoredEntry): void {
      for (const { digest } of namedBlobs(entry)) unnamed.delete(digest);
      if (entry.seq === audited_head?.seq && hash !== audited_head.hash) {
        defect ??= { code: 'chain_broken', message: `entry ${entry.seq} is not the one that the audit log named` };
      }
    },
    atEnd(end: JournalEnd & { session?: string }): Failure | undefined {
      const [stranger] = unnamed;
      if (stranger !== undefined) defect ??= { code: 'malformed', message: `nothing names the blob ${stranger}` };
      if (end.session !== session_id) defect ??= { code: 'malformed', message: 'it names another session' };
      if (end.seq !== head.seq) defect ??= { code: 'malformed', message: `entry ${head.seq} is not the last` };
      if ((audited_head?.seq ?? 0) > head.seq) defect ??= { code: 'truncated', message: 'its head is not the newest' };
      return defect && { line: 0, seq: 0, code: defect.code, message: `the header: ${defect.message}` };
    },
  };
}
