/** What would happen if a call ran, whole: what a person approves. */
import type { LongText, Presentation } from '../../contract/values.ts';
import { BOLD, CYAN, GREEN, RED, YELLOW } from '../terminal/markdown/style.ts';
import { visible } from '../../adapters/tools/visible.ts';
import { type Edges, heldRows } from '../terminal/held-rows.ts';
import { displayWidth, oneLine, visibleText } from '../terminal/width.ts';
import type { Tone } from './entry-lines.ts';

/** Where a tool has cut its title. */
const CUT = ' …';

/** Its title, its body as it stands, and its diff in colours. Control characters are made visible; nothing is cut. */
export async function describePresentation(
  { title, body, diff }: Presentation,
  whole: (text: LongText) => Promise<string> | string,
  tone: Tone,
  columns: number,
): Promise<string[]> {
  const text = body === undefined ? undefined : (await whole(body)).trimEnd();
  const { shown, saysAll } = heading(visible(oneLine(title)), text === undefined ? [] : visibleText(text).split('\n'), columns); // prettier-ignore
  const head: Edges = { first: `${tone(YELLOW, '?')} `, more: '↪ ' };
  return [
    ...heldRows(shown, columns, head, (row) => tone(BOLD, row)),
    ...(saysAll || text === undefined ? [] : heldRows(text, columns)),
    ...(diff === undefined
      ? []
      : heldRows((await whole(diff)).trimEnd(), columns, undefined, (row, line) => diffLine(row, tone, line))),
  ];
}

/** A short command is its own title. Of a longer one the title has a beginning, which the body says again. */
function heading(title: string, body: string[], columns: number): { shown: string; saysAll: boolean } {
  const [verb = ''] = title.split(' ', 1);
  const said = title.slice(verb.length + 1);
  const begin = body[0]?.trimStart() ?? '';
  if (body.length === 1 && said === begin) {
    const fits = displayWidth(title) < columns - 2;
    return { shown: fits ? title : verb, saysAll: fits };
  }
  const cut = said.lastIndexOf(CUT);
  const isBegin = cut > 0 && begin.startsWith(said.slice(0, cut));
  return { shown: isBegin ? verb + said.slice(cut + CUT.length) : title, saysAll: false };
}

/** A row of a unified diff in the colour of its line. */
export function diffLine(row: string, tone: Tone, line = row): string {
  if (line.startsWith('+')) return tone(GREEN, row);
  if (line.startsWith('-')) return tone(RED, row);
  return line.startsWith('@@') ? tone(CYAN, row) : row;
}
