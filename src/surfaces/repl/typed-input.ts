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
  /**
   * Takes nothing more. Waits a while, and no longer than for `enough`, until what was typed has been given to somebody;
   * gives the messages that were not.
   */
  end(enough: Promise<unknown>): Promise<string[]>;
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

/** They are about what is on the terminal at this moment. */
const ANSWERS: ReadonlySet<CommandName> = new Set(['approve', 'deny']);

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
  const beginning = Promise.withResolvers<void>();

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
    if (typed.kind === 'command' && typed.name === 'exit') return void leave(); // which waits for this
    const answers = typed.kind === 'command' && ANSWERS.has(typed.name);
    if (!begun) {
      if (answers) return say('starting: nothing is asked yet');
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
        // What is said is shown where it goes in.
        if (typed.name !== 'steer' && (typed.name !== 'plan' || typed.rest === '')) echo(text);
        if (answers || typed.name === 'stop') return command(typed.name, typed.rest);
        return inTurn(() => command(typed.name, typed.rest));
      case 'message':
        return inTurn(() => send(text));
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

  async function track(text: string): Promise<void> {
    const taken = attempt(text);
    underway.set(taken, text);
    await taken;
    underway.delete(taken);
    done();
  }

  return {
    take: async (text) => (text.trim() === '' || ended ? done() : track(text)),
    isBusy: () => underway.size > 0,
    async begin() {
      begun = true;
      await Promise.all(early.splice(0).map(track));
      beginning.resolve();
    },
    async end(enough) {
      ended = true;
      const unsent = (): string[] => [...failed, ...underway.values(), ...early].filter(isMessage);
      if (underway.size === 0 && unsent().length === 0) return [];
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = clock.at(clock.now() + LONGEST_WAIT_MS, resolve);
      await Promise.race([beginning.promise.then(() => Promise.all(underway.keys())), promise, enough]);
      cancel();
      return unsent();
    },
  };
}

function isMessage(text: string): boolean {
  return readTyped(text).kind === 'message';
}
