import { type Command, Option } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addApprovals(program: Command, calls: Calls): void {
  const approvals = teach(
    program.command('approvals').description('list and show what waits for an answer, and the grants that need none'),
    ['runtime approvals ls', 'runtime approvals show a-9f2c41', 'runtime approvals grants'],
    'Answer with `runtime approve` or `runtime deny`.',
  );
  teach(approvals.command('ls').description('list the approvals that are pending'), [
    'runtime approvals ls',
    'runtime approvals ls -o json',
  ])
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/approvals.ts')).listApprovals));
  teach(approvals.command('show').description('show exactly what would run'), [
    'runtime approvals show a-9f2c41',
    'runtime approvals show a-9f2c41 -o json',
  ])
    .argument('<id>', 'approval, or the first 6 or more characters of its id')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/approvals.ts')).showApproval));
  teach(approvals.command('watch').description('follow what waits for an answer, and what becomes of it'), [
    'runtime approvals watch',
    'runtime approvals watch -o json | jq .presentation.title',
  ])
    .addOption(outputOption('table', 'json'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/approvals-watch.ts')).watch));
  teach(
    approvals.command('grants').description('list what `approve --always` and `--session` let run without asking'),
    ['runtime approvals grants', 'runtime approvals grants -o yaml'],
  )
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/grants.ts')).showGrants));
  teach(approvals.command('revoke').description('take a grant back: the call asks again'), [
    'runtime approvals grants',
    'runtime approvals revoke g-01m7w6zw',
  ])
    .argument('<grant>', 'grant, or the first 6 or more characters of its id')
    .action(calls(async () => (await import('../commands/grants.ts')).revoke));
  teach(program.command('approve').description('let exactly this call run'), [
    'runtime approve a-9f2c41',
    'runtime approve a-9f2c41 --resume',
    'runtime approve a-9f2c41 --session --resume',
    'runtime approve a-9f2c41 --always --edit',
    `runtime approve a-9f2c41 --always --rule '{tool: exec_command, command: npm test *, decision: allow}'`,
  ])
    .argument('<id>', 'approval, or the first 6 or more characters of its id')
    .addOption(new Option('--session', 'and the same call again in this session').conflicts('always'))
    .option('--always', 'and what its rule covers in any session of this project; `approvals show` has the rule')
    .addOption(new Option('--rule <rule>', 'another rule than that, as YAML or JSON').conflicts(['edit', 'exact']))
    .addOption(new Option('--edit', 'the rule in your editor ($VISUAL, $EDITOR) first').conflicts('exact'))
    .option('--exact', 'no rule: exactly this call')
    .option('--resume', 'carry the turn on at once and print its answer')
    .action(calls(async () => (await import('../commands/approvals.ts')).approve));
  teach(program.command('deny').description('refuse the call; the model is told'), [
    'runtime deny a-9f2c41',
    'runtime deny a-9f2c41 --reason "not on main" --resume',
  ])
    .argument('<id>', 'approval, or the first 6 or more characters of its id')
    .option('--reason <text>', 'why not; the model reads it')
    .option('--resume', 'carry the turn on at once and print its answer')
    .action(calls(async () => (await import('../commands/approvals.ts')).deny));
}
