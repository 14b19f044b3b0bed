import { RuntimeError } from '../../../contract/errors.ts';
import { why as whyOf } from '../../../engine/past/why/why.ts';
import { nextCommand, openRecords, type CommandAction } from '../context.ts';
import { printValue, type OutputFormat } from '../listing.ts';
import { paged } from '../pager.ts';
import { createProgressBar, type ProgressBar } from '../progress-bar.ts';
import { whyLines } from '../why-lines.ts';

/** `runtime why` */
export const why: CommandAction<{ output: OutputFormat; session?: string }> = async (context, options, id) => {
  const { io, environment } = context;
  const workspace = await openRecords(context, options);
  const { clock } = workspace;
  let bar: ProgressBar | undefined;
  const report = await whyOf(workspace, id, {
    ...(options.session !== undefined && { session: options.session }),
    onProgress(done, total) {
      bar ??= createProgressBar({ output: io.stderr, clock, environment, doing: 'looking', unit: 'sessions', total });
      bar.update(done);
    },
  }).finally(() => bar?.end());
  if (options.output === 'table') await paged(io, environment, whyLines(report, io.stdout).join('\n'));
  else await printValue(io, options.output, report);
  const { session_id = '', damaged_behind } = report;
  if (damaged_behind === undefined) return;
  throw new RuntimeError('store_damaged', `Session ${session_id} is damaged behind seq ${damaged_behind}.`, {
    next: `Look with \`${nextCommand(context, options, `session verify ${session_id}`)}\`; \`${nextCommand(context, options, 'store repair')}\` says what can be saved.`,
  });
};
