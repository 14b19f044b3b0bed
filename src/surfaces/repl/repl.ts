/**
 * The interactive terminal. What is typed goes to the host of the workspace's sessions, which may be this process or
 * another; what happens in the session that is looked at is shown, whoever made it happen.
 */
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { systemIds } from '../../base/ids.ts';
import { RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import type { Host, Resolution, SessionStatus } from '../../contract/host.ts';
import type { Workspace } from '../../engine/wire.ts';
import type { Key } from '../terminal/keys/key.ts';
import { loadHighlight, type Highlight } from '../terminal/markdown/highlight.ts';
import { DIM, RED, styled, YELLOW, type Style } from '../terminal/markdown/style.ts';
import { oneLine } from '../terminal/width.ts';
import { createApprovalPanel } from './approval-panel.ts';
import { partsOf } from './attachments.ts';
import { runCommand, type Repl } from './commands.ts';
import { completionsOf } from './completions.ts';
import { createConversation, type Conversation } from './conversation.ts';
import { editExternally } from './external-editor.ts';
import { historyFile } from './history-file.ts';
import { createPersonal } from './person-command.ts';
import { createSessionView, readEnd, type SessionView } from './session-view.ts';
import { readTyped } from './slash.ts';
import { statusLine, footer } from './status-line.ts';
import { createUi, type Ui } from './ui.ts';

export interface ReplOptions {
  environment: Environment;
  home: string;
  clock: Clock;
  /** Opens workspace and host; the input is there before. */
  open(): Promise<{ workspace: Workspace; attach: () => Promise<Host> }>;
  /** Absent: a new one. `latest`: the one that was written to last. */
  session?: string;
  latest: boolean;
  model?: string;
  root: string;
}

/** Within this a second Ctrl-C leaves (ms). */
const TWICE_MS = 2000;
/** What runs may take so long to end by itself when the terminal is left and others look on (ms). */
const HANDOVER_MS = 30_000;
const SPIN_MS = 100;

/** Runs until the person leaves. Gives the exit code. @throws RuntimeError when the workspace can't be opened */
export async function runRepl(options: ReplOptions): Promise<number> {
  const { environment, home, clock } = options;
  const history = historyFile(home);
  const ended = Promise.withResolvers<number>();
  let opened: { workspace: Workspace; attach: () => Promise<Host> } | undefined;
  let host: Host | undefined;
  let view: SessionView | undefined;
  let status: SessionStatus | undefined;
  let highlight: Highlight | undefined;
  let unsent: string[] = [];
  let lastCancel = 0;
  let leaving = false;
  /** Ends the spinning; undefined while nothing spins. */
  let spinner: (() => void) | undefined;
  let ticks = 0;

  const tone = (style: Style, text: string): string => (ui.colour ? styled(text, style) : text);
  const say = (text: string, style: Style = DIM): void => ui.print(text.split('\n').map((line) => tone(style, line)));
  const fail = (thrown: unknown): void => {
    const { message, next } = toRuntimeError(thrown);
    say(`error: ${message}`, RED);
    if (next !== '') say(`next: ${next}`);
  };

  const panel = createApprovalPanel({
    clock,
    asked: () => view?.conversation.asked() ?? [],
    async answer(approval_id, resolution) {
      await answer(approval_id, resolution);
    },
    setPrompt: (prompt) => ui.setPrompt(prompt),
    refresh: () => ui.refresh(),
  });

  const ui: Ui = createUi({
    environment,
    clock,
    history: history.load(),
    handlers: {
      submit(text) {
        if (panel.takesText(text)) return;
        void handle(text).catch(fail);
      },
      cancel,
      leave: () => void leave(0),
      key: (key: Key) => panel.takesKey(key),
      escape: () => panel.escape(),
      complete: (text, cursor) => completionsOf(text, cursor, { workspace: opened?.workspace, root: rootNow() }),
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
      resized: () => view?.conversation.resized(),
    },
  });

  const personal = createPersonal({
    environment,
    cwd: rootNow,
    say,
    print: (lines) => ui.print(lines),
    refresh: ui.refresh,
  });
  ui.refresh();

  function rootNow(): string {
    return status !== undefined && status.project_root !== '' ? status.project_root : options.root;
  }

  function newConversation(): Conversation {
    return createConversation({
      blobs: opened!.workspace.store.blobs,
      columns: () => ui.columns,
      colour: ui.colour,
      hyperlinks: ui.colour && !environment['SSH_CONNECTION'],
      highlight() {
        if (highlight === undefined) void loadHighlight().then((loaded) => (highlight = loaded));
        return highlight;
      },
    });
  }

  function above(): string[] {
    const doing = view?.conversation.doing();
    const live = view?.conversation.live() ?? [];
    const queued = (view?.conversation.queued() ?? []).map(({ text }) => tone(DIM, `  queued: ${oneLine(text)}`));
    const state = doing === undefined ? [] : [statusLine(doing, ticks, clock.now(), ui.columns, tone)];
    const own = personal.isRunning() ? [tone(DIM, '  your command runs; Ctrl-C ends it')] : [];
    const lines = [...live, ...state, ...own, ...queued, ...panel.lines(tone, ui.columns)];
    return lines.length === 0 ? lines : [...lines, ''];
  }

  function below(): string[] {
    return [
      footer({ status, spent: view?.conversation.spent(), here: host?.here, model: modelNow() }, ui.columns, tone),
    ];
  }

  function modelNow(): string | undefined {
    return status?.model ?? options.model ?? opened?.workspace.loaded.config.models.default;
  }

  function changed(): void {
    const working = view?.conversation.doing() !== undefined && !ui.plain;
    if (working && spinner === undefined) spin();
    if (!working) stopSpinning();
    panel.changed();
    ui.refresh();
  }

  function spin(): void {
    spinner = clock.at(clock.now() + SPIN_MS, () => {
      ticks++;
      spin();
      ui.refresh();
    });
  }

  function stopSpinning(): void {
    spinner?.();
    spinner = undefined;
  }

  async function handle(text: string): Promise<void> {
    if (text.trim() === '') return;
    history.add(text);
    const typed = readTyped(text);
    switch (typed.kind) {
      case 'unknown': {
        const near = typed.nearest === undefined ? '' : ` Did you mean /${typed.nearest}?`;
        return say(
          `There is no command /${typed.name}.${near} /help lists them; a space in front sends it as a message.`,
          YELLOW,
        );
      }
      case 'shell':
        return personal.run(typed.command);
      case 'command':
        say(`› ${text.trim()}`);
        if (typed.name === 'exit') return leave(0);
        return runCommand(repl(), typed.name, typed.rest);
      case 'message':
        if (host === undefined || view === undefined) {
          unsent.push(text);
          return say('starting; it is sent in a moment');
        }
        return send(text, 'message');
    }
  }

  async function send(text: string, mode: 'message' | 'steer'): Promise<void> {
    const parts = [...personal.notes(), ...partsOf(text.trimStart(), rootNow())];
    const accepted = await host!.submit({
      session_id: view!.id,
      parts,
      mode,
      source: 'repl',
      root: options.root,
      ...(options.model !== undefined && status?.status === 'absent' && { model: options.model }),
    });
    personal.forget();
    for (const notice of accepted.notices) say(notice);
    status = await host!.session(view!.id);
    ui.refresh();
  }

  async function answer(approval_id: string, resolution: Resolution): Promise<void> {
    const { session_id } = await host!.resolve(approval_id, resolution);
    if (session_id !== view?.id)
      say(`${resolution.decision === 'grant' ? 'granted' : 'denied'} ${approval_id}, in session ${session_id}`);
    await host!.resume(session_id);
  }

  function cancel(hadText: boolean): void {
    const now = clock.now();
    if (panel.cancel()) return;
    if (personal.isRunning()) return personal.interrupt();
    const turn = view?.conversation.turn();
    if (turn === undefined && hadText) return;
    if (now - lastCancel < TWICE_MS) return void leave(130);
    lastCancel = now;
    if (turn === undefined) return say('Ctrl-C again leaves; so does Ctrl-D');
    say('stopping …  Ctrl-C again leaves');
    for (const event of turn.event_ids.slice(0, 1)) host?.stop(view!.id, event).catch(fail);
  }

  async function openSession(id: string): Promise<void> {
    view?.close();
    status = await host!.session(id);
    const { conversation, lines } = await readEnd(opened!.workspace.store.journal, status, newConversation);
    if (status.seq > 0) {
      const most = Math.max(10, (process.stdout.rows || 24) * 2);
      if (lines.length > most) say(`… earlier: runtime session show ${id}`);
      ui.print(lines.slice(-most));
    }
    view = createSessionView({
      id,
      conversation,
      print: (printed) => ui.print(printed),
      onChange() {
        changed();
        void refreshStatus();
      },
      onGone: () => say(`session ${id} was removed`, YELLOW),
    });
    view.follow(host!);
    if (status.status === 'open' || status.queued.length > 0) status = await host!.resume(id);
    changed();
  }

  let refreshing = false;
  async function refreshStatus(): Promise<void> {
    if (refreshing || view?.conversation.turn() !== undefined) return;
    refreshing = true;
    status = await host?.session(view!.id).catch(() => status);
    refreshing = false;
    ui.refresh();
  }

  /** When the process that owned the workspace goes, this one takes over, or asks whoever was quicker. */
  async function watchHost(): Promise<void> {
    for (;;) {
      const current = host!;
      const { handed_over, error } = await current.lost;
      if (leaving) return;
      if (current.here) {
        fail(
          new RuntimeError('store_unavailable', error?.message ?? 'the workspace was lost', {
            next: error?.next ?? '',
          }),
        );
        return leave(1);
      }
      host = await opened!.attach();
      const how = handed_over ? 'has left' : 'has ended';
      say(
        `the process that owned the workspace ${how}; ${host.here ? 'this one has taken over' : 'another one has taken over'}`,
      );
      if (view === undefined) continue;
      view.follow(host);
      status = await host.resume(view.id);
      changed();
    }
  }

  async function leave(code: number): Promise<void> {
    if (leaving) {
      await host?.leave();
      return;
    }
    leaving = true;
    const id = view?.id;
    const open = view?.conversation.turn() !== undefined;
    view?.close();
    stopSpinning();
    ui.close();
    try {
      await host?.leave({ patience_ms: HANDOVER_MS });
    } finally {
      if (id !== undefined && (open || (status?.seq ?? 0) > 0)) {
        process.stdout.write(`${open ? 'left open' : 'to go on'}: runtime run --session ${id}\n`);
      }
      ended.resolve(code);
    }
  }

  function repl(): Repl {
    if (host === undefined || view === undefined || opened === undefined) {
      throw new RuntimeError('usage', 'still starting', { next: 'Try again in a moment.' });
    }
    const current = view;
    return {
      host,
      workspace: opened.workspace,
      session: current.id,
      conversation: current.conversation,
      status: () => status,
      say,
      print: (lines) => ui.print(lines),
      tone,
      columns: () => ui.columns,
      now: () => clock.now(),
      newSession: () => openSession(`s-${systemIds(clock).ulid()}`),
      openSession,
      clear: () => ui.clear(),
      send,
      answer,
      async configure(change) {
        await host!.configure(current.id, change);
        status = await host!.session(current.id);
        ui.refresh();
      },
      suspended: (work) => ui.suspended(work),
    };
  }

  const onSignal = (code: number) => (): void => void leave(code);
  const onTerm = onSignal(143);
  const onHangUp = onSignal(129);
  process.on('SIGTERM', onTerm).on('SIGHUP', onHangUp);
  try {
    opened = await options.open();
    host = await opened.attach();
    void watchHost().catch((thrown: unknown) => {
      fail(thrown);
      void leave(1);
    });
    await openSession(await sessionId(opened.workspace, options));
    if (!host.here) {
      const { pid } = await host.status();
      say(`attached to pid ${pid}, which owns the workspace`);
    }
    const early = unsent;
    unsent = [];
    for (const text of early) await send(text, 'message').catch(fail);
    return await ended.promise;
  } catch (thrown) {
    leaving = true;
    ui.close();
    await host?.leave().catch(() => {});
    throw thrown;
  } finally {
    stopSpinning();
    process.off('SIGTERM', onTerm).off('SIGHUP', onHangUp);
  }
}

async function sessionId({ store, clock }: Workspace, { session, latest }: ReplOptions): Promise<string> {
  if (session !== undefined) return session;
  if (!latest) return `s-${systemIds(clock).ulid()}`;
  const [newest] = await store.journal.list();
  if (!newest) throw new RuntimeError('no_session', 'There is no session to continue.');
  return newest.session_id;
}
