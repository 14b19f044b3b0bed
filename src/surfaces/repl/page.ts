/** Text that may be longer than the screen, in the person's pager; what fits, and all on a plain terminal, is printed. */
import type { Environment } from '../../base/environment.ts';
import { paged } from '../cli/pager.ts';
import type { TerminalStreams } from '../terminal/streams.ts';
import type { Ui } from './ui.ts';

export async function page(
  ui: Ui,
  { output }: TerminalStreams,
  environment: Environment,
  lines: readonly string[],
): Promise<void> {
  if (ui.plain) return ui.print(lines);
  const { colour, columns, rows } = ui;
  const stdout = { isTty: true, colour, columns, rows, write: (text: string) => void output.write(text) };
  await ui.suspended(() => paged({ stdout }, environment, lines.join('\n')));
}
