/** The scripts that `runtime completion` prints: each asks the program and shows what it answers (protocol.ts). */
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { zshScript } from './zsh.ts';

const SCRIPTS: Readonly<Record<string, string>> = { bash: bashScript, zsh: zshScript, fish: fishScript };

export function shellScript(shell: string): string {
  return SCRIPTS[shell] ?? '';
}
