import { RuntimeError } from '../../../contract/errors.ts';
import { beginningOf, replaySteps } from '../../../engine/past/replay-steps.ts';
import { readSession } from '../../../engine/sessions.ts';
import { createTurnCounter, entryEvent } from '../../../engine/stream.ts';
import { replay, replayLines } from '../../repl/replay.ts';
import { turnOf } from '../turn-number.ts';
import { nextCommand, openRecords, type CommandAction } from '../context.ts';
import { printValue } from '../listing.ts';
import type { AskAgainOptions } from './session-replay-model.ts';

interface Options extends Omit<AskAgainOptions, 'model'> {
  model?: string;
  speed?: string;
}

const USUAL_SPEED = 2;
const USUAL_COLUMNS = 80;

/** `session replay` */
export const replaySession: CommandAction<Options> = async (context, options, id) => {
  const { io, environment } = context;
  const { model, maxCost, maxCalls, stopAtFirst } = options;
  if (model !== undefined) {
    const { replayWithModel } = await import('./session-replay-model.ts');
    return (await replayWithModel(context, { ...options, model }, id)) ?? 0;
  }
  if (maxCost !== undefined || maxCalls !== undefined || stopAtFirst) {
    throw new RuntimeError('usage', '--max-cost, --max-calls and --stop-at-first go with --model', {
      next: 'See `runtime session replay --help`.',
    });
  }
  const speed = speedOf(options.speed);
  const workspace = await openRecords(context, options);
  const { blobs } = workspace.store;
  const { entries, end } = await readSession(workspace, id);
  const first = options.from === undefined ? 1 : seqOf(options.from, id, entries.map(({ entry }) => entry)); // prettier-ignore
  let code = 0;
  if (options.output !== 'table') {
    const turnOf = createTurnCounter();
    const events = entries.map((stored) => entryEvent(id, stored, turnOf(stored)));
    await printValue(io, options.output, events.slice(first - 1));
  } else {
    const steps = replaySteps({ session_id: id, entries, blobs }, first);
    const terminal = io.terminal();
    if (terminal === undefined) {
      for await (const line of replayLines(steps, { blobs, from: first, columns: USUAL_COLUMNS })) {
        io.stdout.write(`${line}\n`);
      }
    } else code = await replay(steps, { terminal, environment, clock: workspace.clock, blobs, speed, from: first });
  }
  if (!end.failure || code !== 0) return code;
  throw new RuntimeError('store_damaged', `Session ${id} is damaged behind what is shown: ${end.failure.message}.`, {
    next: `Look with \`${nextCommand(context, options, `session verify ${id}`)}\`; \`${nextCommand(context, options, 'store repair')}\` says what can be saved.`,
  });
};

function speedOf(text: string | undefined): number {
  if (text === undefined) return USUAL_SPEED;
  if (text === 'max') return Infinity;
  const speed = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (speed > 0) return speed;
  throw new RuntimeError('usage', `--speed ${text} is no speed`, { next: 'Write 1 (as it was), 10, or max.' });
}

function seqOf(text: string, id: string, entries: Parameters<typeof beginningOf>[0]): number {
  const turn = turnOf('--from', text);
  const seq = beginningOf(entries, turn);
  if (seq !== undefined) return seq;
  throw new RuntimeError('not_found', `Session ${id} has no turn ${turn}.`, {
    next: `See its turns with \`runtime session show ${id}\`.`,
  });
}
