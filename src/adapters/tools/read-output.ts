import { characterStart } from '../../base/utf8.ts';
import { SHOWN_BYTES } from './limits.ts';
import { matcherOf, matchingLines } from './matching-lines.ts';
import { failed, noFacts, type Outcome, succeeded, type Tool } from './tool.ts';
import { visible } from './visible.ts';

const NEWLINE = 0x0a;

type ReadOutputArguments = { call_id: string; offset?: number; limit?: number; find?: string };

export const readOutput: Tool = {
  name: 'read_output',
  description: 'Reads on in the output of an earlier call whose middle was left out, or finds lines in it.',
  parameters: {
    type: 'object',
    properties: {
      call_id: { type: 'string' },
      offset: { type: 'integer', minimum: 0, description: 'In bytes' },
      limit: { type: 'integer', minimum: 1, maximum: SHOWN_BYTES },
      find: { type: 'string', minLength: 1, description: 'A literal text' },
    },
    required: ['call_id'],
    additionalProperties: false,
  },
  effect: 'read',
  recovery: 'rerun',
  async prepare(args) {
    const { call_id, find, ...page } = args as ReadOutputArguments;
    const title = `Read the output of ${visible(call_id)}`;
    return {
      facts: noFacts,
      presentation: { title: find === undefined ? title : `${title} for "${visible(find)}"` },
      async execute(_, { outputOf }) {
        const output = await outputOf(call_id);
        if (output === undefined) return noOutput(call_id);
        const bytes = Buffer.from(output);
        return find === undefined ? pageOf(bytes, page) : linesWith(bytes, find, page);
      },
    };
  },
};

function noOutput(call_id: string): Outcome {
  const message = `no call ${visible(call_id)} has ended in this session: take the call_id from where an output was cut, or from the summary`;
  return failed({ code: 'not_found', message });
}

interface Page {
  offset?: number;
  limit?: number;
}

/** Whole lines, unless the first alone is too long; then whole characters. */
function pageOf(bytes: Buffer, { offset = 0, limit = SHOWN_BYTES }: Page): Outcome {
  if (bytes.length === 0) return succeeded('[it put out nothing]');
  if (offset >= bytes.length) return succeeded(`[no byte ${offset}: the output has ${bytes.length} bytes]`);
  const start = characterStart(bytes, offset);
  const end = endOf(bytes, start, limit);
  const next = end < bytes.length ? `go on with offset ${end}` : 'the end';
  return succeeded(`${bytes.toString('utf8', start, end)}\n[bytes ${start} to ${end} of ${bytes.length}; ${next}]`);
}

function endOf(bytes: Buffer, start: number, limit: number): number {
  if (start + limit >= bytes.length) return bytes.length;
  const line = bytes.lastIndexOf(NEWLINE, start + limit - 1) + 1;
  if (line > start) return line;
  const character = characterStart(bytes, start + limit);
  return character > start ? character : characterEnd(bytes, start);
}

/** Behind the character at a place: a page has at least one. */
function characterEnd(bytes: Buffer, start: number): number {
  let end = start + 1;
  while (end < bytes.length && characterStart(bytes, end) === start) end++;
  return end;
}

function linesWith(bytes: Buffer, find: string, { offset = 0, limit = SHOWN_BYTES }: Page): Outcome {
  const start = characterStart(bytes, Math.min(offset, bytes.length));
  const text = bytes.toString('utf8', start);
  const lines: string[] = [];
  let [shown, units, at] = [0, 0, start];
  for (const line of matchingLines(text, matcherOf(find))) {
    at += Buffer.byteLength(text.slice(units, line.at));
    units = line.at;
    const said = `${at}: ${line.shown}`;
    shown += Buffer.byteLength(said) + 1;
    if (shown > limit && lines.length > 0) {
      lines.push(`[more lines match: find on with offset ${at}]`);
      return succeeded(lines.join('\n'));
    }
    lines.push(said);
  }
  if (lines.length === 0) return succeeded('[no line matches]');
  return succeeded([...lines, '[before each line: its offset]'].join('\n'));
}
