import { RuntimeError } from '../../../contract/errors.ts';
import type { VerifyReport } from '../../../contract/verify.ts';
import { withHost } from '../../attach.ts';
import { refuseTools } from '../../../engine/caller.ts';
import {
  listSessions as readSessions,
  readSession,
  verifyFile,
  verifySession as verify,
} from '../../../engine/sessions.ts';
import { checkSessionId } from '../../../engine/session-id.ts';
import { createTurnCounter, entryEvent } from '../../../engine/stream.ts';
import { nextCommand, openForCommand, openRecords, type CommandAction } from '../context.ts';
import type { Io } from '../io.ts';
import { printRows, printValue, type OutputFormat } from '../listing.ts';
import { money } from '../money.ts';
import { paged, printPaged } from '../pager.ts';
import { paint } from '../paint.ts';
import { ago } from '../times.ts';
import { transcript } from '../transcript.ts';

interface Output {
  output: OutputFormat;
}

export const listSessions: CommandAction<Output> = async (context, options) => {
  const workspace = await openForCommand(context, options);
  const now = workspace.clock.now();
  await printRows(
    context.io,
    options.output,
    await readSessions(workspace),
    [
      { title: 'session', text: ({ session_id }) => session_id, narrow: 'whole' },
      { title: 'status', text: ({ status }) => status },
      { title: 'title', text: ({ title }) => title, narrow: 'flexible' },
      { title: 'changed', text: ({ changed_at }) => ago(changed_at, now), narrow: 'spare' },
      { title: 'turns', text: ({ turns }) => String(turns), narrow: 'spare' },
      { title: 'model', text: ({ model }) => model, narrow: 'spare' },
      { title: 'tokens', text: ({ tokens }) => String(tokens), narrow: 'spare' },
      {
        title: 'cost',
        text: ({ cost_micro_usd }) => (cost_micro_usd === undefined ? '' : money(cost_micro_usd)),
        narrow: 'spare',
      },
    ],
    'no sessions yet',
  );
};

export const showSession: CommandAction<Output & { limit?: string }> = async (context, options, id) => {
  const workspace = await openForCommand(context, options);
  const { entries, end } = await readSession(workspace, id);
  const turnOf = createTurnCounter();
  const events = entries.map((stored) => entryEvent(id, stored, turnOf(stored)));
  const limit = options.limit === undefined ? events.length : limitOf(options.limit);
  if (options.output === 'table') {
    await paged(context.io, context.environment, transcript(events, workspace.store.blobs, context.io.stdout, limit));
  } else {
    const { output } = options;
    await printPaged(context.io, context.environment, (io) => printValue(io, output, events.slice(-limit)));
  }
  if (!end.failure) return 0;
  throw new RuntimeError('store_damaged', `Session ${id} is damaged behind what is shown: ${end.failure.message}.`, {
    next: `Look with \`${nextCommand(context, options, `session verify ${id}`)}\`, and keep the file.`,
  });
};

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw new RuntimeError('usage', `--limit ${text} is no number of entries`, { next: 'Write 1 or more.' });
}

export const verifySession: CommandAction<Output> = async (context, options, target) => {
  const isFile = target.endsWith('.jsonl') || target.includes('/');
  const workspace = await openRecords(context, options);
  const report = await (isFile ? verifyFile : verify)(workspace, target);
  if (options.output === 'table') sayVerdict(context.io, report);
  else await printValue(context.io, options.output, report);
  for (const { seq, why } of report.partial) context.io.stderr.write(`partial from entry ${seq} on: ${why}\n`);
  return report.status === 'failed' ? 7 : 0;
};

function sayVerdict({ stdout }: Io, report: VerifyReport): void {
  const { status, session_id, entries, decisions, head, failure, notes } = report;
  const colour = status === 'verified' ? 'green' : status === 'partial' ? 'yellow' : 'red';
  stdout.write(`${paint(stdout, colour, status)} ${session_id}\n`);
  if (failure) stdout.write(`${failure.message} (${failure.code})\n`);
  stdout.write(`${entries} entries, ${decisions} decisions derived again, head ${head.seq} ${head.hash}\n`);
  if (notes.includes('no_head')) stdout.write('no audit head vouches for its end\n');
  if (notes.includes('crash_tail')) stdout.write('a crash cut its last line; nothing that was promised is missing\n');
}

export const removeSession: CommandAction<{ force?: true }> = async (context, options, id) => {
  refuseTools(context.environment);
  checkSessionId(id);
  const workspace = await openForCommand(context, options);
  await withHost(workspace, (host) => host.remove(id, { force: options.force ?? false }));
  context.io.stderr.write(`removed ${id}\n`);
};
