/** What the steps of the first start ask and say with: one line after the other. */
import type { Clock } from '../../../base/clock.ts';
import type { Environment } from '../../../base/environment.ts';
import type { Config } from '../../../contract/config.ts';
import { visibleText } from '../../terminal/width.ts';
import { wrapWords } from '../../terminal/wrap-words.ts';
import type { Output } from '../io.ts';
import { paint } from '../paint.ts';
import type { LineInput } from './line-input.ts';

/** What is known before anything is asked. */
export interface Beginning {
  environment: Environment;
  home: string;
  clock: Clock;
  /** As it is without a file. */
  config: Config;
}

export interface Dialogue extends Beginning {
  input: LineInput;
  say(line: string): void;
  /** The number of the chosen line, from 0, the first by Enter; undefined: the person has had enough. */
  menu(title: string, lines: readonly string[]): Promise<number | undefined>;
}

const USUAL_COLUMNS = 80;

export function createDialogue(beginning: Beginning, input: LineInput, stdout: Output): Dialogue {
  const say = (line: string): void =>
    stdout.write(`${wrapWords(visibleText(line), (stdout.columns ?? USUAL_COLUMNS) - 1).join('\n')}\n`);
  return {
    ...beginning,
    input,
    say,
    async menu(title, lines) {
      stdout.write(`\n${paint(stdout, 'bold', title)}\n`);
      for (const [index, line] of lines.entries()) say(`  ${index + 1}  ${line}`);
      for (;;) {
        const answer = await input.ask('Number [1]: ');
        if (answer === undefined) return undefined;
        const number = answer === '' ? 1 : /^\d{1,2}$/.test(answer) ? Number(answer) : 0;
        if (number >= 1 && number <= lines.length) return number - 1;
        say(`Type a number from 1 to ${lines.length}.`);
      }
    },
  };
}
