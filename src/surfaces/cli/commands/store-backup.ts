import { resolve } from 'node:path';
import { refuseTools } from '../../../engine/caller.ts';
import { backup } from '../../../engine/care.ts';
import { nextCommand, type CommandAction } from '../context.ts';
import { type OutputFormat, printValue } from '../listing.ts';
import { openCare, withBar } from '../care.ts';

const DAMAGED = 7;

/** `store backup` */
export const backUpFiles: CommandAction<{ output: OutputFormat }> = async (context, options, target) => {
  refuseTools(context.environment);
  const { place, loaded } = await openCare(context, options);
  const { io } = context;
  const { folder, record: made } = await withBar(context, place, 'backing up', (onProgress) =>
    backup(place, { target, startedIn: resolve('.'), onProgress, ...(loaded && { loaded }) }),
  );
  const bytes = made.files.reduce((sum, file) => sum + file.bytes, 0);
  if (options.output === 'table') {
    io.stdout.write(`${folder}: ${made.files.length} files, ${bytes} bytes\n`);
    io.stderr.write(`Left out: ${made.left_out.join('; ')}.\n`);
  } else {
    const { files, ...record } = made;
    await printValue(io, options.output, { ...record, files: files.length, bytes, target: folder });
  }
  if (made.damaged.length === 0) return 0;
  io.stderr.write(`warning: damaged already: ${made.damaged.join(', ')}\n`);
  io.stderr.write(`next: ${nextCommand(context, options, 'store check')}\n`);
  return DAMAGED;
};
