/** What the conversation shows itself on, and what it is told of what the person does there. */
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import type { Candidates } from '../terminal/editor/completion.ts';
import type { History } from '../terminal/editor/history.ts';
import type { TerminalStreams } from '../terminal/streams.ts';

export interface UiHandlers {
  submit(text: string): void;
  /** Ctrl-C; was there a text, which is gone now? */
  cancel(hadText: boolean): void;
  /** Ctrl-D on an empty line. */
  leave(): void;
  /** There is no terminal any more. */
  gone(): void;
  /** The input is `text` now. `typed`: a single character did it. */
  input(text: string, before: string, typed: boolean): void;
  /** What stands faintly behind this input. */
  hint(text: string): string;
  /** Is it not the person's turn? Asked by a terminal that can't show both. */
  isBusy(): boolean;
  escape(): void;
  complete(text: string, cursor: number): Promise<Candidates>;
  editExternally(text: string): string;
  /** What stands above and below the input now; `rows`: as many as there are. */
  above(): string[];
  below(): string[];
  resized(): void;
  /** What `above` and `below` gave last is on the terminal now. */
  painted(): void;
  /** It is there again, after another program had the terminal. */
  back(): void;
}

export interface Ui {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
  /** Are lines printed one after another only? */
  readonly plain: boolean;
  print(lines: readonly string[]): void;
  /** What `above` or `below` give has changed. */
  refresh(): void;
  /** What stands before the input; undefined: the usual. */
  setPrompt(prompt: string | undefined): void;
  setText(text: string): void;
  hasText(): boolean;
  clear(): void;
  /** Hands the terminal over for a while. */
  suspended<T>(work: () => T | Promise<T>): Promise<T>;
  /** Calls `run` when all has been read that was typed before the terminal had what is written to it by now. */
  fence(run: () => void): void;
  /**
   * At once; resolves when nothing of it is under way in the terminal any more. Called again, the terminal is given back again:
   * Ctrl-C may have dropped it.
   */
  close(): Promise<void>;
}

export interface UiOptions {
  terminal: TerminalStreams;
  environment: Environment;
  clock: Clock;
  history: History;
  handlers: UiHandlers;
}
