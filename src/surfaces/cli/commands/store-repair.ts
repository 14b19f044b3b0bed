import type { RepairStep, StoreRepair } from '../../../contract/store-care.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { repair } from '../../../engine/care.ts';
import { nextCommand, type CommandAction, type CommandContext, type GlobalOptions } from '../context.ts';
import { type OutputFormat, printValue } from '../listing.ts';
import { paint, type Colour } from '../paint.ts';
import { openCare, sayDead, withBar } from '../care.ts';
import { oneLine } from '../../terminal/width.ts';

interface Options {
  output: OutputFormat;
  apply?: true;
  from?: string;
}

const CANNOT = 7;
const COLOURS: Record<RepairStep['action'], Colour> = {
  heal: 'green',
  blob: 'green',
  rebuild: 'yellow',
  move: 'yellow',
  cut: 'yellow',
  leave: 'red',
};

/** `store repair` */
export const repairFiles: CommandAction<Options> = async (context, options) => {
  const { apply = false, from, output } = options;
  if (apply) refuseTools(context.environment);
  const { place } = await openCare(context, options);
  const report = await withBar(context, place, apply ? 'repairing' : 'looking', (onProgress) =>
    repair(place, { apply, onProgress, ...(from !== undefined && { from }) }),
  );
  if (output === 'table') sayReport(context, options, report);
  else await printValue(context.io, output, report);
  return report.steps.some(({ action }) => action === 'leave') ? CANNOT : 0;
};

function sayReport(
  context: CommandContext,
  options: GlobalOptions,
  { steps, applied, kept, dead_events }: StoreRepair,
): void {
  const { stdout, stderr } = context.io;
  if (steps.length === 0) {
    stderr.write('nothing is to be repaired\n');
    return;
  }
  for (const step of steps) {
    stdout.write(
      `${paint(stdout, COLOURS[step.action], step.action.padEnd(8))} ${step.file}: ${oneLine(step.message)}\n`,
    );
    if (step.action === 'cut' && step.readable)
      stdout.write(`         ${step.readable} entries of what is cut can still be read\n`);
    if (step.torn_file !== undefined) stdout.write(`         kept as torn/${step.torn_file}\n`);
  }
  if (!applied) {
    const command = nextCommand(context, options, 'store repair --apply');
    stderr.write(`Nothing was changed. next: ${command}\n`);
    return;
  }
  if (kept !== undefined) stderr.write(`The files as they were lie in ${kept} of the workspace.\n`);
  const cut = steps.filter(({ action, session_id }) => action === 'cut' && session_id !== undefined);
  for (const { session_id, seq = 1 } of cut) {
    if (seq === 1) stderr.write(`Session ${session_id} is lost; its id may be used anew.\n`);
    else stderr.write(`Session ${session_id} lost what followed entry ${seq - 1}; its next turn tells the model.\n`);
  }
  sayDead(context, options, dead_events);
}
