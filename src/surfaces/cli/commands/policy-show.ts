import { realpathSync } from 'node:fs';
import { describePolicy, describeRules, type PolicyRow, type RuleRow } from '../../../engine/policy-check.ts';
import type { Workspace } from '../../../engine/wire.ts';
import { type CommandAction, openForCommand } from '../context.ts';
import { type Column, type OutputFormat, printRows } from '../listing.ts';
import { printPaged } from '../pager.ts';

const COLUMNS: Column<PolicyRow>[] = [
  { title: 'tool', text: ({ tool }) => tool, narrow: 'whole' },
  { title: 'effect', text: ({ effect }) => effect, narrow: 'spare' },
  { title: 'verdict', text: ({ verdict }) => verdict, narrow: 'whole' },
  { title: 'reason', text: ({ reason }) => reason, narrow: 'flexible' },
];

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

/** `policy show` */
export const showPolicy: CommandAction<{ output: OutputFormat }> = async (context, options) => {
  const workspace = await openForCommand(context, options);
  const rules = describeRules(workspace);
  await printPaged(context.io, context.environment, async (io) => {
    await printRows(io, options.output, describePolicy(workspace), COLUMNS, 'There are no tools.');
    const none = await sandboxMissing(workspace);
    if (none !== undefined) context.io.stderr.write(`${none}\n`);
    if (options.output !== 'table' || rules.length === 0) return;
    io.stdout.write('\n');
    await printRows(io, 'table', rules, RULES, '');
  });
};
