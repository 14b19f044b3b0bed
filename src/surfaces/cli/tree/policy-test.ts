import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addPolicyTest(policy: Command, calls: Calls): void {
  teach(
    policy
      .command('test')
      .description(
        'hold a policy to its own tests; or try one against the past: how it would judge the calls that were made',
      ),
    [
      'runtime policy test',
      'runtime policy test careful.yaml --root ~/project',
      'runtime policy test --all --policy careful.yaml',
      'runtime policy test --against nightly weekly --policy careful.yaml',
    ],
    "Without --policy: the `tests` in the workspace's policy.yaml, or in the file named, are judged by its policy; exit code 0: all as expected, 1: some not, 2: the file is wrong. With --policy: recorded calls are judged by that policy; exit code 0: none would be judged differently, 1: some would, 7: a session is damaged, and the others were tried. Nothing is run, and no model asked.",
  )
    .argument('[file]', "policy with tests (default: the workspace's policy.yaml, judged with its configuration)")
    .option('--root <folder>', 'project root of the tests (default: the current folder)')
    .option(
      '--policy <file>',
      'for recorded calls: auto_allow, require_approval, deny, rules and sandbox; or a whole configuration',
    )
    .option('--against [session...]', 'sessions whose calls are judged')
    .option('--all', 'the calls of all sessions of the workspace')
    .option('--every', 'list also the tests that are as expected, the calls that would be judged as they were')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/policy-test.ts')).testPolicyFile));
}
