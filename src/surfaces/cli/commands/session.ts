import { RuntimeError, toRuntimeError } from '../../../contract/errors.ts';
import { withHost } from '../../attach.ts';
import { refuseTools } from '../../../engine/caller.ts';
import {
  listSessions as readSessions,
  type OwnerView,
  readSession,
  type SessionSummary,
} from '../../../engine/sessions.ts';
import { stepSessionsOf } from '../../../engine/past/step-sessions.ts';
import { type Branch, treeOf } from '../../../engine/past/fork-tree.ts';
import { isSeenTo, unfinished } from '../../../engine/past/unfinished.ts';
import { checkSessionId } from '../../../engine/session-id.ts';
import { createTurnCounter, entryEvent } from '../../../engine/stream.ts';
import type { Workspace } from '../../../engine/wire.ts';
import { nextCommand, openForCommand, type CommandAction } from '../context.ts';
import { type Column, printRows, printValue, type OutputFormat } from '../listing.ts';
import { leftLines } from '../left-lines.ts';
import { money } from '../money.ts';
import { askOwner } from '../owner.ts';
import { paged, printPaged } from '../pager.ts';
import { ago } from '../times.ts';
import { transcript } from '../transcript.ts';

interface Output {
  output: OutputFormat;
}

export const listSessions: CommandAction<Output & { tree?: true }> = async (context, options) => {
  const workspace = await openForCommand(context, options);
  const now = workspace.clock.now();
  const owner = await askOwner(workspace);
  if (options.output === 'table') context.io.stderr.write(ownerLine(owner));
  const rows = await readSessions(workspace, owner);
  const branches = treeOf(rows, { stepsOnly: options.tree !== true });
  if (options.output !== 'table') return printValue(context.io, options.output, branches.map(({ row }) => row)); // prettier-ignore
  const columns: Column<Branch<SessionSummary>>[] = [
    { title: 'session', text: ({ row, lines }) => lines + row.session_id, narrow: 'whole' },
    ...(options.tree ? [{ title: 'forked', text: ({ row }: Branch<SessionSummary>) => forkText(row) }] : []),
    { title: 'status', text: ({ row }) => statusText(row) },
    { title: 'title', text: ({ row }) => row.title, narrow: 'flexible' },
    { title: 'changed', text: ({ row }) => ago(row.changed_at, now), narrow: 'spare' },
    { title: 'turns', text: ({ row }) => String(row.turns), narrow: 'spare' },
    { title: 'model', text: ({ row }) => row.model, narrow: 'spare' },
    { title: 'tokens', text: ({ row }) => String(row.tokens), narrow: 'spare' },
    {
      title: 'cost',
      text: ({ row: { cost_micro_usd } }) => (cost_micro_usd === undefined ? '' : money(cost_micro_usd)),
      narrow: 'spare',
    },
  ];
  await printRows(context.io, 'table', branches, columns, 'no sessions yet');
};

/** The source stands above it, where it is still there. */
function forkText({ parent }: SessionSummary): string {
  if (parent === undefined || parent.step_id !== undefined) return '';
  return parent.removed ? `of ${parent.session_id} (removed), at ${parent.seq}` : `at ${parent.seq}`;
}

/** What is being done, where somebody does it. */
function statusText({ status, phase }: SessionSummary): string {
  return status === 'running' && phase !== undefined ? `running (${phase})` : status;
}

/** Where things run: all that is done in a workspace is done by one process. */
function ownerLine({ pid, sessions }: OwnerView): string {
  if (pid === undefined) return '';
  if (!sessions) return `process ${pid} holds the workspace and does not answer; this is what the journals say\n`;
  const count = (wanted: string): number => sessions.filter(({ status }) => status === wanted).length;
  const counts = `${count('running')} running, ${count('waiting_approval')} waiting for an approval`;
  return `process ${pid} owns the workspace: ${counts}\n`;
}

export const showSession: CommandAction<Output & { limit?: string; follow?: true; context?: true }> = async (
  context,
  options,
  id,
) => {
  if (options.context) return (await import('./session-context.ts')).showContext(context, options, id);
  const workspace = await openForCommand(context, options);
  const { entries, failure } = await readSession(workspace, id).then(
    ({ entries: read, end }) => ({ entries: read, failure: end.failure }),
    (thrown: unknown) => {
      if (!options.follow || toRuntimeError(thrown).code !== 'not_found') throw thrown;
      context.io.stderr.write(`${toRuntimeError(thrown).message} Waits for it to begin; Ctrl-C ends.\n`);
      return { entries: [], failure: undefined };
    },
  );
  const turnOf = createTurnCounter();
  const events = entries.map((stored) => entryEvent(id, stored, turnOf(stored)));
  const limit = options.limit === undefined ? events.length : limitOf(options.limit);
  if (options.follow && !failure) {
    const { follow } = await import('./session-follow.ts');
    return follow(context.io, workspace, id, events, { limit, output: options.output });
  }
  if (options.output === 'table') {
    const lines = transcript(events, workspace.store.blobs, context.io.stdout, limit);
    await paged(context.io, context.environment, withWhatIsLeft(lines, workspace, id));
  } else {
    const { output } = options;
    await printPaged(context.io, context.environment, (io) => printValue(io, output, events.slice(-limit)));
  }
  if (!failure) return 0;
  throw new RuntimeError('store_damaged', `Session ${id} is damaged behind what is shown: ${failure.message}.`, {
    next: `Look with \`${nextCommand(context, options, `session verify ${id}`)}\`; \`${nextCommand(context, options, 'store repair')}\` says what can be saved.`,
  });
};

/** A session that is unfinished, and on which nobody works, ends with what becomes of what it left. */
async function* withWhatIsLeft(lines: AsyncIterable<string>, workspace: Workspace, id: string): AsyncGenerator<string> {
  yield* lines;
  const pending = await workspace.store.ingress.pending();
  if (!pending.some(({ session_id }) => session_id === id)) return;
  const { sessions = [] } = await askOwner(workspace);
  if (sessions.some((row) => row.session_id === id && isSeenTo(row))) return;
  const left = await unfinished(workspace, id, pending);
  if (left.failure !== undefined) return; // said behind it
  for (const line of leftLines(left, workspace.clock.now())) yield `  left     ${line}`;
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw new RuntimeError('usage', `--limit ${text} is no number of entries`, { next: 'Write 1 or more.' });
}

export const removeSession: CommandAction<{ force?: true }> = async (context, options, id) => {
  refuseTools(context.environment);
  checkSessionId(id);
  const workspace = await openForCommand(context, options);
  const steps = await stepSessionsOf(workspace.store.journal, id);
  await withHost(workspace, (host) => host.remove(id, { force: options.force ?? false }));
  const also = steps.length === 0 ? '' : ` and ${steps.length} session${steps.length === 1 ? '' : 's'} of its steps`;
  context.io.stderr.write(`removed ${id}${also}\n`);
};
