import { refuseTools } from '../../../engine/caller.ts';
import { gc } from '../../../engine/care.ts';
import type { CommandAction } from '../context.ts';
import { type OutputFormat, printValue } from '../listing.ts';
import { openCare, withBar } from '../care.ts';

/** `store gc` */
export const collect: CommandAction<{ output: OutputFormat; dryRun?: true }> = async (context, options) => {
  const dryRun = options.dryRun === true;
  if (!dryRun) refuseTools(context.environment);
  const { place } = await openCare(context, options);
  const report = await withBar(context, place, 'looking', (onProgress) => gc(place, { dryRun, onProgress }));
  if (options.output !== 'table') return printValue(context.io, options.output, report);
  const { blobs, temporaries, snapshots, bytes, kept_young } = report;
  const what = `${blobs} blobs, ${temporaries} leftovers, ${snapshots} caches: ${bytes} bytes`;
  context.io.stdout.write(`${dryRun ? 'would remove' : 'removed'} ${what}\n`);
  if (kept_young > 0) context.io.stderr.write(`${kept_young} blobs of the last hour stay\n`);
};
