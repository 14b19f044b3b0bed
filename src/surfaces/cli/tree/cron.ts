import { type Command, Option } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addCron(program: Command, calls: Calls): void {
  const cron = teach(
    program.command('cron').description('let prompts and commands run by themselves, at set times'),
    [
      'runtime cron add standup --schedule "30 8 * * 1-5" --prompt "What changed since yesterday?"',
      'runtime cron ls',
      'runtime cron history standup',
    ],
    'Jobs run in the process that fires them (`runtime daemon`); without one nothing is due.',
  );
  addAdding(cron, calls);
  teach(cron.command('ls').description('list the jobs, with when each is due next'), [
    'runtime cron ls',
    'runtime cron ls -o json',
  ])
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/cron.ts')).listJobs));
  teach(cron.command('show').description('show all that is set for a job, and how it stands'), [
    'runtime cron show standup',
    'runtime cron show standup -o json',
  ])
    .argument('<name>', 'name of the job')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/cron.ts')).showJob));
  teach(cron.command('rm').description('remove a job, with its history; what runs ends by itself'), [
    'runtime cron ls',
    'runtime cron rm standup',
  ])
    .argument('<name>', 'name of the job')
    .action(calls(async () => (await import('../commands/cron.ts')).removeJob));
  teach(cron.command('pause').description('let a job fire no more, until it is resumed'), [
    'runtime cron pause standup',
    'runtime cron resume standup',
  ])
    .argument('<name>', 'name of the job')
    .action(calls(async () => (await import('../commands/cron.ts')).pauseJob));
  teach(
    cron.command('resume').description('let a paused job fire again'),
    ['runtime cron resume standup', 'runtime cron show standup'],
    'What would have been due meanwhile was not due: nothing is caught up with.',
  )
    .argument('<name>', 'name of the job')
    .action(calls(async () => (await import('../commands/cron.ts')).resumeJob));
  teach(
    cron.command('run').description('run a job now, whenever it is due'),
    ['runtime cron run standup', 'runtime cron run standup -o json'],
    'Exit code 1: the run failed; 5: it waits for an approval.',
  )
    .argument('<name>', 'name of the job')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/cron.ts')).runJob));
  teach(cron.command('history').description('list what became of each time at which a job was due'), [
    'runtime cron history standup',
    'runtime cron history standup -o json',
  ])
    .argument('<name>', 'name of the job')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/cron.ts')).showHistory));
}

function addAdding(cron: Command, calls: Calls): void {
  teach(
    cron.command('add').description('make a job; from then on it is due at its times'),
    [
      'runtime cron add standup --schedule "30 8 * * 1-5" --prompt "What changed since yesterday?"',
      'runtime cron add backup --schedule "@every 6h" --command "make backup" --timeout 10m',
      'runtime cron add once --at 2027-01-04T09:00:00+01:00 --prompt "Wish a happy new year"',
      'runtime cron add pulse --heartbeat',
    ],
    'Its commands and prompts run without being asked for again: who adds a job agrees to them. Tools in a prompt are judged by the policy, as always.',
  )
    .argument('<name>', 'name of the job: letters, digits and . _ -')
    .addOption(new Option('--schedule <times>', 'five fields of cron, or "@every 15m"').conflicts('at'))
    .option('--at <time>', 'once, at this time, as 2027-01-04T09:00:00+01:00')
    .option('--tz <zone>', 'zone of the five fields, as Europe/Berlin (default: the one of this machine)')
    .addOption(new Option('--prompt <message>', 'message for the model').conflicts('command'))
    .option('--command <text>', 'command for your shell, with no model in it')
    .addOption(
      new Option('--heartbeat [file]', 'ask the model what is to be done by this file, when that has changed (default: HEARTBEAT.md, each 30 minutes)').conflicts(['prompt', 'command']), // prettier-ignore
    )
    .option('--session <id>', 'own: cron-<name>; fresh: a new one each time; or the id of one (default: own)')
    .addOption(
      new Option('--catch-up <which>', 'what becomes of times at which nothing ran: skip, once or all').choices(['skip', 'once', 'all']), // prettier-ignore
    )
    .option('--jitter <duration>', 'begin up to so much later, as 30s')
    .addOption(
      new Option('--overlap <how>', 'what becomes of a time when the run before is not over').choices(['skip', 'queue']), // prettier-ignore
    )
    .option('--max-failures <count>', 'pause it after so many failures in a row; 0: never (default: 3)')
    .option('--max-cost <usd>', "most money for one run; the model's price must be known")
    .option('--timeout <duration>', 'most active time of one run, as 30s or 5m')
    .option('--root <folder>', 'project root, and where commands run (default: the current folder)')
    .option('--deliver <place>', 'where results go: file:<path> or webhook:<url>')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/cron-add.ts')).addJob));
}
