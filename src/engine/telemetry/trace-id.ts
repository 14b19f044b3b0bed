/** W3C trace and span ids that follow from ids of ours, so that whoever has those finds the trace, and after a restart too. */
import { sha256 } from '../../base/digest.ts';

const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

/** Of the message that a turn answers, or of a request: the first half of its id's SHA-256. */
export function traceIdOf(id: string): string {
  return sha256(id).slice(0, TRACE_DIGITS);
}

/** Of what these words name, among all sessions. */
export function spanIdOf(...words: (string | number)[]): string {
  return sha256(words.join('\n')).slice(0, SPAN_DIGITS);
}
