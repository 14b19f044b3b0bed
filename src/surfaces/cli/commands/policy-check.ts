import type { Verdict } from '../../../contract/values.ts';
import { checkCall } from '../../../engine/policy-check.ts';
import { type CommandAction, openForCommand } from '../context.ts';
import { type OutputFormat, printValue } from '../listing.ts';
import { oneLine } from '../../terminal/width.ts';

const EXIT_CODES: Record<Verdict, number> = { allow: 0, require_approval: 5, deny: 6 };

/** `policy check`: for a session whose project root is the current folder. */
export const checkPolicy: CommandAction<{ output: OutputFormat }> = async (context, options, tool, args) => {
  const { io } = context;
  const workspace = await openForCommand(context, options);
  const call = { tool, arguments_raw: args, project_root: process.cwd() };
  const { verdict, rules, reason } = await checkCall(workspace, call);
  if (options.output === 'table') {
    io.stdout.write(`${verdict}: ${oneLine(reason)}\n`);
    for (const rule of rules) io.stdout.write(`  ${rule.verdict.padEnd(16)}  ${rule.id}\n`);
  } else {
    await printValue(io, options.output, { verdict, rules, reason });
  }
  return EXIT_CODES[verdict];
};
