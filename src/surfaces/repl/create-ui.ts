/** Which of the two surfaces this terminal gets. */
import { createPlainUi } from './plain-ui.ts';
import { createRichUi } from './rich-ui.ts';
import type { Ui, UiOptions } from './ui.ts';

export function createUi(options: UiOptions): Ui {
  const { TERM, RUNTIME_SCREEN_READER } = options.environment;
  return TERM === 'dumb' || RUNTIME_SCREEN_READER ? createPlainUi(options) : createRichUi(options);
}
