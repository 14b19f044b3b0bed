import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

/** What can be done with what a session has recorded. */
export function addPast(session: Command, calls: Calls): void {
  teach(
    session.command('replay').description('play a session back in the terminal as it was, from its journal alone'),
    [
      'runtime session replay nightly',
      'runtime session replay nightly --speed 10 --from 3',
      'runtime session replay nightly --model gpt-6.1-luna --max-cost 0.50',
      'runtime session replay nightly --model demo -o json',
    ],
    'No model is asked, no tool run, nothing locked. Waiting is cut to two seconds; Space pauses, Ctrl-C ends (exit code 130). Where it is no terminal all is printed at once. A damaged session is shown as far as it is whole (exit code 7). With --model another model is asked what the recorded one was asked, with the recorded results, and the two are compared: exit code 1 where one goes another way. Nothing is run, nothing written.',
  )
    .argument('<id>', 'session')
    .option('--speed <n>', 'so many times as fast as it was: 1, 10, max (default: 2)')
    .option('--from <turn>', 'begin with this turn')
    .option('--model <name>', 'ask this model each recorded request again, and show where it goes another way')
    .option('--max-cost <usd>', "with --model: most money for all; the model's price must be known")
    .option('--max-calls <n>', 'with --model: ask no more often')
    .option('--stop-at-first', 'with --model: ask no more behind the first difference')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/session-replay.ts')).replaySession));
  teach(
    session.command('undo').description('put back the files that a turn changed; shows the difference and asks'),
    [
      'runtime session undo nightly',
      'runtime session undo nightly --turn 3',
      'runtime session undo nightly --turn 3 --yes',
      'runtime session undo nightly -o json',
    ],
    'Only what tools recorded (apply_patch) is put back, and all of it or nothing: a file that was changed since is named with what would be lost (exit code 1). What commands changed is not tracked. Where nobody can be asked it needs --yes, else it only shows what it would do (exit code 1).',
  )
    .argument('<id>', 'session')
    .option('--turn <n>', 'the turn (default: the last that changed files and was not undone)')
    .option('--yes', 'do it without asking')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/session-undo.ts')).undoSession));
}

export function addWhy(program: Command, calls: Calls): void {
  teach(
    program.command('why').description('tell why something happened, from who asked to what came of it'),
    [
      'runtime why a-9f2c41d07b3e6a58',
      'runtime why e-01m7w6zw1x8m5c3d7p9q2r4s6t',
      'runtime why nightly/c1.2.1',
      'runtime why r3 --session nightly -o json',
    ],
    'It answers from what is recorded only: each line names the entry that says so, and what is not known any more is said. Nothing is locked. An id of a session (c1.1.1, m1.2, r3, t3) needs that session, where several have one.',
  )
    .argument('<id>', 'approval, message, or a call, model call, reply or turn of a session')
    .option('--session <id>', 'the session, where the id does not say it')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/why.ts')).why));
}
