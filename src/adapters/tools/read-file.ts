import { closeSync } from 'node:fs';
import { BINARY_PROBE_BYTES, SHOWN_BYTES } from './limits.ts';
import { openFile, readAt } from '../../base/files/open-file.ts';
import { readPathFact } from './paths/path-facts.ts';
import { failureOf } from '../../base/failure.ts';
import { failed, noFacts, type Outcome, succeeded, type Tool } from './tool.ts';
import { visible } from './visible.ts';

const DEFAULT_LINES = 2000;
const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

type ReadFileArguments = { path: string; offset?: number; limit?: number };

export const readFile: Tool = {
  name: 'read_file',
  description: 'Reads a text file. Gives up to 15 KiB of whole lines and says how to go on.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', minLength: 1, description: 'Relative to the project root' },
      offset: { type: 'integer', minimum: 1, description: 'First line, from 1' },
      limit: { type: 'integer', minimum: 1, description: 'Most lines; default 2000' },
    },
    required: ['path'],
    additionalProperties: false,
  },
  effect: 'read',
  recovery: 'rerun',
  async prepare(args, scene) {
    const { path, offset = 1, limit = DEFAULT_LINES } = args as ReadFileArguments;
    const fact = readPathFact(scene, 'path', path);
    if ('invalid' in fact) return fact;
    return {
      facts: { ...noFacts, paths: [fact] },
      presentation: { title: `Read ${visible(path)}` },
      execute: (_, { signal }) => readLines(fact.real, offset, limit, signal),
    };
  },
};

/** Reads from the start to the end of the wanted lines and one chunk more, never further. */
async function readLines(real: string, offset: number, limit: number, signal: AbortSignal): Promise<Outcome> {
  const file = openFile(real);
  if ('code' in file) return failed(file);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const kept: Buffer[] = []; // the wanted lines' bytes, as far as they may be shown
    let keptBytes = 0;
    let line = 1; // of the byte at `position`
    let position = 0;
    let last = -1;
    while (line < offset + limit && keptBytes <= SHOWN_BYTES) {
      if (signal.aborted) return { outcome: 'canceled', output: 'canceled' };
      const count = await readAt(file.fd, chunk, position);
      if (count === 0) break;
      if (position === 0 && chunk.subarray(0, Math.min(count, BINARY_PROBE_BYTES)).includes(0)) {
        return succeeded(`[a binary file of ${file.stats.size} bytes; not shown]`);
      }
      const from = skipLines(chunk, 0, count, offset - line);
      line += from.lines;
      let to = from;
      if (line >= offset) {
        to = skipLines(chunk, from.at, count, offset + limit - line);
        line += to.lines;
        kept.push(Buffer.from(chunk.subarray(from.at, to.at)));
        keptBytes += to.at - from.at;
      }
      last = chunk[to.at - 1] ?? last;
      position += to.at;
    }
    const more = (await readAt(file.fd, chunk, position)) > 0;
    const lines = line - 1 + (last === -1 || last === NEWLINE ? 0 : 1);
    return succeeded(render(Buffer.concat(kept), offset, lines, more));
  } catch (error) {
    return failed(failureOf(error));
  } finally {
    closeSync(file.fd);
  }
}

/** Goes over at most `count` line ends; `at` is behind the last one, or `end`. */
function skipLines(bytes: Buffer, start: number, end: number, count: number): { at: number; lines: number } {
  let at = start;
  for (let lines = 0; lines < count; lines++) {
    const found = bytes.indexOf(NEWLINE, at);
    if (found === -1 || found >= end) return { at: end, lines };
    at = found + 1;
  }
  return { at, lines: Math.max(count, 0) };
}

/** `lines`: how many lines of the file were gone over; `more`: whether the file goes on behind them. */
function render(bytes: Buffer, offset: number, lines: number, more: boolean): string {
  if (lines === 0) return '[an empty file]';
  if (lines < offset) return `[no line ${offset}: the file has ${lines} lines]`;
  if (bytes.length <= SHOWN_BYTES) {
    return bytes.toString() + (more ? `\n[lines ${offset} to ${lines}; go on with offset ${lines + 1}]` : '');
  }
  const end = bytes.lastIndexOf(NEWLINE, SHOWN_BYTES - 1) + 1;
  if (end === 0) {
    const next = bytes.includes(NEWLINE) || more ? `; go on with offset ${offset + 1}` : '';
    return `${bytes.toString('utf8', 0, SHOWN_BYTES)}\n[line ${offset} is too long: cut after ${SHOWN_BYTES} bytes${next}]`;
  }
  const shown = bytes.subarray(0, end);
  const next = offset + skipLines(shown, 0, end, Infinity).lines;
  return `${shown.toString()}\n[lines ${offset} to ${next - 1}; go on with offset ${next}]`;
}
