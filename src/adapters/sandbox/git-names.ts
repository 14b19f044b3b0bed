/** Names of a repository (gitrepository-layout(5)) by which git runs something, or is told what to run. */
import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { bytesOf, shortText } from '../../base/files/open-file.ts';
import {
  type IndexEntry,
  indexEntries,
  LONGEST_INDEX,
  type ObjectFormat,
  objectFormatOf,
} from '../../base/git-index.ts';
import { LONGEST_READ } from '../../base/git-told-by.ts';

/** Empty, they mean nothing to git: so they can be there before a command, which can't make them then. The last two say what remotes are. */
export const FOLDERS = ['hooks', 'remotes', 'branches'];
export const FILES = ['config', 'config.worktree'];
/** Says where git finds the others. It can't be empty, and a folder that is a repository of its own has none. */
export const COMMON = 'commondir';

/** What git has begun and goes on with when it is told to: what is left to do stands there. */
const BEGUN = ['rebase-merge', 'rebase-apply', 'sequencer'];
const STEPS = 'git-rebase-todo';
const RUNS = /^[^\S\n]*(?:x|exec)\s/m;
/** By these it says how to merge: a strategy with a path in it is a program. */
const MERGES = ['strategy', 'opts'];
const PLAIN = /^[^/\\]*$/;
/** By these it says how to apply patches: some write files of any name. */
const APPLIES = 'apply-opt';
const WRITES_NOTHING =
  /^(?:\s|'?(?:-[pC]\d+|--(?:whitespace=[\w-]+|(?:no-)?reject|ignore-(?:space-change|whitespace)))'?(?=\s|$))*$/;

/** Of what git has begun there, what would run commands as it goes on. */
export function begunIn(git: string): string[] {
  return BEGUN.filter((name) => runsCommands(join(git, name)));
}

/** Of what can't be read, is too long, or is led elsewhere by a link, where it may change, nobody knows. */
function runsCommands(folder: string): boolean {
  const kind = kindOf(folder);
  if (kind === undefined) return false;
  if (!kind.isDirectory()) return true;
  const says = (name: string, isHarmless: (text: string) => boolean): boolean => {
    const found = kindOf(join(folder, name));
    const text = found?.isFile() ? shortText(join(folder, name), LONGEST_READ) : undefined;
    return found !== undefined && (text === undefined || !isHarmless(text));
  };
  try {
    if (says(STEPS, (text) => !RUNS.test(text)) || says(APPLIES, (text) => WRITES_NOTHING.test(text))) return true;
    return MERGES.some((name) => says(name, (text) => PLAIN.test(text)));
  } catch {
    return true; // it is locked
  }
}

export function kindOf(path: string | Buffer): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** How the repository names its objects. */
export function formatOf(git: string): ObjectFormat {
  return objectFormatOf(shortText(join(git, 'config'), LONGEST_READ) ?? '');
}

/** Of a file of its index. Undefined: git would not read it, or not as it is read here. */
export function entriesAt(git: string, path: string): IndexEntry[] | undefined {
  const bytes = bytesOf(path, LONGEST_INDEX);
  return bytes && indexEntries(bytes, formatOf(git));
}
