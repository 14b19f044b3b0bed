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
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/policy-check.ts')).checkPolicy));
  addPolicyTest(policy, calls);
}
