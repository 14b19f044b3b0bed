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
  /**
   * `no_head`: nothing vouches for its end; `own_head`: only the header of the file does; `crash_tail`: a crash cut its
   * last line; `redacted`: placeholders stand for its contents; `redacted_in_place`: the audit log says that values were
   * taken out of it; `step_missing`: what it says of a step's session can't be compared, as that isn't here.
   */
  notes: ('no_head' | 'own_head' | 'crash_tail' | 'redacted' | 'redacted_in_place' | 'step_missing')[];
  failure?: { line: number; seq: number; code: VerifyFailureCode; message: string };
}
