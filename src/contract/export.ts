/**
 * An exported session, `runtime.export.v1`: a header, the lines of the journal byte for byte, then the blobs that they
 * name. Validators are generated from these schemas; import the types only. docs/export.md says how another program
 * reads such a file.
 */
import * as z from 'zod';
import { digest, hex64, int, sessionId } from './values.ts';

const head = z.strictObject({ seq: int, hash: hex64 });

/** The first line. `exported_at` is ms UTC; `build` names the program that wrote the file. */
export const exportHeaderSchema = z.strictObject({
  schemaVersion: z.literal('runtime.export.v1'),
  session_id: sessionId,
  workspace_id: z.string(),
  exported_at: int,
  build: z.string(),
  /** The last entry. */
  head,
  /** The newest entry for which the audit log of the workspace vouched. */
  audited_head: head.exactOptional(),
  entries: int,
  blobs: int,
});

/** A line of a blob: all of it, or one of its parts (`part` of `parts`, from 1), which follow each other. */
export const blobLineSchema = z.strictObject({
  blob: digest,
  encoding: z.enum(['utf8', 'base64']),
  part: z.int().min(1).exactOptional(),
  parts: z.int().min(2).exactOptional(),
  data: z.string(),
});

export type ExportHeader = z.infer<typeof exportHeaderSchema>;
export type BlobLine = z.infer<typeof blobLineSchema>;
