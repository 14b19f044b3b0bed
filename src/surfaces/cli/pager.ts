/** Text that is longer than the screen goes through a pager; anything else is written as it is. */
import type { Environment } from '../../base/environment.ts';
import { displayWidth } from '../terminal/width.ts';
import type { Io, Output } from './io.ts';

/** Colours take no columns. */
// eslint-disable-next-line no-control-regex
const COLOURS = /\x1b\[[\d;]*m/g;

/**
 * Writes a text, or lines without their newlines, to standard output. On a terminal that they don't fit on, through
 * `RUNTIME_PAGER`, else `PAGER`, else `less`; an empty one or `cat` means none. Leaving the pager early ends the reading of
 * lines, and is no error.
 */
export async function paged(
  { stdout }: Pick<Io, 'stdout'>,
  environment: Environment,
  text: string | AsyncIterable<string>,
): Promise<void> {
  const lines = typeof text === 'string' ? linesOf(text) : text;
  const pager = stdout.isTty ? await chosenPager(environment) : undefined;
  if (pager === undefined || stdout.rows === undefined) {
    for await (const line of lines) stdout.write(`${line}\n`);
    return;
  }
  // One row is left for the shell's prompt.
  let free = stdout.rows - 1;
  const held: string[] = [];
  const rest = (Symbol.asyncIterator in lines ? lines : asyncOf(lines))[Symbol.asyncIterator]();
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    held.push(next.value);
    free -= rowsOf(next.value, stdout);
    if (free >= 0) continue;
    const { showThrough } = await import('./pager-process.ts');
    return showThrough(pager, environment, stdout, held, rest);
  }
  for (const line of held) stdout.write(`${line}\n`);
}

/** The same for what a command prints by itself, all of it. */
export async function printPaged(io: Io, environment: Environment, print: (io: Io) => Promise<void>): Promise<void> {
  const { isTty, colour, columns } = io.stdout;
  if (!isTty) return print(io);
  let text = '';
  await print({ ...io, stdout: { isTty, colour, columns, write: (part) => void (text += part) } });
  if (text !== '') await paged(io, environment, text);
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}

async function* asyncOf(lines: Iterable<string>): AsyncGenerator<string> {
  yield* lines;
}

function rowsOf(line: string, { columns = Infinity }: Output): number {
  const rows = (text: string): number => Math.max(1, Math.ceil(displayWidth(text) / columns));
  return line
    .replace(COLOURS, '')
    .split('\n')
    .reduce((sum, text) => sum + rows(text), 0);
}

/** A line for the shell. */
async function chosenPager(environment: Environment): Promise<string | undefined> {
  if (!environment['TERM'] || environment['TERM'] === 'dumb') return undefined;
  const wanted = environment['RUNTIME_PAGER'] ?? environment['PAGER'];
  if (wanted !== undefined) return /^\s*(cat)?\s*$/.test(wanted) ? undefined : wanted;
  const { isInstalled } = await import('./pager-process.ts');
  return isInstalled('less', environment) ? 'less' : undefined;
}
