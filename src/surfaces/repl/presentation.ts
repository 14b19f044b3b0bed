/** What would happen if a call ran, whole: what a person approves. */
import type { LongText, Presentation } from '../../contract/values.ts';
import { CYAN, GREEN, RED, type Style } from '../terminal/markdown/style.ts';
import { visibleText } from '../terminal/width.ts';

type Tone = (style: Style, text: string) => string;

/** Its body as it stands, and its diff in colours. Control characters are made visible. */
export async function describePresentation(
  { body, diff }: Presentation,
  whole: (text: LongText) => Promise<string> | string,
  tone: Tone,
): Promise<string[]> {
  const lines = (text: string): string[] => visibleText(text).trimEnd().split('\n');
  return [
    ...(body === undefined ? [] : lines(await whole(body)).map((one) => `  ${one}`)),
    ...(diff === undefined ? [] : lines(await whole(diff)).map((one) => `  ${diffLine(one, tone)}`)),
  ];
}

function diffLine(line: string, tone: Tone): string {
  if (line.startsWith('+')) return tone(GREEN, line);
  if (line.startsWith('-')) return tone(RED, line);
  return line.startsWith('@@') ? tone(CYAN, line) : line;
}
