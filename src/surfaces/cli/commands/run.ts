import { statSync } from 'node:fs';
import { systemClock } from '../../../base/clock.ts';
import { parseDuration } from '../../../base/duration.ts';
import { RuntimeError, toRuntimeError } from '../../../contract/errors.ts';
import type { EntryData } from '../../../contract/entries.ts';
import type { RunOutcome, StreamEvent } from '../../../contract/stream.ts';
import type { Part } from '../../../contract/values.ts';
import { startRun, type Run, type RunRequest, type RunView } from '../../../engine/run.ts';
import { checkSessionId } from '../../../engine/session-id.ts';
import { NO_USAGE } from '../../../kernel/turn/state.ts';
import type { CommandAction, CommandContext } from '../context.ts';
import { workspaceRequest } from '../context.ts';
import type { Io } from '../io.ts';
import { paint } from '../paint.ts';
import { createProgress } from '../progress.ts';
import { isPiped, readPiped } from '../read-input.ts';
import { reportError } from '../report-error.ts';
import { onSignals } from '../signals.ts';
import { oneLine, visibleText } from '../width.ts';

export interface RunOptions {
  prompt?: string;
  session?: string;
  continue?: true;
  model?: string;
  root?: string;
  timeout?: string;
  maxCost?: string;
  json?: true;
  from?: string;
}

export const run: CommandAction<RunOptions> = async (context, options, message) => {
  const request = await requestOf(context, options, message);
  return runToEnd(context, options, request);
};

/** Runs a request and shows how it goes. Gives the exit code. */
export async function runToEnd(
  context: CommandContext,
  options: Pick<RunOptions, 'json'> & { config?: string; workspace?: string },
  request: RunRequest,
): Promise<number> {
  const { io } = context;
  const view = options.json ? jsonView(io) : textView(io);
  const waiting = createWaitingTitles();
  let scope: StreamEvent['scope'] = { kind: 'process' };
  let seq = 0;
  const watched: RunView = {
    ...view,
    onEvent(event) {
      scope = event.scope;
      seq = event.seq;
      waiting.take(event);
      view.onEvent(event);
    },
  };
  let outcome: RunOutcome;
  try {
    const { openWorkspace } = await import('../../../engine/wire.ts');
    const workspace = await openWorkspace(workspaceRequest(context, options));
    for (const warning of workspace.loaded.warnings) io.stderr.write(`warning: ${warning}\n`);
    outcome = await untilEnd(startRun(workspace, request, watched));
  } catch (thrown) {
    const error = toRuntimeError(thrown);
    if (error.code === 'usage') throw error;
    const { code, message, next } = error;
    outcome = {
      state: 'error',
      exit_code: error.exitCode,
      text: '',
      approvals: [],
      usage: NO_USAGE,
      error: { code, message, next },
    };
    reportError(io, error);
  }
  if (options.json) io.stdout.write(`${JSON.stringify(runFinished(outcome, scope, seq))}\n`);
  else if (outcome.state === 'ended' && outcome.reason === 'success') {
    io.stdout.write(withNewline(io.stdout.isTty ? visibleText(outcome.text) : outcome.text));
  }
  sayOutcome(io, outcome, scope, waiting.titleOf);
  return outcome.exit_code;
}

/** First Ctrl-C: the turn is cancelled; a second one, SIGTERM, SIGHUP: leave, to be carried on later. */
async function untilEnd(run: Run): Promise<RunOutcome> {
  let left: number | undefined;
  const stopListening = onSignals((signal, times) => {
    if (signal.name === 'SIGINT' && times === 1) return run.stop();
    left = signal.exitCode;
    run.leave();
  });
  try {
    const outcome = await run.outcome;
    return outcome.state === 'open' && left !== undefined ? { ...outcome, exit_code: left } : outcome;
  } finally {
    stopListening();
  }
}

async function requestOf(
  { io }: CommandContext,
  options: RunOptions,
  message: string | undefined,
): Promise<RunRequest> {
  if (message !== undefined && options.prompt !== undefined) {
    throw new RuntimeError('usage', 'give the message once: as an argument or with --prompt');
  }
  if (options.session !== undefined) checkSessionId(options.session);
  if (options.session !== undefined && options.continue) {
    throw new RuntimeError('usage', '--session and --continue choose different sessions');
  }
  const parts = await messageParts(io, message ?? options.prompt);
  if (parts.length === 0 && options.session === undefined) {
    throw new RuntimeError('empty_message', 'there is no message');
  }
  return {
    latest: options.continue ?? false,
    source: 'cli',
    ...(options.session !== undefined && { session: options.session }),
    ...(parts.length > 0 && { message: parts }),
    ...(options.root !== undefined && { root: folderOf(options.root) }),
    ...(options.model !== undefined && { model: options.model }),
    ...(options.timeout !== undefined && { timeout_ms: durationOf(options.timeout) }),
    ...(options.maxCost !== undefined && { max_cost: moneyOf(options.maxCost) }),
    ...(options.from !== undefined && { from: seqOf(options.from) }),
  };
}

