/** The text in the person's own editor: $VISUAL, else $EDITOR, else vi. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../base/environment.ts';
import { RuntimeError } from '../../contract/errors.ts';

/** Gives the text as it was saved. `name`: of the file, by whose end the editor knows what it is. The terminal must be the editor's meanwhile. @throws RuntimeError usage */
export function editExternally(text: string, environment: Environment, name = 'message.md'): string {
  const editor = environment['VISUAL'] || environment['EDITOR'] || 'vi';
  const folder = mkdtempSync(join(tmpdir(), 'runtime-'));
  const path = join(folder, name);
  // Keys of the terminal that end or interrupt are for the editor alone.
  const ignore = (): void => {};
  process.on('SIGQUIT', ignore);
  try {
    writeFileSync(path, text, { mode: 0o600 });
    // As git does: the variable may hold arguments.
    const { status, error } = spawnSync('/bin/sh', ['-c', `${editor} "$@"`, editor, path], { stdio: 'inherit' });
    if (error !== undefined || status !== 0 || !existsSync(path)) {
      const what = status === 0 ? 'left no file' : 'failed';
      throw new RuntimeError('usage', `the editor \`${editor}\` ${what}; the text is as it was`, {
        next: 'Set EDITOR to the command of your editor.',
      });
    }
    return readFileSync(path, 'utf8').replace(/\n$/, '');
  } finally {
    process.off('SIGQUIT', ignore);
    rmSync(folder, { recursive: true, force: true });
  }
}
