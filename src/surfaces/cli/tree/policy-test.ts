import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addPolicyTest(policy: Command, calls: Calls): void {
  teach(
    policy.command('test').description('try a policy against the past: how it would judge the calls that were made'),
    [
      'runtime policy test --all --policy careful.yaml',
      'runtime policy test --against nightly weekly --policy careful.yaml',
      'runtime policy test --all --policy careful.yaml -o json',
    ],
    'Exit code 0: no call would be judged differently; 1: some would; 7: a session is damaged, and the others were tried. Nothing is run, and no model asked.',
  )
    .requiredOption('--policy <file>', 'auto_allow, require_approval, deny and sandbox; or a whole configuration')
    .option('--against [session...]', 'sessions whose calls are judged')
    .option('--all', 'the calls of all sessions of the workspace')
    .option('--every', 'list also the calls that would be judged as they were')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/policy-test.ts')).testAgainstPast));
}
