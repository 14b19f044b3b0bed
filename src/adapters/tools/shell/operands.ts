/** What stands behind a program's options: its operands. */
import type { ShellWord } from './words.ts';

/** `values`: short options that have one, as letters; `long`: long ones whose value is the next word. */
export function operandsBehind(words: readonly ShellWord[], values: string, long: readonly string[] = []): ShellWord[] {
  const found: ShellWord[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    const { text } = word;
    if (text === '--') return [...found, ...words.slice(at + 1)];
    if (!text.startsWith('-') || text === '-') found.push(word);
    else if (text.startsWith('--')) at += long.includes(text.slice(2)) ? 1 : 0;
    else {
      const letter = [...text].findIndex((one, index) => index > 0 && values.includes(one));
      if (letter === text.length - 1) at += 1;
    }
  }
  return found;
}
