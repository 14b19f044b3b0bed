import { describePolicy, type PolicyRow } from '../../../engine/policy-check.ts';
import { type CommandAction, openForCommand } from '../context.ts';
import { type Column, type OutputFormat, printRows } from '../listing.ts';

const COLUMNS: Column<PolicyRow>[] = [
  { title: 'tool', text: ({ tool }) => tool, narrow: 'whole' },
  { title: 'effect', text: ({ effect }) => effect, narrow: 'spare' },
  { title: 'verdict', text: ({ verdict }) => verdict, narrow: 'whole' },
  { title: 'reason', text: ({ reason }) => reason, narrow: 'flexible' },
];

/** `policy show` */
export const showPolicy: CommandAction<{ output: OutputFormat }> = async (context, options) => {
  const workspace = await openForCommand(context, options);
  await printRows(context.io, options.output, describePolicy(workspace), COLUMNS, 'There are no tools.');
};
