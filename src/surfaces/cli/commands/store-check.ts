import type { StoreCheck } from '../../../contract/store-care.ts';
import { check } from '../../../engine/care.ts';
import type { CommandAction } from '../context.ts';
import { type OutputFormat, printValue } from '../listing.ts';
import { paint } from '../paint.ts';
import { openCare, withBar } from '../care.ts';
import type { Io } from '../io.ts';
import { oneLine } from '../../terminal/width.ts';

const DAMAGED = 7;

/** `store check` */
export const checkFiles: CommandAction<{ output: OutputFormat; deep?: true }> = async (context, options) => {
  const { place } = await openCare(context, options);
  const report = await withBar(context, place, 'checking', (onProgress) =>
    check(place, { deep: options.deep === true, onProgress }),
  );
  if (options.output === 'table') sayReport(context.io, report);
  else await printValue(context.io, options.output, report);
  return report.status === 'damaged' ? DAMAGED : 0;
};

function sayReport({ stdout, stderr }: Io, { status, workspace, counts, problems, notes, deep }: StoreCheck): void {
  const what = `${counts.journals} sessions, ${counts.entries} entries, ${counts.blobs} blobs, ${counts.audit_records} audit records`;
  stdout.write(`${paint(stdout, status === 'whole' ? 'green' : 'red', status)} ${workspace}: ${what}\n`);
  for (const { file, code, message } of problems)
    stdout.write(`${paint(stdout, 'red', 'damaged')} ${file}: ${oneLine(message)} (${code})\n`);
  for (const { file, code, message } of notes)
    stdout.write(`${paint(stdout, 'yellow', 'note')} ${file}: ${oneLine(message)} (${code})\n`);
  if (problems.length > 0) stderr.write('next: see what can be saved with `runtime store repair`\n');
  else if (!deep) stderr.write('Decisions were not derived again; --deep does that.\n');
}
