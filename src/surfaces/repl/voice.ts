/** What the program itself says above the prompt. */
import { toRuntimeError } from '../../contract/errors.ts';
import { DIM, RED, styled, type Style } from '../terminal/markdown/style.ts';
import { wrapWords } from '../terminal/wrap-words.ts';
import type { Tone } from './entry-lines.ts';
import type { Ui } from './ui.ts';

export interface Voice {
  tone: Tone;
  /** Answers what the person did. */
  say(text: string, style?: Style): void;
  /** Tells of what happened by itself. */
  notice(text: string, style?: Style): void;
  fail(thrown: unknown): void;
}

export function createVoice(ui: () => Pick<Ui, 'colour' | 'columns' | 'print'>): Voice {
  const tone: Tone = (style, text) => (ui().colour ? styled(text, style) : text);
  const linesOf = (text: string, style: Style): string[] =>
    text
      .split('\n')
      .flatMap((line) => wrapWords(line, ui().columns - 1))
      .map((line) => tone(style, line));
  const say = (text: string, style: Style = DIM): void => ui().print(linesOf(text, style));
  return {
    tone,
    say,
    notice: (text, style = DIM) => ui().print(['', ...linesOf(text, style)]),
    fail(thrown) {
      const { message, next } = toRuntimeError(thrown);
      say(`error: ${message}`, RED);
      if (next !== '') say(`next: ${next}`);
    },
  };
}
