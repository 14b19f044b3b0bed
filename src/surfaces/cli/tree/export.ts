import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

/** `session export`, `session import`, and `session redact`. */
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
  teach(
    session.command('import').description('take in a session that was exported elsewhere'),
    ['runtime session import nightly.jsonl', 'runtime session import nightly.jsonl --as nightly-2'],
    'The file is verified first (exit code 7). What was pending there is void here: approvals, grants, calls that ran, a turn that had not ended. What the session may do can only become less.',
  )
    .argument('<file>', 'what `session export` wrote (jsonl)')
    .option('--as <id>', 'the name here; needed where there is a session of that name')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/session-import.ts')).importSession));
  teach(
    session.command('redact').description('take a value out of what is recorded of a session, for good'),
    [
      'runtime session redact nightly',
      'runtime session redact nightly <secret.txt',
      'runtime session redact --all --dry-run',
    ],
    "The value is typed, unseen, or piped in, one a line; it is never an argument. Placeholders as long as it stand in its place, all decisions are derived anew and must be the same, and the audit log says what was done. What was sent to a model, exported or backed up can't be called back: change the secret. Exit code 1: it still stands somewhere, as listed.",
  )
    .argument('[id]', 'session')
    .option('--all', 'in every session of the workspace that holds it')
    .option('--dry-run', 'only say where it stands')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/session-redact.ts')).redactSession));
}
