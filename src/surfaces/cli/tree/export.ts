import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { outputOption, teach } from './teach.ts';

export function addExport(session: Command, calls: Calls): void {
  teach(
    session.command('export').description('take a session out: a file that proves itself, or a page to read'),
    [
      'runtime session export nightly --file nightly.jsonl',
      'runtime session export nightly --redact --file shared.jsonl',
      'runtime session export nightly -o html --file nightly.html',
      'runtime session export nightly -o md | less',
    ],
    'What -o jsonl gives can be verified anywhere with `runtime session verify <file>`: no workspace, key or network is needed. Nothing is locked; a session whose turn has not ended is exported as it stands. Contents from before a patch are never exported. With --redact placeholders stand for all contents, and what was decided can still be proved.',
  )
    .argument('<id>', 'session')
    .option('--redact', 'put placeholders in place of all contents, for strangers')
    .addOption(outputOption('jsonl', 'md', 'html'))
    .option('--file <path>', 'write it there, whole or not at all, instead of to standard output')
    .action(calls(async () => (await import('../commands/session-export.ts')).exportSession));
}
