/** A folder of a command's own, for what it would put into `/tmp`; gone with it. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Scratch {
  /** What the command may write to. */
  folder: string;
  /** What stands where a file is hidden. */
  emptyFile: string;
  remove(): void;
}

/** What the command locked is unlocked. Neither program follows links that it finds. */
const REMOVE = 'rm -rf -- "$1" || { chmod -R u+rwX -- "$1"; rm -rf -- "$1"; }';

export function makeScratch(): Scratch {
  const whole = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-scratch-')));
  const [folder, emptyFile] = [join(whole, 'tmp'), join(whole, 'nothing')];
  mkdirSync(folder);
  writeFileSync(emptyFile, '', { mode: 0o444 });
  return {
    folder,
    emptyFile,
    remove() {
      try {
        rmdirSync(folder);
        rmSync(whole, { recursive: true });
      } catch {
        // As many files and as deep as the command liked: nobody waits for that.
        const options = { cwd: '/', env: { PATH: '/usr/bin:/bin' }, detached: true, stdio: 'ignore' } as const;
        const child = spawn('/bin/sh', ['-c', REMOVE, 'sh', whole], options);
        child.on('error', () => undefined).unref();
      }
    },
  };
}
