/** What becomes of what is typed: a message, a command, a command of the person's own. Nothing is lost on its way. */
import { BOLD, CYAN, DIM, YELLOW, type Style } from '../terminal/markdown/style.ts';
import { oneLine } from '../terminal/width.ts';
import type { Tone } from './entry-lines.ts';
import type { HistoryFile } from './history-file.ts';
import { readTyped, type CommandName } from './slash.ts';
import type { Ui } from './ui.ts';

export interface TypedInput {
  /** Never rejects: a failure is said, and the message stands in the input again. */
  take(text: string): Promise<void>;
  /** Is something on its way? */
  isBusy(): boolean;
  /** Now there is somebody to give it to: what was typed before goes first. */
  begin(): Promise<void>;
}

export interface TypedInputOptions {
  history: HistoryFile;
  ui: Pick<Ui, 'plain' | 'print' | 'hasText' | 'setText'>;
  tone: Tone;
  say: (text: string, style?: Style) => void;
  fail: (thrown: unknown) => void;
  send: (text: string) => Promise<void>;
  command: (name: CommandName, rest: string) => Promise<void>;
  shell: (command: string) => Promise<void>;
  leave: () => Promise<void>;
  done: () => void;
}

export function createTypedInput(options: TypedInputOptions): TypedInput {
  const { history, ui, tone, say, fail, send, command, shell, leave, done } = options;
  let begun = false;
  let early: string[] = [];
  let underway = 0;

  /** A terminal that shows lines as they were typed has it already. */
  function echo(text: string): void {
    if (!ui.plain) ui.print(['', `${tone(CYAN, '›')} ${tone(BOLD, oneLine(text.trim()))}`]);
  }

  async function handle(text: string): Promise<void> {
    const typed = readTyped(text);
    if (typed.kind === 'command' && typed.name === 'exit') return leave();
    if (!begun) {
      early.push(text);
      return say('starting; it is sent in a moment');
    }
    history.add(text);
    switch (typed.kind) {
      case 'unknown': {
        echo(text);
        const near = typed.nearest === undefined ? '' : ` Did you mean /${typed.nearest}?`;
        say(`There is no command /${typed.name}.${near}`, YELLOW);
        return say('/help lists them. With a space in front it is sent as a message.', DIM);
      }
      case 'shell':
        return shell(typed.command);
      case 'command':
        // What is said to the running turn is shown where it goes in.
        if (typed.name !== 'steer') echo(text);
        return command(typed.name, typed.rest);
      case 'message':
        return send(text);
    }
  }

  async function take(text: string): Promise<void> {
    if (text.trim() === '') return done();
    underway++;
    try {
      await handle(text);
    } catch (thrown) {
      const isMessage = readTyped(text).kind === 'message';
      if (isMessage) ui.print(['']); // nothing of it stands there
      fail(thrown);
      if (isMessage && !ui.hasText()) ui.setText(text);
    } finally {
      underway--;
      done();
    }
  }

  return {
    take,
    isBusy: () => underway > 0,
    async begin() {
      begun = true;
      const texts = early;
      early = [];
      for (const text of texts) await take(text);
    },
  };
}
