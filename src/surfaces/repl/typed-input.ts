/** What becomes of what is typed: a message, a command, a command of the person's own. Nothing is lost on its way. */
import type { Clock } from '../../base/clock.ts';
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
  /** Takes nothing more. Waits a while for what is on its way, and gives the messages that didn't get anywhere. */
  end(): Promise<string[]>;
}

export interface TypedInputOptions {
  clock: Clock;
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

/** Who leaves waits no longer for an answer (ms). */
const LONGEST_WAIT_MS = 2000;

export function createTypedInput(options: TypedInputOptions): TypedInput {
  const { clock, history, ui, tone, say, fail, send, command, shell, leave, done } = options;
  let begun = false;
  const early: string[] = [];
  /** What is on its way, with its end. */
  const underway = new Map<Promise<void>, string>();
  const failed: string[] = [];
  let ended = false;

  /** A terminal that shows lines as they were typed has it already. */
  function echo(text: string): void {
    if (!ui.plain) ui.print(['', `${tone(CYAN, '›')} ${tone(BOLD, oneLine(text.trim()))}`]);
  }

  async function handle(text: string): Promise<void> {
    const typed = readTyped(text);
    if (typed.kind === 'command' && typed.name === 'exit') return void leave(); // which waits for this
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

  async function attempt(text: string): Promise<void> {
    try {
      await handle(text);
    } catch (thrown) {
      if (isMessage(text)) ui.print(['']); // nothing of it stands there
      fail(thrown);
      if (ended) failed.push(text);
      else if (!ui.hasText() && isMessage(text)) ui.setText(text);
    }
  }

  async function take(text: string): Promise<void> {
    if (text.trim() === '' || ended) return done();
    const taken = attempt(text);
    underway.set(taken, text);
    await taken;
    underway.delete(taken);
    done();
  }

  return {
    take,
    isBusy: () => underway.size > 0,
    async begin() {
      begun = true;
      for (let text = early.shift(); text !== undefined; text = early.shift()) await take(text);
    },
    async end() {
      ended = true;
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = clock.at(clock.now() + LONGEST_WAIT_MS, resolve);
      await Promise.race([Promise.all(underway.keys()), promise]);
      cancel();
      return [...failed, ...underway.values(), ...early].filter(isMessage);
    },
  };
}

function isMessage(text: string): boolean {
  return readTyped(text).kind === 'message';
}
