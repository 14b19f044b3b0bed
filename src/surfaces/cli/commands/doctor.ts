import { examine } from '../../../engine/doctor/doctor.ts';
import type { Finding } from '../../../engine/doctor/finding.ts';
import { type CommandAction, workspaceRequest } from '../context.ts';
import { examineControl } from '../doctor/control.ts';
import { examineTerminal } from '../doctor/terminal.ts';
import { type OutputFormat, printValue } from '../listing.ts';
import { type Colour, paint } from '../paint.ts';
import { oneLine } from '../../terminal/width.ts';
import { wrapWords } from '../../terminal/wrap-words.ts';

const COLOURS: Record<Finding['status'], Colour> = { ok: 'green', note: 'yellow', problem: 'red' };

/** Where messages begin. */
const INDENT = 20;
/** Less room than this isn't worth wrapping for. */
const NARROWEST = 30;

/** `doctor`: exit code 1 when something must be mended. */
export const doctor: CommandAction<{ output: OutputFormat }> = async (context, options) => {
  const { io } = context;
  const request = workspaceRequest(context, options);
  const findings = [...(await examine(request, examineControl)), ...examineTerminal(io, context.environment)];
  const problems = findings.filter(({ status }) => status === 'problem').length;
  if (options.output !== 'table') {
    await printValue(io, options.output, { ok: problems === 0, findings });
  } else {
    const room = Math.max(NARROWEST, (io.stdout.columns ?? Infinity) - INDENT);
    for (const { check, status, message, next } of findings) {
      const [first, ...others] = message.split('\n').flatMap((line) => wrapWords(oneLine(line), room));
      io.stdout.write(`${paint(io.stdout, COLOURS[status], status.padEnd(8))} ${check.padEnd(10)} ${first}\n`);
      for (const line of others) io.stdout.write(`${' '.repeat(INDENT)}${line}\n`);
      if (next !== undefined) io.stdout.write(`${' '.repeat(INDENT)}→ ${next}\n`);
    }
    io.stderr.write(problems === 0 ? 'All is well.\n' : `${problems} to mend.\n`);
  }
  return problems === 0 ? 0 : 1;
};
