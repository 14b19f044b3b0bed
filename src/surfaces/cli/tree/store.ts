import type { Command } from 'commander';
import type { Calls } from './calls.ts';
import { jsonOption, outputOption, teach } from './teach.ts';

export function addStore(program: Command, calls: Calls): void {
  const store = teach(
    program.command('store').description('check, repair, back up, restore and tidy the files of a workspace'),
    ['runtime store check', 'runtime store backup /mnt/disk/runtime-2026-11-20', 'runtime store repair'],
    'What to do when something is damaged: docs/store.md.',
  );
  teach(
    store.command('check').description('look at every file of the workspace; nothing is changed'),
    ['runtime store check', 'runtime store check --deep', 'runtime store check -o json'],
    'Exit code 7: something is damaged. It may run while others work. --deep also derives every decision again, as `runtime session verify --all` does.',
  )
    .option('--deep', 'derive every decision of every session again, too')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/store-check.ts')).checkFiles));
  teach(
    store.command('repair').description('say what can be saved of damaged files; with --apply do it'),
    ['runtime store repair', 'runtime store repair --apply', 'runtime store repair --from /mnt/disk/backup --apply'],
    'First every file is kept as it is, in repairs/. Exit code 7: something cannot be repaired. 3: a process works on the workspace.',
  )
    .option('--apply', 'repair; without it only the plan is printed')
    .option('--from <backup>', 'take missing blobs from this backup')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/store-repair.ts')).repairFiles));
  teach(
    store.command('backup').description('copy the workspace into a new folder, also while others work'),
    ['runtime store backup /mnt/disk/runtime-2026-11-20', 'runtime store backup ./backup --workspace other'],
    'Exit code 7: it was taken, and something in it was damaged already.',
  )
    .argument('<target>', 'folder that is empty, or not there yet')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/store-backup.ts')).backUpFiles));
  teach(
    store.command('restore').description('put a backup in the place of the workspace'),
    ['runtime store restore /mnt/disk/runtime-2026-11-20', 'runtime store restore ./backup --force'],
    'What waited when the backup was made does not run again: open approvals are void, messages are to be sent again.',
  )
    .argument('<source>', 'folder that `runtime store backup` made')
    .option('--force', 'also where there is a workspace; it is kept beside the restored one')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/store-restore.ts')).restoreFiles));
  teach(
    store
      .command('gc')
      .description('remove what nothing needs: unnamed blobs, leftovers of killed processes, old caches'),
    ['runtime store gc --dry-run', 'runtime store gc'],
    'Blobs of the last hour stay. While a file is damaged nothing is removed: it may name them.',
  )
    .option('--dry-run', 'only say what would go')
    .addOption(outputOption('table', 'json', 'yaml'))
    .addOption(jsonOption())
    .action(calls(async () => (await import('../commands/store-gc.ts')).collect));
}
