/** For pipes, dumb terminals and screen readers: lines are printed one after another, and nothing is ever painted over. */
import { unstyled } from './cells.ts';
import type { Screen } from './screen.ts';

/** What would be live isn't shown, and no escape sequence is written. */
export function createPlainScreen(output: { write(text: string): unknown }): Screen {
  return {
    print(lines) {
      if (lines.length === 0) return;
      const text = lines.flatMap((line) => line.split('\n')).map((line) => `${unstyled(line)}\n`);
      output.write(text.join(''));
    },
    show() {},
    flush() {},
    resized() {},
    suspend() {},
    resume() {},
    close() {},
  };
}
