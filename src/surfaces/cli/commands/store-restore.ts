import { utcTime } from '../../../base/utc-time.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { restoreBackup } from '../../../engine/care.ts';
import { type CommandAction, nextCommand } from '../context.ts';
import { oneLine } from '../../terminal/width.ts';
import { type OutputFormat, printValue } from '../listing.ts';
import { openCare, sayDead, withBar } from '../care.ts';

/** `store restore` */
export const restoreFiles: CommandAction<{ output: OutputFormat; force?: true }> = async (context, options, source) => {
  refuseTools(context.environment);
  const { place } = await openCare(context, options);
  const { io } = context;
  const restored = await withBar(context, place, 'checking', (onProgress) =>
    restoreBackup(place, { source, force: options.force === true, onProgress }),
  );
  if (options.output !== 'table') {
    await printValue(io, options.output, restored);
    return;
  }
  const { folder, files, bytes, epoch, backup_at, dead_events, replaced } = restored;
  const { unredacted, still_revoked, paused_jobs, rules_left } = restored;
  io.stdout.write(`${folder}: ${files} files, ${bytes} bytes, as of ${utcTime(backup_at)}, epoch ${epoch}\n`);
  if (replaced !== undefined) io.stderr.write(`The workspace as it was is kept as ${replaced}\n`);
  if (unredacted.length > 0) {
    io.stderr.write(
      `Values are back that were taken out of ${oneLine(unredacted.join(', '))}: take them out again with \`${nextCommand(context, options, 'session redact --all')}\`.\n`,
    );
  }
  if (still_revoked.length > 0)
    io.stderr.write(`Grants that were taken back since stay so: ${still_revoked.join(', ')}\n`);
  if (paused_jobs.length > 0) {
    const next = 'let one fire again: runtime cron resume <name>';
    io.stderr.write(`Jobs that weren't in force are paused: ${paused_jobs.map(oneLine).join(', ')}; ${next}\n`);
  }
  if (rules_left !== undefined) {
    io.stderr.write(`The rules in force stay as they were; those of the backup are others: ${oneLine(rules_left)}\n`);
  }
  io.stderr.write('Approvals that were open then are void.\n');
  sayDead(context, options, dead_events);
};
