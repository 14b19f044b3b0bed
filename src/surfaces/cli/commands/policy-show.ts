import { describePolicy, type PolicyRow } from '../../../engine/policy-check.ts';
import { type CommandAction, openForCommand } from '../context.ts';
import { type Column, type OutputFormat, printRows } from '../listing.ts';
import { printPaged } from '../pager.ts';

const COLUMNS: Column<PolicyRow>[] = [
  { title: 'tool', text: ({ tool }) => tool, narrow: 'whole' },
  { title: 'effect', text: ({ effect }) => effect, narrow: 'spare' },
  { title: 'verdict', text: ({ verdict }) => verdict, narrow: 'whole' },
  { title: 'reason', text: ({ reason }) => reason, narrow: 'flexible' },
];

/** `policy show` */
export const showPolicy: CommandAction<{ output: OutputFormat }> = async (context, options) => {
  const workspace = await openForCommand(context, options);
  await printPaged(context.io, context.environment, (io) =>
    printRows(io, options.output, describePolicy(workspace), COLUMNS, 'There are no tools.'),
  );
};
