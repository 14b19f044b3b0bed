import { realpathSync, statSync } from 'node:fs';
import { systemClock } from '../../../base/clock.ts';
import type { Environment } from '../../../base/environment.ts';
import { errorCatalogue, naming, RuntimeError, toRuntimeError } from '../../../contract/errors.ts';
import type { EntryData } from '../../../contract/entries.ts';
import type { RunOutcome, StreamEvent } from '../../../contract/stream.ts';
import type { Part, TurnReason } from '../../../contract/values.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { startRun, type Run, type RunRequest, type RunView } from '../../../engine/run.ts';
import { checkSessionId } from '../../../engine/session-id.ts';
import type { Workspace } from '../../../engine/wire.ts';
import type { Telemetry } from '../../../engine/telemetry/open.ts';
import { shortText } from '../../../engine/session/messages.ts';
import { NO_USAGE } from '../../../kernel/turn/state.ts';
import { type CallTitles, createCallTitles } from '../call-titles.ts';
import type { AttachOptions } from '../../attach.ts';
import type { CommandAction, CommandContext, GlobalOptions } from '../context.ts';
import { durationOf } from '../duration-flag.ts';
import { homeOf, inSamePlace, nextCommand, workspaceRequest } from '../context.ts';
import type { Io } from '../io.ts';
import { leftLines, needsSaying, othersLines, unknownLines } from '../left-lines.ts';
import { usdOf } from '../money.ts';
import { nextStep } from '../next-step.ts';
import { paint } from '../paint.ts';
import { createProgress } from '../progress.ts';
import { isPiped, readPiped } from '../read-input.ts';
import { reportError } from '../report-error.ts';
import { onSignals } from '../../signals.ts';
import type { TerminalStreams } from '../../terminal/streams.ts';
import { oneLine, visibleText } from '../../terminal/width.ts';

const HELP = 'See `runtime run --help`.';

export interface RunOptions {
  prompt?: string;
  session?: string;
  continue?: true;
  model?: string;
  root?: string;
  timeout?: string;
  maxCost?: string;
  check?: string;
  json?: true;
  from?: string;
}

export const run: CommandAction<RunOptions> = async (context, options, message) => {
  const terminal = isWithoutMessage(options, message) ? context.io.terminal() : undefined;
  if (terminal) return converse(context, options, terminal);
  const request = await requestOf(context, options, message);
  return runToEnd(context, options, request);
};

function isWithoutMessage({ prompt, json, from }: RunOptions, message: string | undefined): boolean {
  return message === undefined && prompt === undefined && json === undefined && from === undefined;
}

async function converse(
  context: CommandContext,
  options: RunOptions & GlobalOptions,
  terminal: TerminalStreams,
): Promise<number> {
  const { environment } = context;
  if (options.session !== undefined) checkSessionId(options.session);
  const left = await configureFirst(context, options);
  if (left !== undefined) return left;
  const { runRepl } = await import('../../repl/repl.ts');
  let telemetry: Telemetry | undefined;
  const exitCode = await runRepl({
    terminal,
    environment,
    home: homeOf(context),
    clock: systemClock,
    latest: options.continue ?? false,
    root: realpathSync(options.root === undefined ? '.' : folderOf(options.root)),
    ...(options.session !== undefined && { session: options.session }),
    ...(options.model !== undefined && { model: options.model }),
    async open() {
      const { openWorkspace } = await import('../../../engine/wire.ts');
      const { attach } = await import('../../attach.ts');
      const workspace = await openWorkspace(workspaceRequest(context, options));
      const { openTelemetry } = await import('../../../engine/telemetry/open.ts');
      telemetry = await openTelemetry(workspace, () => {}); // there is no place on the screen for it
      const attaching: AttachOptions = { takes: 'all', yields: true, ...observedBy(telemetry) };
      return { workspace, attach: (awaited) => attach(workspace, attaching, awaited) };
    },
  });
  await telemetry?.close();
  return exitCode;
}

function observedBy(telemetry: Telemetry | undefined): Pick<AttachOptions, 'observe'> {
  return telemetry ? { observe: (session_id, event) => void telemetry.took(session_id, event) } : {};
}

/** Helps whoever starts without any configuration to one. Gives the exit code where a signal ended that. */
async function configureFirst(
  context: CommandContext,
  options: RunOptions & GlobalOptions,
): Promise<number | undefined> {
  const { io, environment, overrides } = context;
  if (options.config !== undefined || options.model !== undefined) return undefined;
  const home = homeOf(context);
  const { configToComplete } = await import('../../../engine/config/first-config.ts');
  // What is wrong with the configuration is said by whoever uses it.
  const config = await configToComplete({ home, environment, overrides }).catch(() => undefined);
  if (config === undefined || isTool(environment)) return undefined;
  const { firstStart } = await import('../first-start/first-start.ts');
  return firstStart(io, { environment, home, clock: systemClock, config });
}

function isTool(environment: Environment): boolean {
  try {
    refuseTools(environment);
    return false;
  } catch {
    return true;
  }
}

