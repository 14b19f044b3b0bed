/** A call that waits for a person: what is printed of it, and what the panel knows. */
import type { EntryData } from '../../contract/entries.ts';
import type { LongText } from '../../contract/values.ts';
import { factRows, type ShownCall } from '../call-facts.ts';
import { isUnconfined } from '../../kernel/policy/unconfined.ts';
import { heldRows } from '../terminal/held-rows.ts';
import { BOLD, YELLOW } from '../terminal/markdown/style.ts';
import { oneLine } from '../terminal/width.ts';
import type { Tone } from './entry-lines.ts';
import { describePresentation } from './presentation.ts';

/** An approval that waits in this session, or in that of one of its steps. */
export interface Asked {
  approval_id: string;
  call_id: string;
  title: string;
  /** Rows that it has. */
  rows: number;
  /** So many of them were not printed: they must be looked at before an answer counts. */
  left_out?: number;
  /** No sandbox would confine it: it is granted for no longer. */
  once_only?: true;
}

/** Of more rows only these are printed: others would leave the terminal for good. */
const MOST_ROWS = 400;
const FIRST_ROWS = 200;
const LAST_ROWS = 100;

export interface AskingLook {
  whole: (text: LongText) => Promise<string> | string;
  tone: Tone;
  columns: number;
}

export async function asking(
  { approval_id, call_id, may_repeat_of }: EntryData<'approval.requested'>,
  call: ShownCall,
  { whole, tone, columns }: AskingLook,
): Promise<{ asked: Asked; lines: string[] }> {
  const facts = factRows(call);
  if (may_repeat_of !== undefined) facts.push(['careful', `${may_repeat_of} was the same call and may have taken effect`]); // prettier-ignore
  const described = await describePresentation(call, whole, tone, columns);
  const rows = facts.flatMap(([name, text]) =>
    heldRows(`${name}: ${oneLine(text)}`, columns, undefined, (row) => tone(YELLOW, row)),
  );
  const { title, effect = 'unknown', facts: found } = call;
  const once_only = found && isUnconfined({ effect, facts: found });
  const asked: Asked = {
    approval_id,
    call_id,
    title,
    rows: described.length + rows.length,
    ...(once_only && { once_only }),
  };
  if (described.length <= MOST_ROWS) return { asked, lines: [...described, ...rows] };
  const left_out = described.length - FIRST_ROWS - LAST_ROWS;
  const gap = tone(BOLD, `… ${left_out.toLocaleString('en')} rows are not here: v shows all of it, and only then an answer counts`); // prettier-ignore
  const lines = [...described.slice(0, FIRST_ROWS), gap, ...described.slice(-LAST_ROWS), ...rows];
  return { asked: { ...asked, left_out }, lines };
}
