/**
 * The terminal: an input at the bottom, above it what is going on, above that what was said.
 */
import { setImmediate as immediate } from 'node:timers/promises';
import { completed, editor } from '../terminal/editor/editor.ts';
import {
  createEditor,
  paste,
  textOf,
  withHint,
  withText,
  type EditorState,
  type Intent,
} from '../terminal/editor/state.ts';
import { viewOf, type Look } from '../terminal/editor/view.ts';
import { createFence } from '../terminal/fence.ts';
import type { Key } from '../terminal/keys/key.ts';
import { createKeyReader } from '../terminal/keys/reader.ts';
import { CYAN, DIM, styled } from '../terminal/markdown/style.ts';
import { createScreen, type Screen } from '../terminal/screen/screen.ts';
import type { Ui, UiOptions } from './ui.ts';

const MOST_INPUT_ROWS = 12;
const LEAST_ROWS = 3;
const FRAME_MS = 33;

export function createRichUi({ terminal, environment, clock, history, handlers }: UiOptions): Ui {
  const { input: stdin, output: stdout } = terminal;
  const colour = !environment['NO_COLOR'];
  // Before anything is shown: what is typed when the picture is there must not fall to the terminal's own line editing.
  const fence = createFence(stdout, clock);
  const keys = { key: onKey, paste: onPaste, report: fence.report };
  let reader = createKeyReader(stdin, keys, clock);
  const screen: Screen = createScreen(stdout, {
    clock,
    xtermJs: environment['TERM_PROGRAM'] === 'vscode',
    onPainted: () => handlers.painted(),
  });
  const look: Look | undefined = colour
    ? {
        prompt: (text) => styled(text, CYAN),
        faint: (text) => styled(text, DIM),
        selected: (text) => styled(text, CYAN),
        atom: (text) => styled(text, CYAN),
      }
    : undefined;
  const usual = { first: '› ', others: '  ' };
  let state: EditorState = createEditor(history, usual);
  let open = true;
  let hasTyped = false;
  /** Cancels the painting that is due. */
  let unpainted: (() => void) | undefined;
  let paintedAt = 0;

  /** What comes with an answer changes more often than a screen is painted. */
  function refresh(): void {
    const now = clock.now();
    const dueAt = Math.min(paintedAt, now) + FRAME_MS; // a painting that lies ahead counts as now: the clock was set back
    if (now >= dueAt) paint();
    else unpainted ??= clock.at(dueAt, paint);
  }

  /** A person's own key is seen at once. */
  function paintNow(): void {
    paint();
    screen.flush();
  }

  function paint(): void {
    unpainted?.();
    unpainted = undefined;
    if (!open) return;
    paintedAt = clock.now();
    const { columns, rows } = stdout;
    const above = handlers.above();
    const below = handlers.below();
    const room = Math.max(LEAST_ROWS, Math.min(MOST_INPUT_ROWS, rows - below.length - 2));
    state = withHint(state, handlers.hint(state.buffer.text));
    const { lines, cursor } = viewOf(state, columns, room, look);
    const left = Math.max(0, rows - 1 - lines.length - below.length);
    const shown = above.slice(Math.max(0, above.length - left));
    screen.show({
      lines: [...shown, ...lines, ...below],
      cursor: { row: shown.length + cursor.row, column: cursor.column },
    });
  }

  function onKey(key: Key): void {
    if (!open) return;
    // Does the terminal answer? That is known before anything is asked that must not be answered too early.
    if (!hasTyped && key.name === 'char' && !key.ctrl) {
      hasTyped = true;
      fence.pass(() => {});
    }
    const before = state.buffer.text;
    const step = editor(state, key, stdout.columns);
    state = step.state;
    // Enter may confirm what the key before it began.
    if (step.intent) act(step.intent, before !== '');
    handlers.input(state.buffer.text, before, key.name === 'char' && !key.ctrl && !key.alt);
    paintNow();
  }

  function onPaste(text: string): void {
    if (!open) return;
    const before = state.buffer.text;
    state = paste(state, text);
    handlers.input(state.buffer.text, before, false);
    paintNow();
  }

  function act(intent: Intent, hadText: boolean): void {
    switch (intent.type) {
      case 'submit':
        return handlers.submit(intent.text);
      case 'cancel':
        if (hadText) state = withText(state, '');
        return handlers.cancel(hadText);
      case 'leave':
        return handlers.leave();
      case 'escape':
        return handlers.escape();
      case 'complete':
        void handlers.complete(intent.text, intent.cursor).then((candidates) => {
          state = completed(state, intent.request, candidates);
          paint();
        });
        return;
      case 'edit_externally':
        return void ui.suspended(() => {
          state = withText(state, handlers.editExternally(textOf(state)));
        });
      case 'redraw':
        return ui.clear();
      case 'suspend':
        return void ui.suspended(stopUntilContinued);
      case 'page':
        return;
    }
  }

  const onResize = (): void => {
    screen.resized();
    handlers.resized();
    paint();
  };
  stdout.on('resize', onResize);
  const onGone = (): void => handlers.gone();
  const ignore = (): void => {};
  stdin.on('error', onGone).on('end', onGone);
  stdout.on('error', ignore);

  const ui: Ui = {
    get columns() {
      return stdout.columns;
    },
    get rows() {
      return stdout.rows;
    },
    colour,
    plain: false,
    print(lines) {
      if (lines.length > 0) screen.print(lines);
    },
    refresh,
    setPrompt(prompt) {
      state = { ...state, prompts: prompt === undefined ? usual : { first: prompt, others: '  ' } };
      paint();
    },
    setText(text) {
      state = withText(state, text);
      paint();
    },
    hasText: () => state.buffer.text !== '',
    clear() {
      screen.flush();
      screen.suspend();
      stdout.write('\x1b[H\x1b[2J');
      screen.resume();
      paint();
    },
    async suspended(work) {
      reader.close();
      fence.hold();
      screen.suspend();
      try {
        return await work();
      } finally {
        if (open) {
          reader = createKeyReader(stdin, keys, clock);
          screen.resume();
          paint();
          fence.release();
          handlers.back();
        }
      }
    },
    fence: fence.pass,
    async close() {
      if (!open) return screen.close();
      unpainted?.();
      open = false;
      stdout.off('resize', onResize);
      stdin.off('error', onGone).off('end', onGone).on('error', ignore);
      process.off('exit', closeNow).off('uncaughtExceptionMonitor', closeNow);
      screen.show({ lines: [] });
      screen.close();
      await fence.rest(); // an answer is read here, and not by the shell
      reader.close();
    },
  };
  // However the program ends, the terminal is as it was.
  const closeNow = (): void => {
    void ui.close();
    reader.close();
  };
  process.on('exit', closeNow).on('uncaughtExceptionMonitor', closeNow);
  return ui;
}

/** Ctrl-Z: the shell takes the terminal until `fg`. Where there is none, as in a container, nothing stops. */
async function stopUntilContinued(): Promise<void> {
  process.kill(process.pid, 'SIGTSTP');
  await immediate(); // it may stop in the next moment only
}
