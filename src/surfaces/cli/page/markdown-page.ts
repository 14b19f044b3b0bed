/**
 * A session as Markdown. Whatever stands in it is shown as it is: long texts in fences that none of their lines can end,
 * short ones as code.
 */
import { utcTime } from '../../../base/utc-time.ts';
import { oneLine, visibleText } from '../../terminal/width.ts';
import { aboutOf, howToVerify, verdictOf, type Shown } from './page.ts';
import { turnsOf, type Item, type ShownCall, type Turn } from './turns.ts';

export async function* markdownPage(shown: Shown): AsyncGenerator<string> {
  const { report, exported_at, build } = shown;
  const about = await aboutOf(shown.entries());
  yield `# Session ${code(report.session_id)}\n\n`;
  yield list([
    ...(about.title === '' ? [] : [`Title: ${code(about.title)}`]),
    `Project: ${code(about.project_root)}`,
    `Begun: ${utcTime(about.created_at)} by ${code(about.by)}`,
    `Exported: ${utcTime(exported_at)} by runtime ${code(build)}`,
    `Verified: ${code(verdictOf(report))}`,
    `Head: entry ${report.head.seq}, \`${report.head.hash}\``,
  ]);
  for await (const turn of turnsOf(shown.entries(), shown.blobs)) yield turnText(turn);
  yield `\n## How to verify\n\n${list(howToVerify(shown, about))}`;
}

function turnText({ turn, at, items, end }: Turn): string {
  const head = turn === 0 ? 'Waits for its turn' : `Turn ${turn}`;
  const ending = end
    ? `\n**${end.reason}**: ${end.figures}${end.message === undefined ? '' : ` · ${code(end.message)}`}\n`
    : turn === 0
      ? ''
      : '\n**open**: this turn has not ended\n';
  return `\n## ${head}\n\n${utcTime(at)}\n${items.map(itemText).join('')}${ending}`;
}

function itemText(item: Item): string {
  switch (item.kind) {
    case 'message':
      return `\n### ${code(item.who)} · ${utcTime(item.at)}\n\n${fenced(item.text, 'text')}`;
    case 'said':
      return `\n### Model\n\n${fenced(item.text, 'markdown')}`;
    case 'thought':
      return `\n### Reasoning\n\n${fenced(item.text, 'text')}`;
    case 'reply':
      return `\n### Reply\n\n${fenced(item.text, 'markdown')}`;
    case 'note':
      return `\n${code(item.text)}\n`;
    case 'call':
      return callText(item.call);
  }
}

function callText({ call_id, tool, title, arguments: args, body, diff, steps, output }: ShownCall): string {
  const what = title === undefined || title === tool ? '' : ` · ${code(title)}`;
  const blocks: [string, string | undefined, string][] = [
    ['Arguments', args, 'json'],
    ['Shown to the approver', body, 'text'],
    ['Diff', diff, 'diff'],
    ['Output', output, 'text'],
  ];
  const shown = blocks.flatMap(([name, text, language]) =>
    text === undefined || text === '' ? [] : [`\n${name}:\n\n${fenced(text, language)}`],
  );
  return `\n### Call ${code(call_id)}: ${code(tool)}${what}\n\n${list(steps.map(code))}${shown.join('')}`;
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}\n`).join('');
}

/** A fence longer than any run of backticks in the text, on lines of its own. */
function fenced(text: string, language: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${visibleText(text).trimEnd()}\n${fence}\n`;
}

/** On one line, between more backticks than it has in a row. */
function code(text: string): string {
  const line = oneLine(text).trim();
  const ticks = '`'.repeat(longestRun(line) + 1);
  const space = line.startsWith('`') || line.endsWith('`') || line === '' ? ' ' : '';
  return `${ticks}${space}${line}${space}${ticks}`;
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, { length }) => Math.max(longest, length), 0);
}
