import type { CommandAction } from '../context.ts';

/** `completion <shell>`: the shell is one of those that the tree names. */
export const printCompletion: CommandAction<object> = async ({ io }, _options, shell) => {
  const { shellScript } = await import('../completion/shell-scripts.ts');
  io.stdout.write(shellScript(shell));
};
