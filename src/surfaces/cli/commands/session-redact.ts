import { randomSecret } from '../../../base/ids.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { RedactedSession, SessionRedaction } from '../../../contract/redaction.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { LOCAL_ACTOR } from '../../../engine/principal.ts';
import { redactSessions } from '../../../engine/redaction/redact-sessions.ts';
import { oneLine } from '../../terminal/width.ts';
import { askHidden, canAsk } from '../ask-hidden.ts';
import { type CommandAction, type CommandContext, openRecords } from '../context.ts';
import { type OutputFormat, printValue } from '../listing.ts';
import { createProgressBar, type ProgressBar } from '../progress-bar.ts';
import { isPiped, readPiped } from '../read-input.ts';

interface Options {
  output: OutputFormat;
  all?: true;
  dryRun?: true;
}

const KEY_BYTES = 32;
const STILL_THERE = 1;
/** The person left: nothing was changed. */
const LEFT = 130;
/** So many places of a session are listed. */
const MOST_PLACES = 20;

/** `session redact` */
export const redactSession: CommandAction<Options> = async (context, options, session_id: string | undefined) => {
  const { io, environment } = context;
  refuseTools(environment);
  if ((session_id === undefined) !== (options.all === true)) {
    throw new RuntimeError('usage', 'name a session, or all of them with --all', {
      next: 'See `runtime session redact --help`.',
    });
  }
  const values = await valuesOf(context);
  if (values === undefined) return LEFT;
  const workspace = await openRecords(context, options);
  const { clock } = workspace;
  let bar: ProgressBar | undefined;
  const report = await redactSessions(workspace, {
    ...(session_id !== undefined && { session_id }),
    values,
    key: randomSecret(KEY_BYTES),
    dryRun: options.dryRun ?? false,
    by: LOCAL_ACTOR,
    onProgress(done, total) {
      bar ??= createProgressBar({ output: io.stderr, clock, environment, doing: 'looking', unit: 'sessions', total });
      bar.update(done);
    },
  }).finally(() => bar?.end());
  if (options.output === 'table') sayReport(context, report);
  else await printValue(io, options.output, report);
  return !report.dry_run && isLeft(report) ? STILL_THERE : 0;
};

/** One a line; undefined: the person has had enough. */
async function valuesOf({ io }: CommandContext): Promise<string[] | undefined> {
  if (isPiped()) return linesIn((await readPiped(io)).replace(/^\uFEFF/, ''));
  if (canAsk(io)) {
    const typed = await askHidden(io, 'What is to be taken out (it is not shown): ');
    return typed === undefined ? undefined : [typed];
  }
  throw new RuntimeError('usage', 'There is nobody to ask for what is to be taken out.', {
    next: 'Pipe it in: runtime session redact <id> <file',
  });
}

/** What isn't text as it is stored would be found nowhere, and be taken for gone. @throws RuntimeError usage */
function linesIn(text: string): string[] {
  if (/[\0\uFFFD]/.test(text)) {
    throw new RuntimeError('usage', 'What is piped in is no UTF-8 text.', { next: 'Save it as UTF-8.' });
  }
  return text.split(/\r?\n/).filter((line) => line !== '');
}

function isLeft({ others, left }: SessionRedaction): boolean {
  return others.length > 0 || left.length > 0;
}

function sayReport({ io: { stdout, stderr } }: CommandContext, report: SessionRedaction): void {
  const { dry_run, sessions, others, cleaned, left } = report;
  for (const session of sessions) {
    const count = session.places.reduce((sum, place) => sum + place.count, 0);
    stdout.write(`${session.session_id}: ${count} ${dry_run ? 'found' : 'replaced'}\n`);
    if (session.renamed !== undefined) stdout.write(`  its id is ${session.renamed} ${dry_run ? 'then' : 'now'}\n`);
    if (session.refused !== undefined) stdout.write(`  not as it stands: ${oneLine(session.refused)}\n`);
    if (dry_run) for (const line of placesOf(session)) stdout.write(`  ${line}\n`);
  }
  for (const file of cleaned) stdout.write(`${oneLine(file)}: overwritten\n`);
  for (const { session_id, count } of others) stdout.write(`${session_id}: ${count} in this session, too\n`);
  for (const { file, count, advice } of left) {
    stdout.write(`${oneLine(file)}: ${count} ${dry_run ? 'found' : `left; ${advice}`}\n`);
  }
  if (sessions.length === 0) stderr.write('no session that was asked for holds it\n');
  if (dry_run) stderr.write('Nothing was changed.\n');
  else if (isLeft(report)) {
    stderr.write(`It still stands in ${left.length} files of the home: see above.\n`);
  } else if (sessions.length === 0 && cleaned.length === 0) {
    stderr.write('It was found nowhere in the home. Was it given as it was said?\n');
  } else
    stderr.write('It stands nowhere in the home any more. What was sent, exported or backed up is out of reach.\n');
}

function placesOf({ places }: RedactedSession): string[] {
  const lines = places.map(({ seq, blob, count }) => `entry ${seq}${blob === undefined ? '' : `, ${blob}`}: ${count}`);
  const more = lines.length - MOST_PLACES;
  return more > 0 ? [...lines.slice(0, MOST_PLACES), `and ${more} more places`] : lines;
}
