import type { CostBy, CostReport, Counted } from '../../../contract/cost.ts';
import { costOfAll } from '../../../engine/cost.ts';
import { type CommandAction, openForCommand } from '../context.ts';
import { type OutputFormat, printRows, printValue } from '../listing.ts';
import { money } from '../money.ts';

interface CostOptions {
  by: CostBy;
  since?: string;
  until?: string;
  output: OutputFormat;
}

/** `cost` */
export const cost: CommandAction<CostOptions> = async (context, options) => {
  const { store } = await openForCommand(context, options);
  const { by, since, until, output } = options;
  const report = await costOfAll(store, { by, ...(since && { since }), ...(until && { until }) });
  if (output !== 'table') return printValue(context.io, output, report);
  const { rows, total } = report;
  await printRows(
    context.io,
    output,
    rows.length > 1 ? [...rows, { key: 'total', ...total }] : rows,
    [
      { title: by, text: ({ key }) => key || 'not recorded', narrow: 'flexible' },
      { title: 'cost', text: costText },
      { title: 'calls', text: ({ calls }) => String(calls) },
      { title: 'input', text: ({ usage }) => String(usage.input) },
      { title: 'cached', text: ({ usage }) => String(usage.cached), narrow: 'spare' },
      { title: 'output', text: ({ usage }) => String(usage.output) },
    ],
    'no model was asked',
  );
  for (const note of notesOn(report)) context.io.stderr.write(`${note}\n`);
};

function costText({ cost_micro_usd, unpriced_tokens, calls }: Counted): string {
  if (unpriced_tokens === 0 && calls > 0) return money(cost_micro_usd);
  return cost_micro_usd === 0 ? 'unknown' : `${money(cost_micro_usd)} and unknown`;
}

function notesOn({ total, unreadable }: CostReport): string[] {
  const { unpriced_tokens, unknown_calls } = total;
  const notes: string[] = [];
  if (unpriced_tokens > 0) {
    notes.push(`Of ${unpriced_tokens} tokens the price isn't known: set \`price\` for their model in models.registry.`);
  }
  if (unknown_calls > 0) notes.push(`${unknown_calls} calls failed without a word of what they used; they may have cost something.`); // prettier-ignore
  for (const session of unreadable) notes.push(`Session ${session} is damaged; what it used is counted up to there.`);
  return notes;
}
