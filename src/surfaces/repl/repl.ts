/**
 * The interactive terminal. What is typed goes to the host of the workspace's sessions, which may be this process or
 * another; what happens in the session that is looked at is shown, whoever made it happen.
 */
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import type { Host } from '../../contract/host.ts';
import { chooseSession, newSessionId } from '../../engine/session-choice.ts';
import type { Workspace } from '../../engine/wire.ts';
import type { AttachOptions } from '../attach.ts';
import { onSignals } from '../signals.ts';
import type { TerminalStreams } from '../terminal/streams.ts';
import { oneLine } from '../terminal/width.ts';
import { createApprovalPanel } from './approval-panel.ts';
import { partsOf } from './attachments.ts';
import type { Repl } from './commands.ts';
import type { Conversation } from './conversation.ts';
import { createUi } from './create-ui.ts';
import { createCurrentSession } from './current-session.ts';
import { editExternally } from '../terminal/external-editor.ts';
import { hintFor } from './hints.ts';
import { historyFile } from './history-file.ts';
import { createInterrupts } from './interrupts.ts';
import type * as Later from './later.ts';
import { createLooks } from './looks.ts';
import { createPersonal } from './person-command.ts';
import { createRequests } from './requests.ts';
import { createSpinner } from './spinner.ts';
import { footer, linesAbove, welcome } from './status-line.ts';
import { createSuccession, type Succession, type SuccessionOptions } from './successor.ts';
import { createTypedInput } from './typed-input.ts';
import type { Ui } from './ui.ts';
import { createVoice } from './voice.ts';

interface Opened {
  workspace: Workspace;
  attach: SuccessionOptions['attach'];
}

export interface ReplOptions {
  terminal: TerminalStreams;
  environment: Environment;
  home: string;
  clock: Clock;
  /** Opens workspace and host; the input is there before. */
  open(onConfig: NonNullable<AttachOptions['onConfig']>): Promise<Opened>;
  /** Absent: a new one. `latest`: the one that was written to last. */
  session?: string;
  latest: boolean;
  model?: string;
  root: string;
}

/** So long a turn may take to end by itself when the person leaves and others look on (ms). */
const HANDOVER_MS = 30_000;
/** Who leaves needn't be told what it waits for when it is over so soon (ms). */
const SOON_MS = 300;
/** The exit code of whoever has lost the terminal, as after SIGHUP. */
const HANGUP = 129;
/** Where a panel's text must be short: there it isn't painted but printed. */
const PLAIN_COLUMNS = 79;

