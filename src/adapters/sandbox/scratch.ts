/** A folder of a command's own, for what it would put into `/tmp`; gone with it. */
import { spawn } from 'node:child_process';
import {
  closeSync, constants, mkdirSync, mkdtempSync, opendirSync, openSync, realpathSync, rmdirSync, unlinkSync, writeFileSync,
} from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasProc, nameIn } from '../../base/files/open-file.ts';

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

export interface Scratch {
  /** What the command may write to. */
  folder: string;
  /** What stands where a file is hidden. */
  emptyFile: string;
  remove(): void;
}

/** What the command locked is unlocked. Neither program follows links that it finds. */
const REMOVE = 'rm -rf -- "$1" || { chmod -R u+rwX -- "$1"; rm -rf -- "$1"; }';

/** As many files and as deep as a command liked: nobody waits for more than a few. */
const FEW = 32;
const DEPTH = 8;

/**
 * Folder by folder, each held open: something that outlived the command could make a link of any name meanwhile.
 * @throws Error when there is more, or it is locked; some of it is gone then.
 */
function removeFew(folder: string): void {
  let left = FEW;
  const empty = (path: string, depth: number): void => {
    if (depth > DEPTH || (depth > 1 && !hasProc())) throw new Error('more than a few folders');
    const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_DIRECTORY);
    try {
      const held = { fd, real: path };
      const listed = opendirSync(nameIn(held, '.'));
      try {
        for (let entry = listed.readSync(); entry !== null; entry = listed.readSync()) {
          if (left-- === 0) throw new Error('more than a few entries');
          const one = nameIn(held, entry.name);
          if (!entry.isDirectory()) unlinkSync(one);
          else {
            empty(one, depth + 1);
            rmdirSync(one);
          }
        }
      } finally {
        listed.closeSync();
      }
    } finally {
      closeSync(fd);
    }
  };
  empty(folder, 1);
  rmdirSync(folder);
}

/** What is still to be removed, once nothing else is waiting, or when the program ends: an answer doesn't wait for it. */
const due = new Set<() => void>();

function removeDue(): void {
  process.off('exit', removeDue);
  for (const remove of due) remove();
  due.clear();
}

function soon(remove: () => void): void {
  if (due.size === 0) {
    process.once('exit', removeDue);
    setImmediate(removeDue);
  }
  due.add(remove);
}

export function makeScratch(): Scratch {
  const whole = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-scratch-')));
  const [folder, emptyFile] = [join(whole, 'tmp'), join(whole, 'nothing')];
  mkdirSync(folder);
  writeFileSync(emptyFile, '', { mode: 0o444 });
  return { folder, emptyFile, remove: () => soon(() => remove(whole, folder, emptyFile)) };
}

function remove(whole: string, folder: string, emptyFile: string): void {
  try {
    removeFew(folder);
    unlinkSync(emptyFile);
    rmdirSync(whole);
  } catch {
    const options = { cwd: '/', env: { PATH: '/usr/bin:/bin' }, detached: true, stdio: 'ignore' } as const;
    const child = spawn('/bin/sh', ['-c', REMOVE, 'sh', whole], options);
    child.on('error', () => undefined).unref();
  }
}