/** Runs a request and shows how it goes. Gives the exit code. */
export async function runToEnd(
  context: CommandContext,
  options: Pick<RunOptions, 'json'> & { config?: string; workspace?: string },
  request: RunRequest,
): Promise<number> {
  const { io } = context;
  const next = (command: string): string => nextCommand(context, options, command);
  const titles = createCallTitles();
  const show = options.json ? jsonLines(io) : createProgress(io, titles);
  const sayUnsandboxed = createSandboxNotice(io);
  let at: Place = { scope: { kind: 'process' }, seq: 0 };
  const view: RunView = {
    onOpened(session, { seq, turn }) {
      at = { scope: { kind: 'session', id: session }, seq, ...(turn !== undefined && { turn }) };
    },
    onEvent(event) {
      const { scope, seq, turn = at.turn } = event;
      at = { scope, seq, ...(turn !== undefined && { turn }) };
      titles.take(event);
      show(event);
      sayUnsandboxed(event);
      if (event.type === 'call.abandoned') sayUnknown(io, titles, event.data as EntryData<'call.abandoned'>);
    },
    onEarlier: (event) => titles.take(event),
    onLeft(left) {
      if (!needsSaying(left)) return;
      for (const line of leftLines(left, systemClock.now())) io.stderr.write(`goes on: ${line}\n`);
    },
    onOthers(others) {
      const resume = (id?: string): string => next(`session resume${id === undefined ? '' : ` ${id}`}`);
      for (const line of othersLines(others, { now: systemClock.now(), resume })) io.stderr.write(`${line}\n`);
    },
    onNotice: (line) => io.stderr.write(`${oneLine(line)}\n`),
  };
  let outcome: RunOutcome;
  let telemetry: Telemetry | undefined;
  let workspace: Workspace | undefined;
  try {
    const { openWorkspace } = await import('../../../engine/wire.ts');
    workspace = await openWorkspace(workspaceRequest(context, options));
    for (const warning of workspace.loaded.warnings) io.stderr.write(`warning: ${warning}\n`);
    const { attach } = await import('../../attach.ts');
    const { openTelemetry } = await import('../../../engine/telemetry/open.ts');
    telemetry = await openTelemetry(workspace, (message) => io.stderr.write(`warning: ${message}\n`));
    const attaching: AttachOptions = { takes: 'named', ...observedBy(telemetry) };
    const opened = workspace;
    outcome = await untilEnd(startRun(opened, () => attach(opened, attaching), request, view));
  } catch (thrown) {
    const { scope } = at;
    const named = scope.kind === 'session' ? naming(toRuntimeError(thrown), scope.id) : toRuntimeError(thrown);
    const error = inSamePlace(context, options, named);
    outcome = {
      state: 'error',
      exit_code: error.exitCode,
      text: '',
      approvals: [],
      usage: NO_USAGE,
      error: { code: error.code, message: error.message, next: error.next },
    };
    reportError(io, error);
  }
  if (options.json) io.stdout.write(`${JSON.stringify(runFinished(outcome, at))}\n`);
  else if (outcome.state === 'ended' && outcome.reason === 'success') {
    io.stdout.write(withNewline(io.stdout.isTty ? visibleText(outcome.text) : outcome.text));
  }
  if (workspace && outcome.state === 'waiting_approval') await sayWaiting(io, workspace, outcome.approvals, titles, next);
  sayOutcome(io, outcome, at, next);
  await telemetry?.close();
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

/** What options and message of the command line ask for. @throws RuntimeError usage | empty_message | invalid_id */
export async function requestOf(
  { io }: Pick<CommandContext, 'io'>,
  options: RunOptions,
  message: string | undefined,
  { goal }: Pick<RunRequest, 'goal'> = {},
): Promise<RunRequest> {
  if (message !== undefined && options.prompt !== undefined) {
    throw new RuntimeError('usage', 'give the message once: as an argument or with --prompt', { next: HELP });
  }
  if (options.session !== undefined) checkSessionId(options.session);
  if (options.session !== undefined && options.continue) {
    throw new RuntimeError('usage', '--session and --continue choose different sessions', { next: HELP });
  }
  if (options.from !== undefined && !options.json) {
    throw new RuntimeError('usage', '--from says where --json begins, and there is no --json', { next: HELP });
  }
  const parts = await messageParts(io, message ?? options.prompt);
  if (parts.length === 0 && goal) {
    throw new RuntimeError('usage', 'there is no objective', {
      next: 'Give one: runtime goal "Make the tests pass". An unfinished one goes on with `runtime run --continue`.',
    });
  }
  if (parts.length === 0 && options.session === undefined && !options.continue) {
    throw new RuntimeError('empty_message', 'there is no message');
  }
  if (parts.length === 0 && options.check !== undefined) {
    throw new RuntimeError('usage', '--check belongs to a message, and there is none', { next: HELP });
  }
  return {
    latest: options.continue ?? false,
    source: 'cli',
    ...(options.session !== undefined && { session: options.session }),
    ...(parts.length > 0 && { message: parts }),
    ...(goal && { goal }),
    ...(options.root !== undefined && { root: folderOf(options.root) }),
    ...(options.model !== undefined && { model: options.model }),
    ...(options.timeout !== undefined && { timeout_ms: durationOf(options.timeout) }),
    ...(options.maxCost !== undefined && { max_cost: usdOf(options.maxCost) }),
    ...(options.check !== undefined && { check: checkOf(options.check) }),
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

const MOST_CHECK = 1000;

/** Of `--check`. @throws RuntimeError usage */
function checkOf(command: string): string {
  if (command.trim() !== '' && command.length <= MOST_CHECK) return command;
  const next = `Write a command of at most ${MOST_CHECK} characters; a longer one goes into a script.`;
  throw new RuntimeError('usage', '--check needs a command', { next });
}

/** Of `--from`. @throws RuntimeError usage */
export function seqOf(text: string): number {
  const seq = Number(text);
  if (Number.isSafeInteger(seq) && seq >= 1) return seq;
  throw new RuntimeError('usage', `--from ${text} is no entry`, { next: 'Write the number of an entry, 1 or more.' });
}

/** Says once that commands run without a sandbox, before the first does. */
function createSandboxNotice(io: Io): (event: StreamEvent) => void {
  let said = false;
  return (event) => {
    if (event.type !== 'policy.decided' || said) return;
    const { effect, verdict } = event.data as EntryData<'policy.decided'>;
    if (effect !== 'exec' || verdict === 'deny') return;
    said = true;
    io.stderr.write('sandbox off: commands run with your own rights\n');
  };
}

/** A person has to look what it did: nobody else can. */
function sayUnknown({ stderr }: Io, titles: CallTitles, { call_id }: EntryData<'call.abandoned'>): void {
  const { title, body } = titles.shown(call_id) ?? { title: call_id };
  for (const line of unknownLines(title, body === undefined ? undefined : shortText(body))) stderr.write(`${line}\n`);
}

function jsonLines(io: Io): (event: StreamEvent) => void {
  return (event) => io.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Where the run is: its session, the last entry and the turn, as far as there are such. */
type Place = Pick<StreamEvent, 'scope' | 'seq' | 'turn'>;

function runFinished(data: RunOutcome, { scope, seq, turn }: Place): StreamEvent {
  return {
    schemaVersion: 'runtime.event.v1',
    id: null,
    seq,
    at: systemClock.now(),
    scope,
    ...(turn !== undefined && { turn }),
    type: 'run.finished',
    data,
    terminal: true,
  };
}

const NEXT: Partial<Record<TurnReason, string>> = {
  auth_missing: errorCatalogue.auth_missing.next,
  timeout: 'Give the turn longer with --timeout or `budget.turn.wall`.',
  unavailable: 'Check the network and the address (`base_url`, OPENAI_BASE_URL, OLLAMA_HOST), then ask again.',
  interrupted: 'Ask again; if it stops there once more, ask in another way or in a new session.',
};

/** What is said of a turn that has no reply. */
const SILENT: Partial<Record<TurnReason, string>> = {
  interrupted: 'the program stopped again and again at the same place of this turn, so the turn was given up',
};

/** On standard error: what waits, and what answers it. */
async function sayWaiting(
  { stderr }: Io,
  workspace: Workspace,
  approvals: readonly string[],
  titles: CallTitles,
  next: (command: string) => string,
): Promise<void> {
  for (const id of approvals) {
    const what = titles.ofApproval(id) ?? (await titleOfStepCall(workspace, id));
    stderr.write(`waits for a person: ${oneLine(what)}\napproval ${id}\n${next(`approve ${id}`)}\n`);
    stderr.write(`(or \`${next(`approvals show ${id}`)}\`, \`${next(`deny ${id}`)}\`)\n`);
  }
}

/** What a goal's step asks for stands in the journal of that step. */
async function titleOfStepCall(workspace: Workspace, approval_id: string): Promise<string> {
  const { findApproval } = await import('../../../engine/approvals.ts');
  const record = await findApproval(workspace, approval_id).catch(() => undefined); // its answer may come meanwhile
  if (record === undefined) return 'a call';
  return `${record.presentation.title}${record.parent ? ` (step: ${record.parent.title})` : ''}`;
}

/** On standard error: why there is no answer. */
function sayOutcome(io: Io, outcome: RunOutcome, { scope }: Place, next: (command: string) => string): void {
  if (outcome.state === 'ended' && outcome.reason !== undefined && outcome.reason !== 'success') {
    const text = outcome.text === '' ? (SILENT[outcome.reason] ?? 'the turn ended without an answer') : outcome.text;
    io.stderr.write(`${paint(io.stderr, 'red', `${outcome.reason}:`)} ${withNewline(visibleText(text))}`);
    const { reason, code } = outcome;
    const step = nextStep({ reason, ...(code !== undefined && { code }) }, NEXT);
    if (step !== undefined) io.stderr.write(`${paint(io.stderr, 'bold', 'next:')} ${step}\n`);
  }
  if (outcome.state === 'open' && scope.kind === 'session') {
    io.stderr.write(`left open; it goes on with: ${next(`run --session ${scope.id}`)}\n`);
  }
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
