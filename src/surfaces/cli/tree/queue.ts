import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addQueue(program: Command, calls: Calls): void {
  const queue = teach(
    program.command('queue').description('see the messages that are not done; try dead letters again, or drop them'),
    ['runtime queue ls', 'runtime queue retry e-01m7w6zw', 'runtime queue drop e-01m7w6zw'],
    'A dead letter is a message that could not be given to its session. See docs/lanes.md.',
  );
  teach(queue.command('ls').description('list what waits or runs, in its order, and the dead letters'), [
    'runtime queue ls',
    'runtime queue ls -o json',
  ])
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/queue.ts')).listQueue));
  teach(queue.command('show').description('show one message, and why it is dead'), [
    'runtime queue show e-01m7w6zw',
    'runtime queue show e-01m7w6zw -o json',
  ])
    .argument('<message>', 'message, or the first 6 or more characters of its id')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/queue.ts')).showQueued));
  teach(queue.command('retry').description('accept a dead letter again, as the same message'), [
    'runtime queue ls',
    'runtime queue retry e-01m7w6zw',
  ])
    .argument('<message>', 'dead letter, or the first 6 or more characters of its id')
    .action(calls(async () => (await import('../commands/queue.ts')).retryDead));
  teach(queue.command('drop').description('end a dead letter, or a message that no session has yet'), [
    'runtime queue ls',
    'runtime queue drop e-01m7w6zw',
  ])
    .argument('<message>', 'message, or the first 6 or more characters of its id')
    .action(calls(async () => (await import('../commands/queue.ts')).dropQueued));
}
