/**
 * The terminal: an input at the bottom, above it what is going on, above that what was said. On a dumb terminal, or for a
 * screen reader, lines are read and written one after another, and nothing is ever painted over.
 */
import { createInterface } from 'node:readline';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { completed, editor } from '../terminal/editor/editor.ts';
import type { History } from '../terminal/editor/history.ts';
import type { Candidates } from '../terminal/editor/completion.ts';
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
import type { Key } from '../terminal/keys/key.ts';
import { createKeyReader } from '../terminal/keys/reader.ts';
import { CYAN, DIM, styled } from '../terminal/markdown/style.ts';
import { createPlainScreen } from '../terminal/screen/plain-screen.ts';
import { createScreen, type Screen } from '../terminal/screen/screen.ts';

export interface UiHandlers {
  submit(text: string): void;
  /** Ctrl-C; was there a text, which is gone now? */
  cancel(hadText: boolean): void;
  /** Ctrl-D on an empty line. */
  leave(): void;
  /** A key while the input is empty; true when it was taken. */
  key(key: Key): boolean;
  escape(): void;
  complete(text: string, cursor: number): Promise<Candidates>;
  editExternally(text: string): string;
  /** What stands above and below the input now; `rows`: as many as there are. */
  above(): string[];
  below(): string[];
  resized(): void;
}

export interface Ui {
  readonly columns: number;
  readonly colour: boolean;
  /** Are lines printed one after another only? */
  readonly plain: boolean;
  print(lines: readonly string[]): void;
  /** What `above` or `below` give has changed. */
  refresh(): void;
  /** What stands before the input; undefined: the usual. */
  setPrompt(prompt: string | undefined): void;
  setHint(hint: string): void;
  setText(text: string): void;
  hasText(): boolean;
  clear(): void;
  /** Hands the terminal over for a while. */
  suspended<T>(work: () => T | Promise<T>): Promise<T>;
  close(): void;
}

export interface UiOptions {
  environment: Environment;
  clock: Clock;
  history: History;
  handlers: UiHandlers;
}

const MOST_INPUT_ROWS = 12;
const LEAST_ROWS = 3;

export function createUi(options: UiOptions): Ui {
  const { TERM, RUNTIME_SCREEN_READER } = options.environment;
  return TERM === 'dumb' || RUNTIME_SCREEN_READER ? createPlainUi(options) : createRichUi(options);
}

function createRichUi({ environment, clock, history, handlers }: UiOptions): Ui {
  const { stdout, stdin } = process;
  const colour = !environment['NO_COLOR'];
  const screen: Screen = createScreen(stdout, { clock, xtermJs: environment['TERM_PROGRAM'] === 'vscode' });
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
  let reader = createKeyReader(stdin, { key: onKey, paste: onPaste }, clock);
  let open = true;

  function paint(): void {
    if (!open) return;
    const { columns, rows } = stdout;
    const above = handlers.above();
    const below = handlers.below();
    const room = Math.max(LEAST_ROWS, Math.min(MOST_INPUT_ROWS, rows - below.length - 2));
    const { lines, cursor } = viewOf(state, columns, room, look);
    const left = Math.max(0, rows - 1 - lines.length - below.length);
    const shown = above.slice(Math.max(0, above.length - left));
    screen.show({
      lines: [...shown, ...lines, ...below],
      cursor: { row: shown.length + cursor.row, column: cursor.column },
    });
  }

  function onKey(key: Key): void {
    if (state.buffer.text === '' && handlers.key(key)) return paint();
    const step = editor(state, key, stdout.columns);
    const hadText = state.buffer.text !== '';
    state = step.state;
    if (step.intent) act(step.intent, hadText);
    paint();
  }

  function onPaste(text: string): void {
    state = paste(state, text);
    paint();
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

  const ui: Ui = {
    get columns() {
      return stdout.columns;
    },
    colour,
    plain: false,
    print(lines) {
      if (lines.length > 0) screen.print(lines);
    },
    refresh: paint,
    setPrompt(prompt) {
      state = { ...state, prompts: prompt === undefined ? usual : { first: prompt, others: '  ' } };
      paint();
    },
    setHint(hint) {
      state = withHint(state, hint);
      paint();
    },
    setText(text) {
      state = withText(state, text);
      paint();
    },
    hasText: () => state.buffer.text !== '',
    clear() {
      screen.suspend();
      stdout.write('\x1b[H\x1b[2J');
      screen.resume();
      paint();
    },
    async suspended(work) {
      reader.close();
      screen.suspend();
      try {
        return await work();
      } finally {
        screen.resume();
        reader = createKeyReader(stdin, { key: onKey, paste: onPaste }, clock);
        paint();
      }
    },
    close() {
      if (!open) return;
      open = false;
      stdout.off('resize', onResize);
      reader.close();
      screen.show({ lines: [] });
      screen.close();
    },
  };
  return ui;
}

/** Ctrl-Z: the shell takes the terminal until `fg`. */
function stopUntilContinued(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGCONT', () => resolve());
    process.kill(process.pid, 'SIGTSTP');
  });
}

function createPlainUi({ handlers }: UiOptions): Ui {
  const { stdout, stdin } = process;
  const screen = createPlainScreen(stdout);
  const lines = createInterface({ input: stdin, terminal: false });
  let prompt = '> ';
  const ask = (): void => void stdout.write(prompt);
  lines.on('line', (line) => {
    handlers.submit(line);
    ask();
  });
  lines.on('close', () => handlers.leave());
  ask();
  return {
    columns: stdout.columns || 80,
    colour: false,
    plain: true,
    print(printed) {
      if (printed.length === 0) return;
      stdout.write('\n');
      screen.print(printed);
      ask();
    },
    refresh() {},
    setPrompt(text) {
      prompt = text ?? '> ';
    },
    setHint() {},
    setText() {},
    hasText: () => false,
    clear() {},
    suspended: async (work) => work(),
    close() {
      lines.removeAllListeners('close');
      lines.close();
    },
  };
}
