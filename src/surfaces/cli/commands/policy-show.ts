import { realpathSync } from 'node:fs';
import type { Quota } from '../../../contract/values.ts';
import { describePolicy, describeRules, type PolicyRow, type RuleRow } from '../../../engine/policy-check.ts';
import type { Workspace } from '../../../engine/wire.ts';
import { type CommandAction, openForCommand } from '../context.ts';
import { type Column, type OutputFormat, printRows } from '../listing.ts';
import { printPaged } from '../pager.ts';

/** `today`: of a tool with a daily limit. */
type Row = PolicyRow & { today?: Quota };

const COLUMNS: Column<Row>[] = [
  { title: 'tool', text: ({ tool }) => tool, narrow: 'whole' },
  { title: 'effect', text: ({ effect }) => effect, narrow: 'spare' },
  { title: 'verdict', text: ({ verdict }) => verdict, narrow: 'whole' },
  { title: 'reason', text: ({ reason }) => reason, narrow: 'flexible' },
];

/** Where a tool has a daily limit. */
const TODAY: Column<Row> = {
  title: 'today',
  text: ({ today }) => (today ? `${today.used} of ${today.limit}` : ''),
  narrow: 'whole',
};

const RULES: Column<RuleRow>[] = [
  { title: 'rule', text: ({ id }) => id, narrow: 'whole' },
  {
    title: 'decision',
    text: ({ decision, approvers }) => (approvers ? `${decision} (${approvers.join(', ')})` : decision),
    narrow: 'whole',
  },
  { title: 'tools', text: ({ tools }) => tools, narrow: 'flexible' },
  { title: 'when', text: ({ when }) => when, narrow: 'flexible' },
];

/** Where commands would run without a sandbox, that decides over them whatever the lists say. */
async function sandboxMissing({ policy, sandboxes }: Workspace): Promise<string | undefined> {
  if (policy.sandbox === 'off') return undefined;
  const found = await sandboxes.find(realpathSync(process.cwd()));
  if (!('none' in found)) return undefined;
  return `no sandbox here: each command ${policy.sandbox === 'auto' ? 'asks' : 'is refused'} (${found.none})`;
}

async function policyToday(workspace: Workspace): Promise<Row[]> {
  const rows = describePolicy(workspace);
  if (workspace.loaded.config.governance.daily_tool_limit === 0) return rows;
  const { quotasToday } = await import('../../../engine/budget/quotas-today.ts');
  const quotas = await quotasToday(workspace);
  return rows.map((row) => ({ ...row, ...(quotas.has(row.tool) && { today: quotas.get(row.tool)! }) }));
}

/** `policy show` */
export const showPolicy: CommandAction<{ output: OutputFormat }> = async (context, options) => {
  const workspace = await openForCommand(context, options);
  const rules = describeRules(workspace);
  const rows = await policyToday(workspace);
  const columns = rows.some(({ today }) => today) ? COLUMNS.toSpliced(3, 0, TODAY) : COLUMNS;
  await printPaged(context.io, context.environment, async (io) => {
    await printRows(io, options.output, rows, columns, 'There are no tools.');
    const none = await sandboxMissing(workspace);
    if (none !== undefined) context.io.stderr.write(`${none}\n`);
    if (options.output !== 'table' || rules.length === 0) return;
    io.stdout.write('\n');
    await printRows(io, 'table', rules, RULES, '');
  });
};
