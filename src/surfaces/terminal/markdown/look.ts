/** How Markdown is to look: the same for every part of one answer. */
import type { Highlight } from './highlight.ts';

export interface Look {
  /** SGR sequences, box drawing and bullets; without it plain text with ASCII marks. */
  colour: boolean;
  /** Links as OSC 8 hyperlinks. */
  hyperlinks: boolean;
  /** Colours code; without it code is plain. */
  highlight?: Highlight;
}
