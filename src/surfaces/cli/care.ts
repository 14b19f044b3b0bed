/** What the commands about the files of a workspace share: which one it is, and how far they are. */
import { setImmediate } from 'node:timers/promises';
import { toRuntimeError } from '../../contract/errors.ts';
import type { StoreRestored } from '../../contract/store-care.ts';
import { carePlace, type CarePlace, type OnProgress } from '../../engine/care.ts';
import type { LoadedConfig } from '../../engine/config/load.ts';
import { homeOf, loadForCommand, nextCommand, type CommandContext, type GlobalOptions } from './context.ts';
import { createProgressBar, type ProgressBar } from './progress-bar.ts';

const DEFAULT_WORKSPACE = 'default';

/** The workspace by its files alone; a configuration that can't be used is a warning, and `loaded` is absent then. */
export async function openCare(
  context: CommandContext,
  options: GlobalOptions,
): Promise<{ place: CarePlace; loaded?: LoadedConfig }> {
  const home = homeOf(context);
  try {
    const loaded = await loadForCommand(context, options);
    return { place: carePlace(home, loaded.config.store.workspace), loaded };
  } catch (thrown) {
    const { code, message } = toRuntimeError(thrown);
    if (code !== 'config_invalid' && code !== 'config_unreadable') throw thrown;
    context.io.stderr.write(`warning: going on without the configuration: ${message.split('\n')[0]}\n`);
    const named = options.workspace ?? context.overrides.get('store.workspace') ?? DEFAULT_WORKSPACE;
    return { place: carePlace(home, named) };
  }
}

/** Does the work with a progress bar; between its files signals are heard. */
export async function withBar<T>(
  { io, environment }: CommandContext,
  { clock }: CarePlace,
  doing: string,
  work: (onProgress: OnProgress) => Promise<T>,
): Promise<T> {
  let bar: ProgressBar | undefined;
  try {
    return await work(async (done, total) => {
      bar ??= createProgressBar({ output: io.stderr, clock, environment, doing, unit: 'files', total });
      bar.update(done);
      await setImmediate();
    });
  } finally {
    bar?.end();
  }
}

/** Accepted messages that were marked dead: what they asked for may have been done. */
export function sayDead(context: CommandContext, options: GlobalOptions, dead: StoreRestored['dead_events']): void {
  for (const { event_id, session_id } of dead) {
    const show = nextCommand(context, options, `session show ${session_id}`);
    context.io.stderr.write(`Not run again: message ${event_id} of session ${session_id}. Look with \`${show}\`; send it again if it still matters.\n`); // prettier-ignore
  }
}
