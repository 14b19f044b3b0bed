import { type Command, Option } from 'commander';
import type { Calls } from './calls.ts';
import { addPolicyTest } from './policy-test.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addPolicy(program: Command, calls: Calls): void {
  const policy = teach(program.command('policy').description('see, change and try which tools may run'), [
    'runtime policy show',
    'runtime policy set exec_command --allow',
    `runtime policy check exec_command '{"cmd":"npm test"}'`,
  ]);
  teach(policy.command('show').description('show for each tool whether it runs, asks or is denied, and why'), [
    'runtime policy show',
    'runtime policy show -o json',
  ])
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/policy-show.ts')).showPolicy));
  teach(
    policy.command('set').description('put a tool on one of the lists; comments in the configuration stay'),
    [
      'runtime policy set exec_command --allow',
      'runtime policy set read_file --require-approval',
      'runtime policy set apply_patch --deny',
    ],
    'One of --allow, --require-approval and --deny must be given.',
  )
    .argument('<tool>', 'name of the tool')
    .addOption(new Option('--allow', 'it runs without asking').conflicts(['requireApproval', 'deny']))
    .addOption(new Option('--require-approval', 'it asks each time').conflicts(['allow', 'deny']))
    .addOption(new Option('--deny', 'it never runs').conflicts(['allow', 'requireApproval']))
    .action(calls(async () => (await import('../commands/policy-set.ts')).setToolPolicy));
  teach(
    policy.command('check').description('judge a call without running it'),
    [
      `runtime policy check exec_command '{"cmd":"npm test"}'`,
      `runtime policy check read_file '{"path":".env"}' -o json`,
      `runtime policy check exec_command '{"cmd":"git push"}' --as member --channel telegram`,
      `runtime policy check exec_command '{"cmd":"git push"}' --explain`,
    ],
    'Exit code 0: it would run; 5: it would ask; 6: it would be denied.',
  )
    .argument('<tool>', 'name of the tool')
    .argument('<arguments>', 'its arguments as JSON')
    .addOption(
      new Option('--as <role>', 'role of who asks (default: yours)').choices([
        'viewer',
        'member',
        'operator',
        'admin',
        'overlord',
      ]),
    )
    .option('--channel <name>', 'where the message came from (default: cli)')
    .option('--tainted', 'something from outside is in the conversation')
    .option('--explain', 'tell of each rule that looks at the tool whether it holds, and if not why')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/policy-check.ts')).checkPolicy));
  teach(
    policy.command('explain').description('tell why a recorded call was allowed, asked for or denied, rule by rule'),
    [
      'runtime policy explain nightly/c1.2.1',
      'runtime policy explain c1.2.1 --session nightly',
      'runtime policy explain a-9f2c41d07b3e6a58 -o json',
    ],
    'Of each rule in force then that looks at the tool it tells whether it held, and if not which of its conditions did not; of a command line also which of its commands no rule allows. All from the record. For a call that nobody made: runtime policy check --explain.',
  )
    .argument('<call>', 'call of a session (c1.1.1), or the approval that was asked for it')
    .option('--session <id>', 'the session, where the id does not say it')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/policy-explain.ts')).explainPolicy));
  teach(
    policy.command('stats').description('count what was allowed, asked for and denied, by tool and by rule'),
    ['runtime policy stats', 'runtime policy stats --since 2026-11-01', 'runtime policy stats -o json'],
    'Each call counts once, as it was judged last. A rule counts for each call to which it applied, wherever it stood then; rules that never applied are named. Read from the journals: removed sessions are not counted.',
  )
    .option('--since <date>', 'first day, as 2026-11-01')
    .option('--until <date>', 'last day')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/policy-stats.ts')).countDecisions));
  teach(
    policy.command('audit').description('list changes of the policy, newest first, with who made them and when'),
    ['runtime policy audit', 'runtime policy audit --since 2026-11-01', 'runtime policy audit -o json'],
    'From the audit log: policy set, and configurations that a daemon read again. From the journals: open turns that met another policy, and first turns under one of whose change nothing is on record, as when a file was edited by hand.',
  )
    .option('--since <date>', 'first day, as 2026-11-01')
    .option('--until <date>', 'last day')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/policy-audit.ts')).auditPolicy));
  addPolicyTest(policy, calls);
}
