import type { Output } from '../io.ts';
import { paint } from '../paint.ts';

/** A page of help, which is Markdown, as it stands on a terminal: blocks indented, headings bold, code in plain text. */
export function readable(page: string, output: Output): string {
  let inBlock = false;
  const lines: string[] = [];
  for (const line of page.split('\n')) {
    if (line.startsWith('```')) inBlock = !inBlock;
    else if (inBlock) lines.push(line === '' ? '' : `  ${line}`);
    else if (/^#+ /.test(line)) lines.push(paint(output, 'bold', line.replace(/^#+ /, '')));
    else lines.push(line);
  }
  return lines.join('\n');
}
