import type { ApprovalRecord } from '../../../contract/answers.ts';
import { visible } from '../../../adapters/tools/visible.ts';
import { watchApprovals } from '../../../engine/approval-watch.ts';
import { onSignals } from '../../signals.ts';
import { oneLine } from '../../terminal/width.ts';
import { type CommandAction, nextCommand, openRecords } from '../context.ts';
import type { OutputFormat } from '../listing.ts';
import { jsonText } from '../json-text.ts';

/** How often the files are looked at. */
const LOOK_MS = 300;

/** `approvals watch`: what waits, then what comes and is answered, until Ctrl-C or the end of whoever reads. */
export const watch: CommandAction<{ output: OutputFormat }> = async (context, options) => {
  const { io } = context;
  const workspace = await openRecords(context, options);
  const { clock } = workspace;
  const look = watchApprovals(workspace);
  let exitCode: number | undefined;
  let wake = (): void => {};
  const stopListening = onSignals((signal) => {
    exitCode = signal.exitCode;
    wake();
  });
  const lineOf = (record: ApprovalRecord): string =>
    options.output === 'json'
      ? jsonText(io.stdout, record)
      : `${told(record)}${record.status === 'pending' ? `: ${nextCommand(context, options, `approvals show ${record.id}`)}` : ''}`;
  try {
    while (exitCode === undefined) {
      for (const record of await look()) io.stdout.write(`${lineOf(record)}\n`);
      if (io.stdout.closed) return 0;
      if (exitCode !== undefined) break;
      await new Promise<void>((resolve) => {
        const cancel = clock.at(clock.now() + LOOK_MS, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      });
    }
    return exitCode;
  } finally {
    stopListening();
  }
};

/** On one line, whole. */
function told({ id, status, session_id, presentation, tool, resolved }: ApprovalRecord): string {
  const what = visible(oneLine(presentation.title || tool));
  const who = resolved && resolved.outcome !== 'expired' ? ` by ${resolved.by.id} via ${resolved.via}` : '';
  const why = resolved?.reason === undefined ? '' : ` (${visible(oneLine(resolved.reason))})`;
  return `${id} ${status}${who}${why}, session ${session_id}, ${what}`;
}
