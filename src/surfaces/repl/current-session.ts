/** The session that is looked at: its end on the screen, then what happens in it, and how it stands. */
import type { Clock } from '../../base/clock.ts';
import type { Host, SessionStatus } from '../../contract/host.ts';
import type { Journal } from '../../contract/ports.ts';
import { YELLOW } from '../terminal/markdown/style.ts';
import type { Conversation } from './conversation.ts';
import { createSessionView, readEnd, type SessionView } from './session-view.ts';
import type { Succession } from './successor.ts';
import type { Ui } from './ui.ts';
import type { Voice } from './voice.ts';

export interface CurrentSession {
  /** Undefined before one is shown, as is the conversation. */
  id(): string | undefined;
  conversation(): Conversation | undefined;
  /** As the host told last; undefined before it is asked. */
  status(): SessionStatus | undefined;
  /** The project's folder. */
  root(): string;
  /** Shows the end of a session, from its file. */
  show(id: string): Promise<void>;
  /** From here on what happens in it is shown, and what it has left is worked on. */
  work(host: Host): Promise<void>;
  /** Shows another session, and works on it. */
  open(id: string): Promise<void>;
  goOnWith(next: Host): Promise<void>;
  readStatus(): Promise<void>;
  close(): void;
}

export interface CurrentSessionOptions {
  clock: Clock;
  ui: Pick<Ui, 'rows' | 'print' | 'refresh'>;
  voice: Pick<Voice, 'say' | 'notice' | 'fail'>;
  journal: () => Pick<Journal, 'read'>;
  newConversation: () => Conversation;
  ask: Succession['ask'];
  /** Of a new session. */
  root: string;
  /** Something is otherwise than it was. */
  onChange: () => void;
}

const FEWEST_LINES = 10;
const USUAL_ROWS = 24;

export function createCurrentSession(options: CurrentSessionOptions): CurrentSession {
  const { clock, ui, journal, newConversation, ask, root, onChange } = options;
  const { say, notice, fail } = options.voice;
  let view: SessionView | undefined;
  let status: SessionStatus | undefined;
  let host: Host | undefined;
  let refreshing = false;

  async function show(id: string): Promise<void> {
    const { conversation, lines } = await readEnd(journal(), id, newConversation);
    const most = Math.max(FEWEST_LINES, (Number.isFinite(ui.rows) ? ui.rows : USUAL_ROWS) * 2);
    if (lines.length > most) say(`… earlier: runtime session show ${id}`);
    ui.print(lines.slice(-most));
    view = createSessionView({
      id,
      conversation,
      print: (printed) => ui.print(printed),
      onChange() {
        onChange();
        void refreshStatus();
      },
      onGone() {
        notice(`session ${id} was removed; what you say next begins it anew`, YELLOW);
        open(id).catch(fail);
      },
      fail,
      clock,
    });
    ui.refresh();
  }

  /** What is told late may be of a session that was left. */
  function know(told: SessionStatus | undefined): void {
    if (told !== undefined && told.session_id === view?.id) status = told;
  }

  async function work(now: Host): Promise<void> {
    host = now;
    const { id } = view!;
    view!.follow(now);
    await readStatus();
    if (status?.status === 'open' || (status?.queued.length ?? 0) > 0) know(await ask((one) => one.resume(id)));
    onChange();
  }

  async function open(id: string): Promise<void> {
    view?.close();
    await show(id);
    await work(host!);
  }

  async function readStatus(): Promise<void> {
    const { id } = view!;
    know(await ask((one) => one.session(id)));
    ui.refresh();
  }

  async function refreshStatus(): Promise<void> {
    if (refreshing || view?.conversation.turn() !== undefined) return;
    refreshing = true;
    know(await host?.session(view!.id).catch(() => undefined));
    refreshing = false;
    ui.refresh();
  }

  return {
    id: () => view?.id,
    conversation: () => view?.conversation,
    status: () => status,
    root: () => (status !== undefined && status.project_root !== '' ? status.project_root : root),
    show,
    work,
    open,
    async goOnWith(next) {
      host = next;
      if (view === undefined) return;
      view.follow(next);
      // When it is gone already, another one comes.
      await next.resume(view.id).then(know, fail);
      onChange();
    },
    readStatus,
    close: () => view?.close(),
  };
}
