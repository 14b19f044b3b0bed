import { existsSync, realpathSync } from 'node:fs';
import { systemClock } from '../../../base/clock.ts';
import type { Environment } from '../../../base/environment.ts';
import { naming, toRuntimeError } from '../../../contract/errors.ts';
import type { EntryData } from '../../../contract/entries.ts';
import type { RunOutcome, StreamEvent } from '../../../contract/stream.ts';
import type { Presentation } from '../../../contract/values.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { startRun, type Run, type RunRequest, type RunView } from '../../../engine/run.ts';
import { checkSessionId } from '../../../engine/session-id.ts';
import type { Workspace } from '../../../engine/wire.ts';
import type { Telemetry } from '../../../engine/telemetry/open.ts';
import { entriesBehind } from '../../../engine/stream.ts';
import type { ReadBehind } from '../../goal/step-watches.ts';
import { shortText } from '../../../engine/session/messages.ts';
import { vaultPath } from '../../../store/vault/vault-path.ts';
import { NO_USAGE } from '../../../kernel/turn/state.ts';
import { createCallTitles } from '../call-titles.ts';
import type { AttachOptions } from '../../attach.ts';
import type { CommandAction, CommandContext, GlobalOptions } from '../context.ts';
import { homeOf, inSamePlace, nextCommand, workspaceRequest } from '../context.ts';
import type { Io } from '../io.ts';
import { createLateGoal } from '../late-goal.ts';
import { leftLines, needsSaying, othersLines, unknownLines } from '../left-lines.ts';
import { createProgress } from '../progress.ts';
import { reportError } from '../report-error.ts';
import { rootOf } from '../root-flag.ts';
import { requestOf, type RunOptions } from '../run-request.ts';
import { createSandboxNotice } from '../sandbox-notice.ts';
import { sayOutcome, sayWaiting, withNewline } from '../say-outcome.ts';
import { onSignals } from '../../signals.ts';
import type { TerminalStreams } from '../../terminal/streams.ts';
import { oneLine, visibleText } from '../../terminal/width.ts';
import { jsonText } from '../json-text.ts';

export const run: CommandAction<RunOptions> = async (context, options, message) => {
  const terminal = isWithoutMessage(options, message) ? context.io.terminal() : undefined;
  if (terminal) return converse(context, options, terminal);
  const request = await requestOf(context, options, message);
  return runToEnd(context, options, request);
};

function isWithoutMessage({ prompt, json, from, check, attach }: RunOptions, message: string | undefined): boolean {
  return [message, prompt, json, from, check, attach].every((one) => one === undefined);
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
  const unlocked = await unlockedWorkspace(context, options);
  const { runRepl } = await import('../../repl/repl.ts');
  let telemetry: Telemetry | undefined;
  const exitCode = await runRepl({
    terminal,
    environment,
    home: homeOf(context),
    clock: systemClock,
    latest: options.continue ?? false,
    root: options.root === undefined ? realpathSync('.') : rootOf(options.root),
    ...(options.session !== undefined && { session: options.session }),
    ...(options.model !== undefined && { model: options.model }),
    async open(onConfig) {
      const { openWorkspace } = await import('../../../engine/wire.ts');
      const { attach } = await import('../../attach.ts');
      const workspace = unlocked ?? (await openWorkspace(workspaceRequest(context, options)));
      const { openTelemetry } = await import('../../../engine/telemetry/open.ts');
      telemetry = await openTelemetry(workspace, () => {}); // there is no place on the screen for it
      const attaching: AttachOptions = { takes: 'all', yields: true, onConfig, ...observedBy(telemetry) };
      return { workspace, attach: (awaited) => attach(workspace, attaching, awaited) };
    },
  });
  await telemetry?.close();
  return exitCode;
}

/** Where there is a vault: before the conversation has the terminal its passphrase is asked for, where it is needed. */
async function unlockedWorkspace(
  context: CommandContext,
  options: RunOptions & GlobalOptions,
): Promise<Workspace | undefined> {
  if (!existsSync(vaultPath(homeOf(context)))) return undefined;
  const { openWorkspace } = await import('../../../engine/wire.ts');
  const workspace = await openWorkspace(workspaceRequest(context, options));
  const { unlockVault } = await import('../unlock-vault.ts');
  await unlockVault(context.io, workspace, options.model);
  return workspace;
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
  const goal = createLateGoal(context.io.stderr, {
    clock: systemClock,
    environment: context.environment,
    began: systemClock.now(),
    sayUnknown: (call_id, shown) => sayUnknown(io, shown ?? { title: call_id }),
  });
  const io: Io = { ...context.io, stderr: goal.stderr };
  const next = (command: string): string => nextCommand(context, options, command);
  const titles = createCallTitles();
  const show = options.json ? jsonLines(io) : createProgress(io, titles);
  const saySandbox = createSandboxNotice(io);
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
      if (!options.json) goal.take(event);
      saySandbox(event);
      if (event.type === 'call.abandoned') {
        const { call_id } = event.data as EntryData<'call.abandoned'>;
        sayUnknown(io, titles.shown(call_id) ?? { title: call_id });
      }
    },
    onEarlier(event) {
      titles.take(event);
      if (!options.json) goal.take(event);
    },
    onAttached: goal.follow,
    onLeft(left) {
      if (!needsSaying(left)) return;
      for (const line of leftLines(left, systemClock.now())) io.stderr.write(`goes on: ${line}\n`);
    },
    onOthers(others) {
      for (const line of othersLines(others, { now: systemClock.now(), command: next })) io.stderr.write(`${line}\n`);
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
    if (existsSync(vaultPath(workspace.home))) {
      const { unlockVault } = await import('../unlock-vault.ts');
      await unlockVault(context.io, workspace, request.model);
    }
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
    await goal.end();
    reportError(io, error);
  }
  // That a step waits may be known of the goal before its own session has told so.
  await goal.end(workspace && outcome.state === 'waiting_approval' ? restOf(workspace) : undefined);
  if (options.json) io.stdout.write(`${jsonText(io.stdout, runFinished(outcome, at))}\n`);
  else if (outcome.state === 'ended' && outcome.reason === 'success') {
    io.stdout.write(withNewline(io.stdout.isTty ? visibleText(outcome.text) : outcome.text));
  }
  if (workspace && outcome.state === 'waiting_approval')
    await sayWaiting(io, workspace, outcome.approvals, titles, next);
  sayOutcome(io, outcome, at, next);
  await telemetry?.close();
  return outcome.exit_code;
}

/** As many entries as can matter to what a step does now. */
const MOST_BEHIND = 1000;

function restOf({ store }: Workspace): ReadBehind {
  return (session_id, after) =>
    entriesBehind(store.journal, session_id, after, MOST_BEHIND).then(
      ({ entries }) => entries,
      () => [], // what can't be read is said by whoever needs it
    );
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

/** A person has to look what it did: nobody else can. */
function sayUnknown({ stderr }: Io, { title, body }: Presentation): void {
  for (const line of unknownLines(title, body === undefined ? undefined : shortText(body))) stderr.write(`${line}\n`);
}

function jsonLines(io: Io): (event: StreamEvent) => void {
  return (event) => io.stdout.write(`${jsonText(io.stdout, event)}\n`);
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
