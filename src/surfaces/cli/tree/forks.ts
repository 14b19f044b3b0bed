import { type Command, Option } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

/** What can be done with a session's past: carry it on, fork it, compare it. */
export function addForks(session: Command, calls: Calls): void {
  teach(
    session
      .command('resume')
      .description(
        'carry an unfinished session on, and say before what becomes of what it left; without an id, list them',
      )
      .argument('[id]', 'session'),
    ['runtime session resume', 'runtime session resume nightly', 'runtime session resume nightly --json'],
    'The same as run --session without a message. Exit code 5: it waits for an approval. Nothing to carry on: exit code 0. What may have run or not is said plainly, and never repeated by itself.',
  )
    .option('--model <name>', 'model that answers from the next turn on')
    .option('--from <seq>', 'with --json: begin with this entry (1: the whole session)')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(
      new Option('--json', 'print the journal as it grows, one JSON object a line; without an id as -o json').implies({
        output: 'json',
      }),
    )
    .action(calls(async () => (await import('../commands/session-resume.ts')).resumeSession));
  teach(
    session
      .command('fork')
      .description('make another session of the beginning of one; both go on by themselves')
      .argument('<id>', 'session'),
    [
      'runtime session fork nightly',
      'runtime session fork nightly --at 3 --message "Try it without the cache"',
      'runtime session fork nightly --at seq:40 --model small',
      'runtime session fork nightly --policy careful.yaml',
    ],
    'Prints the id of the new session; with --message a line with the id, then the answer. What the source may not do, the fork may not either: --policy only makes it stricter, for ever. See docs/forks.md.',
  )
    .option(
      '--at <turn>',
      'behind the end of this turn, or seq:<n>: behind this entry (default: the last turn that has ended)',
    )
    .option('--model <name>', 'model that answers in the fork')
    .option('--policy <file>', 'policy that holds in the fork beside that of the workspace; the strictest wins')
    .option('--message <message>', 'what to do in the fork, at once')
    .option('--timeout <duration>', 'with --message: most active time of the turn, as 30s or 5m')
    .option('--max-cost <usd>', "with --message: most money for the turn; the model's price must be known")
    .option('--json', 'with --message: print the journal as it grows, one JSON object a line')
    .action(calls(async () => (await import('../commands/session-fork.ts')).forkSession));
  teach(
    session
      .command('diff')
      .description('compare two sessions: where they part, and what differs turn by turn')
      .argument('<a>', 'session')
      .argument('<b>', 'session'),
    [
      'runtime session diff nightly nightly-2',
      'runtime session diff nightly nightly-2 -o json',
      'runtime session diff nightly nightly-2 --full',
    ],
    'Exit code 0: the same; 1: different; 2: one of them is not there. Ids, times, hashes, and what a recovery writes are no differences.',
  )
    .option('--full', 'cut nothing')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/session-diff.ts')).diffOfSessions));
}
