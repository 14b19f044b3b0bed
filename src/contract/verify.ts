/** `runtime.verify.v1`: what `session verify -o json` prints. */
export type VerifyFailureCode =
  | 'hash_mismatch'
  | 'chain_broken'
  | 'seq_gap'
  | 'not_decided'
  | 'not_admissible'
  | 'blob_missing'
  | 'blob_mismatch'
  | 'truncated'
  | 'entry_too_new'
  | 'malformed';

export interface VerifyReport {
  schemaVersion: 'runtime.verify.v1';
  session_id: string;
  status: 'verified' | 'partial' | 'failed';
  entries: number;
  decisions: number;
  head: { seq: number; hash: string };
  kernels: number[];
  partial: { seq: number; why: string }[];
  notes: ('no_head' | 'crash_tail')[];
  failure?: { line: number; seq: number; code: VerifyFailureCode; message: string };
}