/** The message first, then what was piped in. White space alone is no message. */
async function messageParts(io: Io, message: string | undefined): Promise<Part[]> {
  const texts = [message, isPiped() ? await readPiped(io) : undefined];
  return texts.flatMap((text) => (text?.trim() ? [{ type: 'text' as const, text: text.toWellFormed() }] : []));
}

function folderOf(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  throw new RuntimeError('usage', `--root ${path} is no folder`, { next: 'Name a folder that exists.' });
}

function durationOf(text: string): number {
  const ms = parseDuration(text);
  if (ms) return ms;
  throw new RuntimeError('usage', `--timeout ${text} is no duration`, { next: 'Write it as 30s, 5m or 1m30s.' });
}

function moneyOf(text: string): number {
  const usd = Number(text);
  if (text.trim() !== '' && usd > 0 && Number.isFinite(usd)) return usd;
  throw new RuntimeError('usage', `--max-cost ${text} is no amount of money`, { next: 'Write USD, as 0.50.' });
}

function seqOf(text: string): number {
  const seq = Number(text);
  if (Number.isSafeInteger(seq) && seq >= 1) return seq;
  throw new RuntimeError('usage', `--from ${text} is no entry`, { next: 'Write the number of an entry, 1 or more.' });
}

function textView(io: Io): RunView {
  const progress = createProgress(io);
  let saidSandbox = false;
  return {
    onEvent(event) {
      progress(event);
      if (event.type !== 'policy.decided' || saidSandbox) return;
      const { effect, verdict } = event.data as EntryData<'policy.decided'>;
      if (effect !== 'exec' || verdict === 'deny') return;
      saidSandbox = true;
      io.stderr.write('sandbox off: commands run with your own rights\n');
    },
    onNotice: (line) => io.stderr.write(`${line}\n`),
  };
}

function jsonView(io: Io): RunView {
  return {
    onEvent: (event) => io.stdout.write(`${JSON.stringify(event)}\n`),
    onNotice: (line) => io.stderr.write(`${line}\n`),
  };
}

/** What the approvals of this run are about, by their ids. */
function createWaitingTitles(): { take(event: StreamEvent): void; titleOf(approval: string): string } {
  const calls = new Map<string, string>();
  const approvals = new Map<string, string>();
  return {
    take(event) {
      if (event.type === 'call.inspected') {
        const { call_id, presentation } = event.data as EntryData<'call.inspected'>;
        calls.set(call_id, presentation.title);
      }
      if (event.type === 'approval.requested') {
        const { approval_id, call_id } = event.data as EntryData<'approval.requested'>;
        approvals.set(approval_id, calls.get(call_id) ?? '');
      }
    },
    titleOf: (approval) => oneLine(approvals.get(approval) ?? 'a call of an earlier run'),
  };
}

function runFinished(data: RunOutcome, scope: StreamEvent['scope'], seq: number): StreamEvent {
  const at = systemClock.now();
  return { schemaVersion: 'runtime.event.v1', id: null, seq, at, scope, type: 'run.finished', data, terminal: true };
}

/** On standard error: what waits, or why there is no answer. */
function sayOutcome(
  io: Io,
  outcome: RunOutcome,
  scope: StreamEvent['scope'],
  titleOf: (approval: string) => string,
): void {
  if (outcome.state === 'waiting_approval') {
    for (const id of outcome.approvals) {
      io.stderr.write(`waits for a person: ${titleOf(id)}\napproval ${id}\nruntime approve ${id}\n`);
      io.stderr.write(`(or \`runtime approvals show ${id}\`, \`runtime deny ${id}\`)\n`);
    }
  }
  if (outcome.state === 'ended' && outcome.reason !== undefined && outcome.reason !== 'success') {
    const text = outcome.text === '' ? `the turn ended: ${outcome.reason}` : outcome.text;
    io.stderr.write(`${paint(io.stderr, 'red', `${outcome.reason}:`)} ${withNewline(visibleText(text))}`);
  }
  if (outcome.state === 'open' && scope.kind === 'session') {
    io.stderr.write(`left open; it goes on with: runtime run --session ${scope.id}\n`);
  }
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
