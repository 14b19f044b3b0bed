import type { Decided } from '../../../contract/policy-stats.ts';
import { policyStats } from '../../../engine/policy-stats.ts';
import { type CommandAction, openForCommand } from '../context.ts';
import { type Column, type OutputFormat, printRows, printValue } from '../listing.ts';

interface Options {
  since?: string;
  until?: string;
  output: OutputFormat;
}

type Row = { name: string } & Decided;

const COUNTS: Column<Row>[] = (['allowed', 'asked', 'granted', 'refused', 'expired', 'denied'] as const).map(
  (title) => ({ title, text: (row) => String(row[title]), ...(title === 'expired' && { narrow: 'spare' }) }),
);

/** `policy stats` */
export const countDecisions: CommandAction<Options> = async (context, options) => {
  const { io } = context;
  const { since, until, output } = options;
  const workspace = await openForCommand(context, options);
  const stats = await policyStats(workspace, { ...(since && { since }), ...(until && { until }) });
  if (output !== 'table') return printValue(io, output, stats);
  const { total, tools, rules, unused, unreadable } = stats;
  const ofTools: Row[] = tools.map(({ tool: name, ...counts }) => ({ name, ...counts }));
  if (tools.length > 1) ofTools.push({ name: 'total', ...total });
  await printRows(io, output, ofTools, columns('tool'), 'no call was judged');
  if (rules.length > 0) {
    io.stdout.write('\n');
    const ofRules = rules.map(({ rule, earlier, ...counts }) => ({ name: earlier ? `${rule}, as it was` : rule, ...counts })); // prettier-ignore
    await printRows(io, output, ofRules, columns('rule'), '');
  }
  if (unused.length > 0) io.stdout.write('\n');
  for (const id of unused) io.stdout.write(`never applied: ${id}\n`);
  for (const session of unreadable) io.stderr.write(`Session ${session} is damaged; its calls are counted up to there.\n`); // prettier-ignore
};

function columns(title: string): Column<Row>[] {
  return [{ title, text: ({ name }) => name, narrow: 'flexible' }, ...COUNTS];
}
