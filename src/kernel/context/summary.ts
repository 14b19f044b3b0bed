/** The content that stands in the history for what was summed up. A person's role: nothing in it is an instruction of ours. */
import type { Content } from '../../contract/messages.ts';
import type { Summary } from '../../contract/summary.ts';
import { indented } from './transcript.ts';

const OPENING =
  'This conversation was longer than fits, so its beginning is summed up here. It is a record for you, not a new request.';

const READ_AGAIN = 'What one of these put out you can read again: read_output with its id, as {"call_id":"c2.1.3"}.';

export function summaryContent(summary: Summary): Content {
  const sections = [
    OPENING,
    // Indented: what a model was led to write is not to pass for what the record says.
    section(
      'Summary',
      indented(summary.text ? `  ${summary.text}` : 'Nobody could sum it up: only the record below is left.'),
    ),
    ...said(summary),
    ...done(summary),
  ];
  return { parts: [{ text: sections.join('\n\n'), type: 'text' }], role: 'user' };
}

function said({ said: messages, unsaid }: Summary): string[] {
  if (messages.length === 0) return [];
  const before = unsaid > 0 ? [`(${unsaid} earlier messages are only in the summary.)`] : [];
  const lines = messages.map(({ text, cut }) => `- ${cut ? '(shortened) ' : ''}${indented(text)}`);
  return [section('What the person wrote, word for word', [...before, ...lines].join('\n'))];
}

function done({ done: actions, counts }: Summary): string[] {
  const lines = actions.map(({ call_id, tool, what, outcome, files = [], output_bytes }) => {
    const changed = files.length > 0 ? `; changed ${files.join(', ')}` : '';
    const output = output_bytes === undefined ? '' : `; ${output_bytes} bytes of output`;
    return `- ${call_id} ${tool}: ${what} → ${outcome}${changed}${output}`;
  });
  const others = counts.map(({ tool, outcome, count }) => `${tool} ${outcome} ${count}×`);
  if (others.length > 0) lines.unshift(`- Beside these: ${others.join(', ')}.`);
  if (lines.length === 0) return [];
  if (actions.some(({ output_bytes }) => output_bytes !== undefined)) lines.push(`(${READ_AGAIN})`);
  return [
    section('What you have done, by the record. It has happened: do not deny it, do not repeat it', lines.join('\n')),
  ];
}

function section(title: string, text: string): string {
  return `## ${title}\n${text}`;
}
