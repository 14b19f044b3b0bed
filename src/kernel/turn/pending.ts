import type { Seq } from '../../contract/entries.ts';

/** Of a content: whose it is, and its measures. */
export interface Pending {
  seq: Seq;
  digest: string;
  bytes: number;
  /** It is the result of a call, and means nothing without that. */
  result?: true;
}
