/** A folder of a command's own, for what it would put into `/tmp`; gone with it. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Scratch {
  /** What the command may write to. */
  folder: string;
  /** What stands where a file is hidden. */
  emptyFile: string;
  remove(): void;
}

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
        rmSync(whole, { recursive: true, force: true });
      } catch {
        // A folder that the command made unreadable: it stays for whoever tidies /tmp.
      }
    },
  };
}
