import { type Command, Option } from 'commander';
import { ROW_DECISIONS, ROW_ENTRIES, ROW_RECORDS } from '../../../contract/audit.ts';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addAudit(program: Command, calls: Calls): void {
  const audit = teach(
    program
      .command('audit')
      .description('see what was allowed, asked, denied and done, and prove that nothing is missing'),
    ['runtime audit tail', 'runtime audit verify', 'runtime audit export --since 2026-11-01 > november.jsonl'],
    'Decisions about calls are read from the journals of sessions, all else from the audit log. Nothing is locked or changed. See docs/audit.md.',
  );
  filtered(
    teach(
      audit.command('tail').description('show the newest decisions of all sessions, oldest first'),
      [
        'runtime audit tail',
        'runtime audit tail -f --decision deny',
        'runtime audit tail -n 100 --session nightly -o json',
      ],
      'With -o json one object a line. What is damaged is read up to there, and named.',
    )
      .option('-f, --follow', 'then go on with what comes, until Ctrl-C')
      .option('-n, --lines <count>', 'how many to begin with', '20')
      .option('--since <date>', 'first day, as 2026-11-01'),
  )
    .addOption(outputOption('table', 'json'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/audit.ts')).tail));
  filtered(
    teach(
      audit.command('export').description('print all decisions in the order of time, for other programs'),
      ['runtime audit export > audit.jsonl', 'runtime audit export --since 2026-11-01 --until 2026-11-30 -o json'],
      'Exit code 7: something is damaged and was read up to there; it is named on standard error.',
    )
      .option('--since <date>', 'first day, as 2026-11-01')
      .option('--until <date>', 'last day'),
  )
    .addOption(outputOption('jsonl', 'json'))
    .action(calls(async () => (await import('../commands/audit.ts')).exportRows));
  teach(
    audit
      .command('verify')
      .description('prove the chain of the audit log, and that each journal has what the log says of it'),
    [
      'runtime audit verify',
      'runtime audit verify --head "$(cat /mnt/elsewhere/audit-head)"',
      'runtime audit verify -o json',
    ],
    'Exit code 7: something is missing, or is not what it was. Decisions are not derived again: `runtime session verify --all` does that.',
  )
    .option('--head <line>', 'what `runtime audit head` printed once: the log must still hold it')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/audit.ts')).verify));
  teach(
    audit.command('head').description('print the end of the audit log as one line, to be kept elsewhere'),
    ['runtime audit head', 'runtime audit head | ssh elsewhere "cat >> audit-heads"'],
    'Whoever can write the files can write log and journals anew, in harmony. Not what you keep elsewhere: runtime audit verify --head.',
  ).action(calls(async () => (await import('../commands/audit.ts')).printHead));
}

function filtered(command: Command): Command {
  return command
    .option('--session <id>', 'of this session only')
    .addOption(new Option('--kind <kind>', 'of this kind only').choices([...ROW_ENTRIES, ...ROW_RECORDS]))
    .option('--tool <name>', 'about this tool only')
    .addOption(new Option('--decision <decision>', 'only what was decided so').choices([...ROW_DECISIONS]));
}
