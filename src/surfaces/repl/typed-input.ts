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
  /** Settles when what was sent so far has been given to somebody. */
  handedOver(): Promise<void>;
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
  let last: Promise<void> = Promise.resolve();

  /** One after the other: what was typed behind a command goes where that has led. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  }

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
        if (typed.name === 'stop') return command(typed.name, typed.rest);
        return inTurn(() => command(typed.name, typed.rest));
      case 'message':
        return inTurn(() => send(text));
    }
  }

  async function take(text: string): Promise<void> {
    if (text.trim() === '') return done();
    underway++;
    try {
      await handle(text);
    } catch (thrown) {
      fail(thrown);
      if (!ui.hasText() && readTyped(text).kind === 'message') ui.setText(text);
    } finally {
      underway--;
      done();
    }
  }

  return {
    take,
    isBusy: () => underway > 0,
    handedOver: () => last,
    async begin() {
      begun = true;
      const texts = early;
      early = [];
      await Promise.all(texts.map(take));
    },
  };
}
