import { dirname } from 'node:path';
import { systemClock } from '../../../base/clock.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { type Killed, killAtEach } from '../../../engine/chaos/kill-at.ts';
import { choosePoints } from '../../../engine/chaos/points.ts';
import { onSignals } from '../../signals.ts';
import { oneLine, truncate } from '../../terminal/width.ts';
import { wrapWords } from '../../terminal/wrap-words.ts';
import type { CommandAction } from '../context.ts';
import type { Io, Output } from '../io.ts';
import { printValue } from '../listing.ts';
import { type Colour, paint } from '../paint.ts';
import { createProgressBar } from '../progress-bar.ts';

interface Options {
  points?: string;
  all?: true;
  keep?: true;
  output: 'table' | 'json';
}

/** As wide as the words of the widest point, and a gap. */
const FIRST_COLUMNS = 47;
const USUAL_COLUMNS = 80;

/** `chaos`: exit code 1 when something did not hold. */
export const chaos: CommandAction<Options> = async ({ io, environment }, options) => {
  refuseTools(environment);
  const { points: pattern, all = false, keep = false, output } = options;
  const points = choosePoints({ all, ...(pattern !== undefined && { pattern }) });
  if (points.length === 0) {
    throw new RuntimeError('usage', `no crash point has ${JSON.stringify(pattern)} in its name or description`, {
      next: 'Use a part of a name that `runtime chaos --all` prints while it goes through them, as "call.started".',
    });
  }

  const controller = new AbortController();
  let left: number | undefined;
  const stopListening = onSignals(({ exitCode }) => {
    left = exitCode;
    controller.abort();
  });
  const asTable = output === 'table';
  // Rows that come one by one say themselves how far it is.
  const watched = asTable && io.stdout.isTty;
  const bar = createProgressBar({
    output: io.stderr,
    clock: systemClock,
    environment,
    doing: 'killing',
    unit: 'points',
    total: watched ? 0 : points.length,
  });
  const results: Killed[] = [];
  try {
    if (asTable) sayHead(io.stdout, points.length);
    bar.update(0);
    const program = [process.execPath, process.argv[1]!];
    const how = { program, path: environment['PATH'] ?? '', keep, signal: controller.signal };
    for await (const result of killAtEach(points, how)) {
      results.push(result);
      bar.update(results.length);
      if (asTable) sayRow(io.stdout, result);
    }
  } catch (thrown) {
    if (left === undefined) throw thrown;
  } finally {
    bar.end();
    stopListening();
  }
  if (left !== undefined) {
    io.stderr.write(`stopped: ${results.length} of ${points.length} points were tried\n`);
    return left;
  }
  const failed = results.filter(({ broken }) => broken.length > 0).length;
  if (asTable) saySummary(io, results);
  else
    await printValue(io, output, {
      schemaVersion: 'runtime.chaos.v1',
      ok: failed === 0,
      passed: results.length - failed,
      failed,
      points: results,
    });
  return failed === 0 ? 0 : 1;
};

function sayHead(stdout: Output, points: number): void {
  const told =
    'A turn reads two files, patches three and runs a command that counts its runs. It is killed with SIGKILL at ' +
    `${points === 1 ? 'one point' : `${points} points`}, each time from the beginning, and started again.`;
  const width = stdout.columns ?? USUAL_COLUMNS;
  stdout.write(`${wrapWords(told, width).join('\n')}\n\n`);
  stdout.write(`${paint(stdout, 'bold', laidOut(stdout, 'KILLED WHEN', 'WHAT THE NEXT START DID'))}\n`);
}

/** Two lines: the point in words and by its name, what was done next and how it came out. */
function sayRow(stdout: Output, { point, words, next_start, broken, ...result }: Killed): void {
  const [mark, colour]: [string, Colour] = broken.length === 0 ? ['✓', 'green'] : ['✗', 'red'];
  stdout.write(`${paint(stdout, colour, mark)}${laidOut(stdout, words, next_start).slice(mark.length)}\n`);
  const runs = `ran ${result.command_runs}×`;
  const proof = result.proof === 'none' ? 'no journal' : `${result.entries} entries ${result.proof}`;
  stdout.write(`${paint(stdout, 'dim', laidOut(stdout, point, `${runs}, ${proof}`))}\n`);
  for (const what of broken) stdout.write(`  ${paint(stdout, 'red', oneLine(what))}\n`);
}

/** A line of the table: room for a mark, then both columns. */
function laidOut({ columns }: Output, first: string, second: string): string {
  return truncate(`  ${first.padEnd(FIRST_COLUMNS)}${second}`, columns ?? Infinity);
}

function saySummary({ stdout }: Io, results: readonly Killed[]): void {
  const count = (is: (result: Killed) => boolean): number => results.filter(is).length;
  const held = count(({ broken }) => broken.length === 0);
  const failed = results.length - held;
  const runs = count(({ command_runs }) => command_runs === 1);
  const unknown = count((result) => result.unknown);
  const told = [
    `The command ran once at ${runs} and never twice; at ${unknown} nobody could know, and the model was told so.`,
    `Messages with exactly one answer: ${held}. Journals verified: ${count(({ proof }) => proof === 'verified')}.`,
  ];
  const kept = results.flatMap(({ folder }) => folder ?? []);
  stdout.write('\n');
  for (const line of told) stdout.write(`${wrapWords(line, stdout.columns ?? USUAL_COLUMNS).join('\n')}\n`);
  const counts = [
    paint(stdout, 'green', `${held} held`),
    paint(stdout, failed > 0 ? 'red' : 'dim', `${failed} did not`),
  ];
  stdout.write(`${results.length} points: ${counts.join(', ')}\n`);
  if (kept.length > 0) stdout.write(`kept: ${kept.length === 1 ? kept[0] : dirname(kept[0]!)}\n`);
}