/** Runs until the person leaves. Gives the exit code. @throws RuntimeError when the workspace can't be opened */
export async function runRepl(options: ReplOptions): Promise<number> {
  const { terminal, environment, home, clock } = options;
  const history = historyFile(home);
  const ended = Promise.withResolvers<number>();
  /** The person leaves, and then once more. */
  const hurried = Promise.withResolvers<void>();
  let opened: Opened | undefined;
  let parts: typeof Later | undefined;
  let host: Host | undefined;
  let succession: Succession | undefined;
  let stopOthers = (): void => {};
  let leaving = false;
  let leftWith = 0;
  let announced = '';
  /** The last message that was sent from here, and where. */
  let awaited: { event_id: string; conversation: Conversation | undefined } | undefined;

  const { tone, say, notice, fail } = createVoice(() => ui);

  const panel = createApprovalPanel({
    clock,
    asked: () => current.conversation()?.asked() ?? [],
    async answer(approval_id, resolution) {
      await requests.answer(approval_id, resolution).catch((thrown: unknown) => {
        fail(thrown);
        throw thrown;
      });
      changed();
    },
    view: (id) => void parts?.runCommand(repl(), 'approvals', id).catch(fail),
    ruleOf: async (id) => (await requests.approval(id))?.proposed_rule,
    setPrompt: (prompt) => ui.setPrompt(prompt),
    setInput: (text) => ui.setText(text),
    say,
    refresh,
    byLine: () => ui.plain,
    fence: (run) => ui.fence(run),
  });

  const ui: Ui = createUi({
    terminal,
    environment,
    clock,
    history: history.load(),
    handlers: {
      submit(text) {
        interrupts.forget();
        if (panel.takesText(text)) return refresh();
        void typed.take(text);
      },
      cancel: (hadText) => interrupts.cancel(hadText),
      leave: () => void leave(0),
      gone: () => void leave(HANGUP, 0),
      input: (text, before, byKey) => panel.input(text, before, byKey),
      hint: (text) =>
        panel.isOpen()
          ? ''
          : hintFor(text, host !== undefined && !typed.isBusy() && current.conversation()?.seq() === 0),
      isBusy: () =>
        host === undefined ||
        typed.isBusy() ||
        isAwaited() ||
        (current.conversation()?.doing() !== undefined && !panel.isOpen()),
      escape: () => interrupts.escape(),
      async complete(text, cursor) {
        if (parts === undefined) return { from: cursor, to: cursor, items: [] };
        return parts.completionsOf(text, cursor, { workspace: opened?.workspace, root: current.root() });
      },
      editExternally(text) {
        try {
          return editExternally(text, environment);
        } catch (thrown) {
          fail(thrown);
          return text;
        }
      },
      above,
      below,
      resized: () => current.conversation()?.resized(),
      painted: () => panel.painted(),
      back: () => panel.back(),
    },
  });

  const looks = createLooks(ui, environment);
  const requests = createRequests({
    clock,
    succession: () => succession,
    root: options.root,
    model: options.model,
    say,
    current: () => current.id(),
  });
  const current = createCurrentSession({
    clock,
    ui,
    voice: { say, notice, fail },
    journal: () => opened!.workspace.store.journal,
    newConversation: () => parts!.createConversation(looks.of(opened!.workspace.store.blobs)),
    ask: (use) => succession!.ask(use),
    root: options.root,
    onChange: changed,
  });
  const personal = createPersonal({
    clock,
    environment,
    cwd: current.root,
    tone,
    say,
    print: (lines) => ui.print(lines),
    refresh,
  });
  const interrupts = createInterrupts({
    clock,
    panel,
    personal,
    conversation: () => (host === undefined ? undefined : current.conversation()),
    plain: ui.plain,
    hasText: ui.hasText,
    say,
    stop: (event) => void requests.stop(current.id()!, event).catch(fail),
    leave: () => void leave(130),
  });
  const typed = createTypedInput({
    clock,
    history,
    ui,
    tone,
    say,
    fail,
    send: (text) => send(text, 'message'),
    command: async (name, rest) => parts?.runCommand(repl(), name, rest),
    shell: personal.run,
    leave: () => leave(0),
    done: refresh,
  });
  const spinner = createSpinner(clock, () => ui.refresh());
  ui.refresh();

  function above(): string[] {
    const { columns, rows } = ui;
    const ownRuns = personal.isRunning();
    const around = { panel, ownRuns, ticks: spinner.ticks(), now: clock.now(), columns, rows, tone };
    return linesAbove({ conversation: current.conversation(), ...around });
  }

  function below(): string[] {
    const shown = { status: current.status(), root: current.root(), here: host?.here, model: modelOf(modelWanted()) };
    return [footer(shown, ui.columns, tone)];
  }

  function refresh(): void {
    if (ui.plain) announce();
    ui.refresh();
  }

  /** On a plain terminal the panel is printed, once. */
  function announce(): void {
    const lines = panel.lines(tone, PLAIN_COLUMNS, ui.rows);
    const text = lines.join('\n');
    if (text !== announced) ui.print(lines);
    announced = text;
    panel.painted();
  }

  function modelWanted(): string | undefined {
    const status = current.status();
    if (status === undefined) return options.model;
    return status.seq === 0 ? requests.chosen(status.session_id).model : status.model;
  }

  /** The model that answers. @throws RuntimeError when the wanted one can't be used */
  function modelOf(wanted: string | undefined): string | undefined {
    if (opened === undefined || parts === undefined) return undefined;
    const { config } = opened.workspace.loaded;
    return parts.chooseModels(config, environment, wanted === undefined ? {} : { model: wanted }).choices[0]?.name;
  }

  /** The turn of what was said last is to come. A session that was left meanwhile, or removed, is another conversation. */
  function isAwaited(): boolean {
    if (awaited === undefined || awaited.conversation !== current.conversation()) return false;
    return !awaited.conversation?.hasBegun(awaited.event_id);
  }

  function changed(): void {
    spinner.turn(current.conversation()?.doing() !== undefined && !ui.plain);
    panel.changed();
    refresh();
  }

  async function send(text: string, mode: 'message' | 'steer' | 'goal'): Promise<void> {
    const conversation = current.conversation();
    const own = partsOf(text.trimStart(), { root: current.root(), home, environment });
    const accepted = await personal.withNotes((notes) => {
      if (ui.plain && mode !== 'steer' && notes.length + own.length === 1) looks.echoed(text.trimStart());
      return requests.send(current.id()!, [...notes, ...own], mode);
    });
    if (mode !== 'steer') awaited = { event_id: accepted.event_id, conversation };
    for (const notice of accepted.notices) say(notice);
    await current.readStatus();
  }

  /** `patience_ms`: what runs may take so long to end by itself, while others look on. */
  async function leave(code: number, patience_ms = HANDOVER_MS): Promise<void> {
    // Ctrl-D on a plain terminal and its end look the same, until the signal comes.
    if (!leaving || code === HANGUP) leftWith = code;
    if (leaving) {
      hurried.resolve();
      return host?.leave();
    }
    leaving = true;
    spinner.turn(false);
    panel.close();
    personal.hangUp();
    const closed = ui.close();
    const unsent = await typed.end(hurried.promise); // what was typed before is sent
    const id = current.id();
    const open = current.conversation()?.turn() !== undefined;
    current.close();
    stopOthers();
    succession?.end();
    for (const text of unsent) terminal.output.write(`not sent: ${oneLine(text)}\n`);
    const sayWhy = (): void => void terminal.output.write('leaves when what runs has ended; Ctrl-C ends it now\n');
    const cancelSaying = clock.at(clock.now() + SOON_MS, sayWhy);
    try {
      await host?.leave({ patience_ms });
    } finally {
      cancelSaying();
      await closed;
      if (id !== undefined && (open || (current.status()?.seq ?? 0) > 0)) {
        terminal.output.write(`${open ? 'left open' : 'to go on'}: runtime run --session ${id}\n`);
      }
      ended.resolve(leftWith);
    }
  }

  function repl(): Repl {
    const [session, conversation] = [current.id(), current.conversation()];
    if (host === undefined || session === undefined || conversation === undefined || opened === undefined) {
      throw new RuntimeError('usage', 'still starting', { next: 'Try again in a moment.' });
    }
    return {
      host,
      workspace: opened.workspace,
      session,
      conversation,
      panel,
      status: current.status,
      model: () => modelOf(modelWanted()),
      say,
      print: (lines) => ui.print(lines),
      page: (lines) => parts!.page(ui, terminal, environment, lines),
      tone,
      columns: () => ui.columns,
      now: () => clock.now(),
      async newSession() {
        const [id, model] = [newSessionId(clock), modelWanted()];
        if (model !== undefined) await requests.configure(id, { model });
        await current.open(id);
      },
      openSession: current.open,
      clear: () => ui.clear(),
      send,
      answer: requests.answer,
      async configure(change) {
        if (change.model !== undefined) modelOf(change.model);
        await requests.configure(current.id()!, change); // a command may have begun a new one
        await current.readStatus();
      },
    };
  }

  const stopListening = onSignals(({ name, exitCode }) => {
    if (name !== 'SIGINT') void leave(exitCode, 0);
    else if (leaving) void ui.close().then(() => leave(exitCode));
    else if (ui.plain) interrupts.cancel(false);
  });
  try {
    parts = await import('./later.ts');
    opened = await options.open((outcome) => parts!.tellConfig(outcome, notice));
    await current.show(await chooseSession({ journal: opened.workspace.store.journal, clock }, options));
    if (current.conversation()?.seq() === 0) ui.print(welcome(ui.columns, tone));
    const { attach } = opened;
    const left = await parts.workList(opened.workspace, { most: parts.MOST_LEFT });
    const attaching = attach(false);
    // An owner that says nothing must not keep anybody from leaving.
    host = await Promise.race([attaching, ended.promise.then(() => undefined)]);
    if (host === undefined) {
      attaching.then((late) => late.leave()).catch(() => {});
      return await ended.promise;
    }
    succession = createSuccession(host, {
      clock,
      attach,
      isLeaving: () => leaving,
      async onNext(next) {
        host = next;
        await current.goOnWith(next);
      },
      voice: { say, notice, fail },
    });
    succession.watch().catch((thrown: unknown) => {
      fail(thrown);
      void leave(toRuntimeError(thrown).exitCode);
    });
    await parts.tellLeft(left, { host, current: current.id(), now: clock.now(), notice });
    const untold = await parts.untoldNotice(opened.workspace, current.root());
    if (untold !== undefined) notice(untold);
    await current.work(host);
    if (!host.here) {
      const { pid } = await succession.ask((now) => now.status());
      notice(`attached to pid ${pid}, which owns the workspace`);
    }
    stopOthers = parts.watchOthers({
      clock,
      sessions: () => succession!.ask((now) => now.sessions()),
      current: current.id,
      notice,
    });
    await typed.begin();
    return await ended.promise;
  } catch (thrown) {
    leaving = true;
    await ui.close();
    await host?.leave().catch(() => {});
    throw thrown;
  } finally {
    spinner.turn(false);
    stopListening();
  }
}
