import { setImmediate } from 'node:timers/promises';
import { RuntimeError } from '../../../contract/errors.ts';
import type { VerifyReport } from '../../../contract/verify.ts';
import { verifyFile, verifySession as verify, verifySessions } from '../../../engine/sessions.ts';
import type { Workspace } from '../../../engine/wire.ts';
import { isRedacting } from '../../../store/redaction.ts';
import { workspacePaths } from '../../../store/workspace.ts';
import { type CommandAction, type CommandContext, type GlobalOptions, nextCommand, openRecords } from '../context.ts';
import type { Io, Output } from '../io.ts';
import { type OutputFormat, printRows, printValue } from '../listing.ts';
import { paint, type Colour } from '../paint.ts';
import { createProgressBar } from '../progress-bar.ts';
import { onSignals } from '../../signals.ts';

interface Options {
  output: OutputFormat;
  all?: true;
}

const VERIFY_FAILED = 7;
const COLOURS: Record<VerifyReport['status'], Colour> = { verified: 'green', partial: 'yellow', failed: 'red' };

export const verifySession: CommandAction<Options> = async (context, options, target: string | undefined) => {
  if ((target === undefined) !== (options.all === true)) {
    throw new RuntimeError('usage', 'name a session, or all of them with --all', {
      next: 'See `runtime session verify --help`.',
    });
  }
  if (target === undefined) {
    const workspace = await openRecords(context, options);
    const code = await verifyAll(context, workspace, options.output);
    if (code === VERIFY_FAILED && isCutOff(workspace)) sayCutOff(context, options);
    return code;
  }
  const report = await reportOf(context, options, target);
  if (options.output === 'table') sayVerdict(context.io, target, report);
  else await printValue(context.io, options.output, report);
  if (report.failure && !isFile(target)) {
    if (isCutOff(await openRecords(context, options))) sayCutOff(context, options);
    else
      context.io.stderr.write(
        `next: See what can be saved with \`${nextCommand(context, options, 'store repair')}\`.\n`,
      );
  }
  for (const { seq, why } of report.partial) context.io.stderr.write(`partial from entry ${seq} on: ${why}\n`);
  return report.status === 'failed' ? VERIFY_FAILED : 0;
};

function isCutOff({ home, loaded }: Workspace): boolean {
  return isRedacting(workspacePaths(home, loaded.config.store.workspace));
}

/** Whoever takes the lock next ends it; until then some files are the old ones. */
function sayCutOff(context: CommandContext, options: GlobalOptions): void {
  const check = nextCommand(context, options, 'store check');
  context.io.stderr.write(`next: A redaction was cut off: end it with \`${check}\`, then verify again.\n`);
}

function isFile(target: string): boolean {
  return target.endsWith('.jsonl') || target.includes('/');
}

/** An exported file proves itself: no workspace is looked at. */
async function reportOf(
  context: CommandContext,
  options: Options & GlobalOptions,
  target: string,
): Promise<VerifyReport> {
  if (!isFile(target)) return verify(await openRecords(context, options), target);
  const { verifyExport } = await import('../../../engine/proof/verify-export.ts');
  return (await verifyExport(target)) ?? verifyFile(await openRecords(context, options), target);
}

function sayVerdict({ stdout }: Io, target: string, report: VerifyReport): void {
  const { status, session_id, entries, decisions, head, failure, notes } = report;
  stdout.write(`${paint(stdout, COLOURS[status], status)} ${session_id || target}\n`);
  if (failure) stdout.write(`${failure.message} (${failure.code})\n`);
  const upTo = entries === 0 ? '' : `, head ${head.seq} ${head.hash}`;
  stdout.write(`${entries} entries, ${decisions} decisions derived again${upTo}\n`);
  if (notes.includes('no_head')) stdout.write('no audit head vouches for its end\n');
  if (notes.includes('step_missing')) stdout.write('sessions of its steps are not here to be compared\n');
  if (notes.includes('own_head')) stdout.write('only the header of the file vouches for its end\n');
  if (notes.includes('redacted')) stdout.write('placeholders stand for its contents: it proves what was decided\n');
  if (notes.includes('redacted_in_place'))
    stdout.write('values were taken out of it by `session redact`, as the audit log says; placeholders stand there\n');
  if (notes.includes('crash_tail')) stdout.write('a crash cut its last line; nothing that was promised is missing\n');
}

/**
 * Lists those that could not be verified, or not wholly, then says how many could. A signal ends it: people see what was
 * found by then, programs nothing, since they would take it for all.
 */
async function verifyAll(
  { io, environment }: CommandContext,
  workspace: Workspace,
  output: OutputFormat,
): Promise<number> {
  const { clock, store } = workspace;
  const ids = (await store.journal.list()).map(({ session_id }) => session_id);
  if (ids.length === 0) io.stderr.write('no sessions yet\n');
  const bar = createProgressBar({
    output: io.stderr,
    clock,
    environment,
    doing: 'verifying',
    unit: 'sessions',
    total: ids.length,
  });
  const reports: VerifyReport[] = [];
  let left: number | undefined;
  const stopListening = onSignals(({ exitCode }) => (left = exitCode));
  try {
    bar.update(0);
    for await (const report of verifySessions(workspace, ids)) {
      reports.push(report);
      bar.update(reports.length);
      await setImmediate(); // proving waits for nothing: without this no signal would be heard
      if (left !== undefined) break;
    }
  } finally {
    bar.end();
    stopListening();
  }
  if (left !== undefined) io.stderr.write(`stopped: ${reports.length} of ${ids.length} sessions were looked at\n`);
  if (output === 'table') await sayAll(io, reports);
  else if (left === undefined) await printValue(io, output, reports);
  if (left !== undefined) return left;
  return reports.some(({ status }) => status === 'failed') ? VERIFY_FAILED : 0;
}

async function sayAll(io: Io, reports: readonly VerifyReport[]): Promise<void> {
  const { stdout } = io;
  if (reports.length === 0) return;
  const unproven = reports.filter(({ status }) => status !== 'verified');
  if (unproven.length > 0) {
    await printRows(
      io,
      'table',
      unproven,
      [
        { title: 'session', text: ({ session_id }) => session_id, narrow: 'whole' },
        { title: 'status', text: ({ status }) => status },
        { title: 'why', text: whyNot, narrow: 'flexible' },
      ],
      '',
    );
    stdout.write('\n');
  }
  stdout.write(`${summary(stdout, reports)}\n`);
}

function whyNot({ failure, partial }: VerifyReport): string {
  if (failure) return `${failure.message} (${failure.code})`;
  return partial.map(({ seq, why }) => `from entry ${seq} on: ${why}`).join('; ');
}

/** `98 verified, 1 partial, 1 failed: 45210 entries`. */
function summary(output: Output, reports: readonly VerifyReport[]): string {
  const counts = (['verified', 'partial', 'failed'] as const).flatMap((status) => {
    const count = reports.filter((report) => report.status === status).length;
    return count === 0 ? [] : [paint(output, COLOURS[status], `${count} ${status}`)];
  });
  return `${counts.join(', ')}: ${reports.reduce((sum, { entries }) => sum + entries, 0)} entries`;
}
