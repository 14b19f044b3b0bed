/** Colours for code, loaded when they are first needed. */
import { loadHighlight, type Highlight } from '../terminal/markdown/highlight.ts';

export interface CodeColours {
  /** Knows no language until it is loaded. */
  highlight: Highlight;
  load(): Promise<void>;
}

export function createCodeColours(): CodeColours {
  let loaded: Highlight | undefined;
  let loading: Promise<void> | undefined;
  return {
    highlight: (language) => loaded?.(language),
    load: () => (loading ??= loadHighlight().then((highlight) => void (loaded = highlight))),
  };
}
