/** A folder of a command's own, for what it would put into `/tmp`; gone with it. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Scratch {
  /** What the command may write to. */
  folder: string;
  /** What stands where something is hidden. */
  emptyFolder: string;
  emptyFile: string;
  remove(): void;
}

export function makeScratch(): Scratch {
  const whole = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-scratch-')));
  const [folder, emptyFolder, emptyFile] = [join(whole, 'tmp'), join(whole, 'empty'), join(whole, 'nothing')];
  mkdirSync(folder);
  mkdirSync(emptyFolder, { mode: 0o555 });
  writeFileSync(emptyFile, '', { mode: 0o444 });
  return {
    folder,
    emptyFolder,
    emptyFile,
    remove() {
      try {
        rmSync(whole, { recursive: true, force: true });
      } catch {
        // A folder that the command made unreadable: it stays for whoever tidies /tmp.
      }
    },
  };
}
