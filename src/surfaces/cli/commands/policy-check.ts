import type { Role, Verdict } from '../../../contract/values.ts';
import { checkCall } from '../../../engine/policy-check.ts';
import { type CommandAction, openForCommand } from '../context.ts';
import { type OutputFormat, printValue } from '../listing.ts';
import { explainedLines } from '../explained-lines.ts';
import { oneLine } from '../../terminal/width.ts';

const EXIT_CODES: Record<Verdict, number> = { allow: 0, require_approval: 5, deny: 6 };

interface Options {
  output: OutputFormat;
  as?: Role;
  channel?: string;
  tainted?: true;
  explain?: true;
}

/** `policy check`: for a session whose project root is the current folder. */
export const checkPolicy: CommandAction<Options> = async (context, options, tool, args) => {
  const { io } = context;
  const workspace = await openForCommand(context, options);
  const { as, channel, tainted, explain } = options;
  const asked = { ...(as && { role: as }), ...(channel !== undefined && { channels: [channel] }), ...(tainted && { tainted }) }; // prettier-ignore
  const call = { tool, arguments_raw: args, project_root: process.cwd(), asked };
  const { verdict, rules, reason, explained } = await checkCall(workspace, call);
  if (options.output === 'table') {
    io.stdout.write(`${verdict}: ${oneLine(reason)}\n`);
    for (const rule of rules) io.stdout.write(`  ${rule.verdict.padEnd(16)}  ${rule.id}\n`);
    if (explain) for (const line of ['', ...explainedLines(explained, io.stdout)]) io.stdout.write(`${line}\n`);
  } else {
    await printValue(io, options.output, { verdict, rules, reason, ...(explain && { explained }) });
  }
  return EXIT_CODES[verdict];
};
