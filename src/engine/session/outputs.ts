/**
 * What calls of a session put out, for the model to read on in. Only its own journal is asked, so nobody reads another
 * session's outputs by guessing ids; a fork has those of the entries that were copied into it.
 */
import type { Blobs, Journal, ToolContext } from '../../contract/ports.ts';
import type { LongText } from '../../contract/values.ts';
import { wholeText } from './messages.ts';
import type { Redactor } from './redact.ts';

/** Mostly the call was a moment ago: so many of the last entries are looked at before the whole journal is. */
const NEAR_ENTRIES = 1000;

interface OutputPorts {
  journal: Pick<Journal, 'read'>;
  blobs: Blobs;
  redactor: Pick<Redactor, 'text'>;
}

export function createOutputs({ journal, blobs, redactor }: OutputPorts, session: string): ToolContext['outputOf'] {
  const find = async (call_id: string, from?: { last: number }): Promise<LongText | undefined> => {
    let output: LongText | undefined;
    const visit: Parameters<Journal['read']>[1] = ({ entry }) => {
      if (entry.type === 'call.finished' && entry.data.call_id === call_id) ({ output } = entry.data);
    };
    await journal.read(session, visit, from);
    return output;
  };
  const open: Pick<Blobs, 'get'> = { get: (digest) => blobs.get(digest, { private: false }) };
  return async (call_id) => {
    const output = (await find(call_id, { last: NEAR_ENTRIES })) ?? (await find(call_id));
    // Redacted as a whole: a secret that is known only since could lie across the end of a page.
    return output === undefined ? undefined : redactor.text(await wholeText(output, open));
  };
}
