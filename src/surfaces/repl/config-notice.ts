import { RuntimeError } from '../../contract/errors.ts';
import type { Reloaded } from '../../engine/config/reload.ts';
import { YELLOW } from '../terminal/markdown/style.ts';
import type { Voice } from './voice.ts';

/** Tells the person whose configuration was changed while the terminal is open. */
export function tellConfig(outcome: Reloaded | RuntimeError, notice: Voice['notice']): void {
  if (outcome instanceof RuntimeError) {
    return notice(`the configuration is refused, the one before holds: ${outcome.message}`, YELLOW);
  }
  const { changed, needs_restart } = outcome;
  if (changed.length > 0) notice(`the configuration was read again: ${changed.join(', ')}`);
  if (needs_restart.length > 0) notice(`holds from the next start on: ${needs_restart.join(', ')}`);
}
