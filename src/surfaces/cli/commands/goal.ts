import type { CommandAction } from '../context.ts';
import { requestOf, runToEnd, type RunOptions } from './run.ts';

/** `runtime goal`: a message as `runtime run` sends it, that is to be planned and done in steps. */
export const goal: CommandAction<RunOptions> = async (context, options, objective) =>
  runToEnd(context, options, await requestOf(context, options, objective, { goal: true }));
