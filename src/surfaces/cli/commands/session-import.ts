import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { refuseTools } from '../../../engine/caller.ts';
import { checkSessionId } from '../../../engine/session-id.ts';
import { withHost } from '../../attach.ts';
import { oneLine } from '../../terminal/width.ts';
import { nextCommand, openForCommand, type CommandAction } from '../context.ts';
import { printValue, type OutputFormat } from '../listing.ts';

/** `session import` */
export const importSession: CommandAction<{ as?: string; output: OutputFormat }> = async (context, options, file) => {
  refuseTools(context.environment);
  const { as } = options;
  if (as !== undefined) checkSessionId(as);
  const workspace = await openForCommand(context, options);
  const { io } = context;
  const imported = await withHost(workspace, (host) =>
    host.import({ file: resolve(file), ...(as !== undefined && { as }) }),
  );
  if (options.output !== 'table') {
    return printValue(io, options.output, { schemaVersion: 'runtime.import.v1', ...imported });
  }
  const { session_id, from, entries, project_root } = imported;
  io.stdout.write(`imported ${session_id}: ${entries} entries of ${from.session_id}\n`);
  const isHere = statSync(project_root, { throwIfNoEntry: false })?.isDirectory();
  const what = isHere ? 'it goes on there, and may read it' : 'is not here: it can be read, and its tools find nothing';
  io.stderr.write(`its project folder ${oneLine(project_root)}${isHere ? ': ' : ' '}${what}\n`);
  io.stderr.write(`read it with: ${nextCommand(context, options, `session show ${session_id}`)}\n`);
};
