/** A call that waits for a person: what is printed of it, and what the panel knows. */
import type { EntryData } from '../../contract/entries.ts';
import type { LongText, Presentation } from '../../contract/values.ts';
import { YELLOW } from '../terminal/markdown/style.ts';
import { displayWidth } from '../terminal/width.ts';
import type { Tone } from './entry-lines.ts';
import { describePresentation } from './presentation.ts';

/** An approval that waits in this session, or in that of one of its steps. */
export interface Asked {
  approval_id: string;
  call_id: string;
  title: string;
  /** Rows that were printed of it. */
  rows: number;
}

export interface AskingLook {
  whole: (text: LongText) => Promise<string> | string;
  tone: Tone;
  columns: number;
}

export async function asking(
  { approval_id, call_id, may_repeat_of }: EntryData<'approval.requested'>,
  presentation: Presentation,
  { whole, tone, columns }: AskingLook,
): Promise<{ asked: Asked; lines: string[] }> {
  const careful =
    may_repeat_of === undefined
      ? []
      : [tone(YELLOW, `  careful: ${may_repeat_of} was the same call and may have taken effect`)];
  const lines = [...(await describePresentation(presentation, whole, tone, columns)), ...careful];
  const rows = lines.reduce((sum, one) => sum + Math.ceil(Math.max(1, displayWidth(one)) / columns), 0);
  return { asked: { approval_id, call_id, title: presentation.title, rows }, lines };
}
