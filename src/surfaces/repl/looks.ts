import type { Environment } from '../../base/environment.ts';
import { createCodeColours } from './code-colours.ts';
import type { ConversationOptions } from './conversation.ts';
import type { Ui } from './ui.ts';

export interface Looks {
  /** What conversations of this terminal look like. */
  of(blobs: ConversationOptions['blobs']): ConversationOptions;
  /** The text stands on the screen as it was typed. */
  echoed(text: string): void;
}

export function createLooks(ui: Pick<Ui, 'columns' | 'colour'> & { plain?: boolean }, environment: Environment): Looks {
  const code = createCodeColours();
  const echoed: string[] = [];
  return {
    echoed: (text) => void echoed.push(text),
    of: (blobs) => ({
      blobs,
      columns: () => ui.columns,
      colour: ui.colour,
      byLine: ui.plain ?? false,
      hyperlinks: ui.colour && !environment['SSH_CONNECTION'],
      isEchoed(text) {
        const at = echoed.indexOf(text);
        if (at !== -1) echoed.splice(at, 1);
        return at !== -1;
      },
      code,
    }),
  };
}
