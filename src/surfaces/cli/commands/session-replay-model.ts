/** `session replay --model`: where another model would have gone another way. */
import { RuntimeError } from '../../../contract/errors.ts';
import type { StoredEntry } from '../../../contract/ports.ts';
import type { ComparedThink, ReplayReport } from '../../../contract/replay.ts';
import { addUsage } from '../../../kernel/budget/budget.ts';
import { NO_USAGE } from '../../../kernel/turn/state.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { askAgain } from '../../../engine/past/ask-again.ts';
import { requireModelThere } from '../../../engine/gone-model.ts';
import { readSession } from '../../../engine/sessions.ts';
import { otherModel } from '../../../engine/wire.ts';
import { onSignals } from '../../signals.ts';
import { nextCommand, openForCommand, type CommandAction } from '../context.ts';
import { differenceLines, summaryLine } from '../difference-lines.ts';
import { turnOf } from '../turn-number.ts';
import { usdOf } from '../money.ts';
import { printValue, type OutputFormat } from '../listing.ts';

export interface AskAgainOptions {
  output: OutputFormat;
  model: string;
  maxCost?: string;
  maxCalls?: string;
  stopAtFirst?: true;
  /** The first turn to compare. */
  from?: string;
}

const DIFFERS = 1;

export const replayWithModel: CommandAction<AskAgainOptions> = async (context, options, id) => {
  const { io, environment } = context;
  refuseTools(environment); // it spends the person's money
  const workspace = await openForCommand(context, options);
  const { entries, end } = await readSession(workspace, id);
  const { model } = options;
  const wasListed = ({ entry }: StoredEntry): boolean =>
    entry.type === 'session.configured' && entry.data.model === model && entry.data.listed === true;
  if (entries.some(wasListed)) requireModelThere({ model, model_listed: true }, workspace.loaded.config);
  const { choice, client } = await otherModel(workspace, model);
  const max_cost = options.maxCost === undefined ? undefined : Math.round(usdOf(options.maxCost) * 1_000_000);
  if (max_cost !== undefined && !choice.price) {
    throw new RuntimeError('price_missing', `--max-cost needs the price of the model "${choice.name}".`, {
      next: `Set \`price: {input: …, output: …}\` (USD per million tokens) for "${choice.name}" in models.registry.`,
    });
  }
  const stop = new AbortController();
  let code: number | undefined;
  const stopListening = onSignals(({ exitCode }) => {
    code ??= exitCode;
    stop.abort();
  });
  const thinks: ComparedThink[] = [];
  try {
    const comparing = askAgain({
      entries: entries.map(({ entry }) => entry),
      blobs: workspace.store.blobs,
      choice,
      client,
      signal: stop.signal,
      ...(options.from !== undefined && { from_turn: turnOf('--from', options.from) }),
      stop_at_first: options.stopAtFirst ?? false,
      ...(options.maxCalls !== undefined && { max_calls: callsOf(options.maxCalls) }),
      ...(max_cost !== undefined && { max_cost_micro_usd: max_cost }),
    });
    for await (const think of comparing) {
      thinks.push(think);
      if (options.output !== 'table') continue;
      for (const line of differenceLines(think, choice.name, io.stdout)) io.stdout.write(`${line}\n`);
    }
  } finally {
    stopListening();
  }
  if (code !== undefined) return code;
  const report = reportOf(id, choice.name, thinks);
  if (options.output === 'table') io.stdout.write(`${summaryLine(report)}\n`);
  else await printValue(io, options.output, report);
  if (end.failure) {
    throw new RuntimeError('store_damaged', `Session ${id} is damaged behind what was compared: ${end.failure.message}.`, {
      next: `Look with \`${nextCommand(context, options, `session verify ${id}`)}\`; \`${nextCommand(context, options, 'store repair')}\` says what can be saved.`,
    }); // prettier-ignore
  }
  return report.diverged + report.failed > 0 ? DIFFERS : 0;
};

function reportOf(session_id: string, model: string, thinks: ComparedThink[]): ReplayReport {
  const count = (wanted: ComparedThink['outcome']): number => thinks.filter(({ outcome }) => outcome === wanted).length;
  const costs = thinks.flatMap(({ cost_micro_usd }) => cost_micro_usd ?? []);
  return {
    schemaVersion: 'runtime.replay.v1',
    session_id,
    model,
    same: count('same'),
    diverged: count('diverged'),
    failed: count('failed'),
    not_asked: count('not_asked'),
    usage: thinks.reduce((sum, { usage }) => addUsage(sum, usage ?? NO_USAGE), NO_USAGE),
    ...(costs.length > 0 && { cost_micro_usd: costs.reduce((sum, cost) => sum + cost, 0) }),
    thinks,
  };
}

function callsOf(text: string): number {
  const calls = Number(text);
  if (Number.isSafeInteger(calls) && calls >= 1) return calls;
  throw new RuntimeError('usage', `--max-calls ${text} is no number of calls`, { next: 'Write 1 or more.' });
}
