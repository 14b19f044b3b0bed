import type { Seq } from '../../contract/entries.ts';

/** Of a content: whose it is, and its measures. */
export interface Pending {
  seq: Seq;
  digest: string;
  bytes: number;
  /** Of these: of parts that some models are given and others aren't. Absent: none. */
  apart?: number;
  /** It is the result of a call, and means nothing without that. */
  result?: true;
}
