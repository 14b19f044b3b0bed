import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { addExport } from './export.ts';
import { addForks } from './forks.ts';
import { addPast } from './past.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addSessions(program: Command, calls: Calls): void {
  const session = teach(
    program.command('session').description('list, show, carry on, fork, compare, verify and remove sessions'),
    ['runtime session ls', 'runtime session show nightly', 'runtime session verify nightly'],
  );
  teach(
    session.command('ls').description('list the sessions, newest first, and what is running where'),
    ['runtime session ls', 'runtime session ls --tree', 'runtime session ls -o json'],
    'What runs is told by the process that owns the workspace, when one does; nothing is started, and nothing locked.',
  )
    .option('--tree', 'each fork under the session that it was made of, with the entry at which')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/session.ts')).listSessions));
  teach(
    session
      .command('show')
      .description('show the turns of a session: phases, calls, decisions, approvals, tokens, cost, time'),
    [
      'runtime session show nightly',
      'runtime session show nightly --limit 20',
      'runtime session show nightly -o json',
      'runtime session show nightly --limit 20 --follow',
      'runtime session show nightly --follow --json | jq -r .type',
      'runtime session show nightly --context',
    ],
    'It takes no lock: others may work on the session. --follow prints one event a line with --json, and goes on from turn to turn, whichever process works on the session: until Ctrl-C (exit code 130), or until the session is removed. One that is not there yet may begin.',
  )
    .argument('<id>', 'session')
    .option('--limit <n>', 'show only the last n entries of the journal')
    .option('--follow', 'go on with what comes, until Ctrl-C')
    .option('--context', 'show what its model is told instead: instructions and where they come from, tools, history')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/session.ts')).showSession));
  teach(
    session
      .command('compact')
      .description('have the conversation of a session summed up before its next message is answered'),
    ['runtime session compact nightly', 'runtime run --session nightly "go on"'],
    'A conversation that becomes too long for its model is summed up by itself. What was said stays in the journal: a fork from before has it whole.',
  )
    .argument('<id>', 'session')
    .action(calls(async () => (await import('../commands/session-context.ts')).compactSession));
  teach(
    session.command('pin').description('pin a fact: the model of a session is told it for good, whatever is summed up'),
    [
      'runtime session pin nightly "The release branch is release/2.4; never push to main."',
      'runtime session pin nightly --list',
      'runtime session pin nightly --remove p12',
    ],
    'It is told from the next message on, word for word. A fact has at most 2,048 bytes, all of a session 16 KiB. Forks and exports take it along.',
  )
    .argument('<id>', 'session')
    .argument('[text]', 'the fact')
    .option('--list', 'show what is pinned')
    .option('--remove <pin>', 'take back one fact, by its id')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/session-pin.ts')).pinFact));
  teach(
    session
      .command('trust')
      .description('say that you looked at what came from outside: it makes nothing ask from then on'),
    [
      'runtime session trust nightly',
      'runtime session trust nightly --source web:docs.python.org',
      'runtime session trust nightly --files',
    ],
    'What a page says is in the conversation makes ask whatever could send out data, show secrets or reach beyond the project, though a rule allows it. runtime session show nightly --context tells what is in it. What comes from there later counts anew. Files that the project got from such a conversation bring it into each that reads them, until you trust those, too.',
  )
    .argument('<id>', 'session')
    .option('--source <source...>', 'only this (default: all that are in it now)')
    .option('--files', 'also the files of its project that calls wrote in such conversations')
    .action(calls(async () => (await import('../commands/session-trust.ts')).trustSources));
  addForks(session, calls);
  teach(
    session
      .command('verify')
      .description('prove a session: check the chain and derive every decision again, without a model'),
    ['runtime session verify nightly', 'runtime session verify --all', 'runtime session verify ./copy.jsonl -o json'],
    'Exit code 7: it could not be verified, and the first line that is not as it was written is named. With --all: one of them could not.',
  )
    .argument('[id]', 'session, or the path of a journal file (.jsonl)')
    .option('--all', 'all sessions of the workspace; lists those that could not be verified')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/session-verify.ts')).verifySession));
  addPast(session, calls);
  addExport(session, calls);
  teach(session.command('rm').description('remove a session for good; the audit log keeps what it used'), [
    'runtime session rm nightly',
    'runtime session rm nightly --force',
  ])
    .argument('<id>', 'session')
    .option('--force', 'remove it even when a turn of it has not ended')
    .action(calls(async () => (await import('../commands/session.ts')).removeSession));
}
