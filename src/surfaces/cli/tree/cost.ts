import { Option, type Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addCost(program: Command, calls: Calls): void {
  teach(
    program.command('cost').description('add up what models were paid for, by day, session, model or source'),
    ['runtime cost', 'runtime cost --by model --since 2026-11-01', 'runtime cost --by session -o json'],
    'Read from the journals, and for removed sessions from the audit log. Limits: see docs/budgets.md.',
  )
    .addOption(
      new Option('--by <what>', 'what makes a row').choices(['day', 'session', 'model', 'source']).default('day'),
    )
    .option('--since <date>', 'first day, as 2026-11-01')
    .option('--until <date>', 'last day')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/cost.ts')).cost));
}
