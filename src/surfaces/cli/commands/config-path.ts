import { configPath } from '../../../engine/config/file.ts';
import { type CommandAction, homeOf } from '../context.ts';

/** `config path`: where the file is, or would be. */
export const printPath: CommandAction<object> = async (context, options) => {
  context.io.stdout.write(`${options.config ?? configPath(homeOf(context))}\n`);
};
