import { utcTime } from '../../../base/utc-time.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { AuditRow, AuditVerifyReport } from '../../../contract/audit.ts';
import { auditHead, headLine, parseHeadLine } from '../../../engine/audit/head-line.ts';
import type { RowFilter } from '../../../engine/audit/row-reader.ts';
import { allRows, followRows, newestRows } from '../../../engine/audit/rows.ts';
import { verifyAudit } from '../../../engine/audit/verify.ts';
import { checkRange } from '../../../engine/day-range.ts';
import { checkSessionId } from '../../../engine/session-id.ts';
import { oneLine } from '../../terminal/width.ts';
import { type CommandAction, openRecords } from '../context.ts';
import { followUntilSignal } from '../follow-until-signal.ts';
import type { Io } from '../io.ts';
import { type OutputFormat, printValue } from '../listing.ts';
import { paint } from '../paint.ts';
import { span } from '../times.ts';
import { jsonText } from '../json-text.ts';

const DAMAGED = 7;

interface TailOptions extends RowFilter {
  follow?: true;
  lines: string;
  output: 'table' | 'json';
}

/** `audit tail` */
export const tail: CommandAction<TailOptions> = async (context, options) => {
  const { io } = context;
  const filter = filterOf(options);
  const most = countOf(options.lines);
  const workspace = await openRecords(context, options);
  const show = (rows: readonly AuditRow[]): void => {
    for (const row of rows) io.stdout.write(`${options.output === 'json' ? jsonText(io.stdout, row) : lineOf(row)}\n`);
  };
  if (!options.follow) {
    const { rows, unreadable } = await newestRows(workspace.store, filter, most);
    show(rows);
    if (rows.length === 0 && options.output === 'table') io.stderr.write('nothing is on record\n');
    return sayUnreadable(io, unreadable);
  }
  const { rows, unreadable, further } = await followRows(workspace.store, filter, most);
  show(rows);
  sayUnreadable(io, unreadable);
  await followUntilSignal(
    workspace,
    () => io.stdout.closed === true,
    async () => show(await further()),
  );
};

/** `audit export` */
export const exportRows: CommandAction<RowFilter & { output: 'jsonl' | 'json' }> = async (context, options) => {
  const { io } = context;
  const { stdout } = io;
  const filter = filterOf(options);
  const { store } = await openRecords(context, options);
  const asArray = options.output === 'json';
  const left: string[] = [];
  let printed = 0;
  if (asArray) stdout.write('{"schemaVersion":"runtime.audit.v1","rows":[');
  for await (const { rows, unreadable } of allRows(store, filter)) {
    left.push(...unreadable);
    for (const row of rows) stdout.write(`${asArray && printed++ > 0 ? ',' : ''}${asArray ? '\n' : ''}${JSON.stringify(row)}${asArray ? '' : '\n'}`); // prettier-ignore
    if (stdout.closed) return 0;
  }
  if (asArray) stdout.write(`],\n"unreadable":${JSON.stringify(left)}}\n`);
  sayUnreadable(io, left);
  return left.length > 0 ? DAMAGED : 0;
};

/** `audit verify` */
export const verify: CommandAction<{ output: OutputFormat; head?: string }> = async (context, options) => {
  const { head, output } = options;
  const given = head === undefined ? undefined : parseHeadLine(head);
  const { store } = await openRecords(context, options);
  const { audit, journal } = store;
  const report = await verifyAudit({ audit, journal, workspace: store.workspace().id }, given);
  if (output === 'table') sayReport(context.io, report);
  else await printValue(context.io, output, report);
  return report.status === 'failed' ? DAMAGED : 0;
};

/** `audit head` */
export const printHead: CommandAction<object> = async (context, options) => {
  const { store } = await openRecords(context, options);
  context.io.stdout.write(`${headLine(await auditHead(store.audit, store.workspace().id))}\n`);
};

function filterOf({ session, kind, tool, decision, since, until }: RowFilter): RowFilter {
  checkRange({ ...(since !== undefined && { since }), ...(until !== undefined && { until }) });
  if (session !== undefined) checkSessionId(session);
  const given = Object.entries({ session, kind, tool, decision, since, until });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function countOf(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new RuntimeError('usage', `--lines ${oneLine(text)} is no number of lines`, { next: 'Write it as 100.' });
}

function sayUnreadable({ stderr }: Io, unreadable: readonly string[]): void {
  for (const what of unreadable) {
    const name = what === 'audit.jsonl' ? 'The audit log' : `Session ${what}`;
    stderr.write(`${name} is damaged; it was read up to there. See \`runtime audit verify\`.\n`);
  }
}

/** A row for a person: when, what, where, and what about it. */
function lineOf(row: AuditRow): string {
  const {
    at,
    kind,
    session_id,
    call_id,
    turn,
    tool,
    decision,
    status,
    title,
    reason,
    rules,
    actor,
    duration_ms,
    head,
  } = row;
  const place = call_id ?? (turn === undefined ? undefined : `t${turn}`);
  const where = session_id === undefined ? undefined : place === undefined ? session_id : `${session_id}/${place}`;
  const took = duration_ms === undefined ? undefined : span(duration_ms);
  const more = [
    title,
    actor === undefined ? undefined : `by ${actor}`,
    reason === undefined ? undefined : `(${reason})`,
    rules === undefined || rules.length === 0 ? undefined : `[${rules.join(', ')}]`,
    took,
    head === undefined ? undefined : `${head.seq} ${head.hash}`,
  ];
  const words = [utcTime(at), kind, where, tool, decision ?? status, ...more].filter((one) => one !== undefined);
  return oneLine(words.join('  '));
}

function sayReport(
  { stdout, stderr }: Io,
  { status, log, sessions, heads, problems, without_head }: AuditVerifyReport,
): void {
  stdout.write(`${paint(stdout, status === 'verified' ? 'green' : 'red', status)} ${log.records} records, ${heads} heads, ${sessions} sessions\n`); // prettier-ignore
  for (const { session_id, code, message } of problems) {
    stdout.write(oneLine(`${session_id ?? 'audit log'}: ${message} (${code})`));
    stdout.write('\n');
  }
  if (log.status === 'crash_tail')
    stdout.write('a crash cut the last line of the log; nothing that was promised is missing\n');
  if (without_head.length > 0) {
    const names = without_head.slice(0, 5).join(', ');
    const more = without_head.length > 5 ? ` and ${without_head.length - 5} more` : '';
    stdout.write(oneLine(`no turn has ended yet, so nothing vouches for: ${names}${more}`));
    stdout.write('\n');
  }
  if (problems.length > 0)
    stderr.write('next: see what can be saved with `runtime store repair`; keep the files as they are\n');
}
