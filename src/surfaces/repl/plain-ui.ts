/**
 * On a dumb terminal, or for a screen reader: lines are read and written one after another, nothing is ever painted over,
 * and no escape sequence is written. The prompt comes when it is the person's turn.
 */
import { createInterface } from 'node:readline';
import { createPlainScreen } from '../terminal/screen/plain-screen.ts';
import { whenRead } from '../terminal/when-read.ts';
import type { Ui, UiOptions } from './ui.ts';

const USUAL_PROMPT = '> ';
const USUAL_COLUMNS = 80;

export function createPlainUi({ terminal, handlers }: Pick<UiOptions, 'terminal' | 'handlers'>): Ui {
  const { input: stdin, output: stdout } = terminal;
  const screen = createPlainScreen(stdout);
  const lines = createInterface({ input: stdin, terminal: false });
  let prompt = USUAL_PROMPT;
  let asks = false;
  let open = true;
  /** Lines that a backslash at their end holds together. */
  let begun = '';

  const ask = (): void => {
    if (asks || !open || handlers.isBusy()) return;
    stdout.write(prompt);
    asks = true;
  };
  lines.on('line', (line) => {
    asks = false;
    if (line.endsWith('\\')) {
      begun += `${line.slice(0, -1)}\n`;
      return ask();
    }
    const text = begun + line;
    begun = '';
    handlers.submit(text);
  });
  lines.on('close', () => handlers.leave());
  stdin.on('error', () => handlers.gone());
  stdout.on('error', () => {}); // the terminal is gone: its input says so too
  return {
    get columns() {
      return stdout.columns || USUAL_COLUMNS;
    },
    rows: Infinity,
    colour: false,
    plain: true,
    print(printed) {
      if (printed.length === 0 || !open) return;
      if (asks) stdout.write('\n');
      asks = false;
      screen.print(printed);
    },
    refresh: ask,
    setPrompt(text) {
      prompt = text ?? USUAL_PROMPT;
    },
    setText() {},
    hasText: () => false,
    clear() {},
    suspended: async (work) => work(),
    fence: whenRead,
    async close() {
      open = false;
      lines.removeAllListeners('close');
      lines.close();
      if (asks) stdout.write('\n');
      asks = false;
    },
  };
}
