/** What would happen if a call ran, whole: what a person approves. */
import type { LongText, Presentation } from '../../contract/values.ts';
import { BOLD, CYAN, GREEN, RED, YELLOW } from '../terminal/markdown/style.ts';
import { displayWidth, oneLine, visibleText } from '../terminal/width.ts';
import type { Tone } from './entry-lines.ts';

/** Its title, its body as it stands, and its diff in colours. Control characters are made visible; nothing is cut. */
export async function describePresentation(
  { title, body, diff }: Presentation,
  whole: (text: LongText) => Promise<string> | string,
  tone: Tone,
  columns: number,
): Promise<string[]> {
  const lines = (text: string): string[] => visibleText(text).trimEnd().split('\n');
  const shown = oneLine(title);
  const described = body === undefined ? [] : lines(await whole(body));
  // A short command is its own title.
  const isTitle = described.length === 1 && shown.endsWith(` ${described[0]}`) && displayWidth(shown) < columns - 2;
  return [
    `${tone(YELLOW, '?')} ${tone(BOLD, shown)}`,
    ...(isTitle ? [] : described.map((one) => `  ${one}`)),
    ...(diff === undefined ? [] : lines(await whole(diff)).map((one) => `  ${diffLine(one, tone)}`)),
  ];
}

function diffLine(line: string, tone: Tone): string {
  if (line.startsWith('+')) return tone(GREEN, line);
  if (line.startsWith('-')) return tone(RED, line);
  return line.startsWith('@@') ? tone(CYAN, line) : line;
}
