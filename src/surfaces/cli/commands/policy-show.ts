import { describePolicy, type PolicyRow } from '../../../engine/policy-check.ts';
import { type CommandAction, openForCommand } from '../context.ts';
import { type Column, type OutputFormat, printRows } from '../listing.ts';

const COLUMNS: Column<PolicyRow>[] = [
  { title: 'tool', text: ({ tool }) => tool },
  { title: 'effect', text: ({ effect }) => effect },
  { title: 'verdict', text: ({ verdict }) => verdict },
  { title: 'reason', text: ({ reason }) => reason, flexible: true },
];

/** `policy show` */
export const showPolicy: CommandAction<{ output: OutputFormat }> = async (context, options) => {
  const workspace = await openForCommand(context, options);
  await printRows(context.io, options.output, describePolicy(workspace), COLUMNS, 'There are no tools.');
};
