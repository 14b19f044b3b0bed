import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addChaos(program: Command, calls: Calls): void {
  teach(
    program
      .command('chaos')
      .description('kill the program at the worst moments of a turn, start it again, and prove that all is well'),
    ['runtime chaos', 'runtime chaos --all', 'runtime chaos --points "*call.started*"', 'runtime chaos -o json'],
    "It works in folders of its own in the system's temporary folder, with a script as the model: your workspaces, keys and network are not touched. Exit code 0: all held; 1: something did not, and its folder is kept.",
  )
    .option('--points <pattern>', 'only points whose name or description has this in it; * stands for anything')
    .option('--all', 'every pass of every point, not a selection')
    .option('--keep', 'keep the folders, to look at what lies there')
    .addOption(outputOption('table', 'json'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/chaos.ts')).chaos));
}
