import type { CommandAction } from '../context.ts';
import { requestOf, type RunOptions } from '../run-request.ts';
import { runToEnd } from './run.ts';

/** `runtime goal`: a message as `runtime run` sends it, that is to be planned and done in steps. */
export const goal: CommandAction<RunOptions> = async (context, options, objective) =>
  runToEnd(context, options, await requestOf(context, options, objective, { goal: true }));
