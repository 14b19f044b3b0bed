/** Files that a command line may run or go by: who approves the line approves them as they are. */
import { statSync } from 'node:fs';
import { type Digest, digestOf } from '../../../base/digest.ts';
import type { CommandFact, Facts } from '../../../contract/values.ts';
import { resolveReal } from '../../../base/files/resolve-real.ts';
import { isGitCommand } from '../shell/git.ts';
import { gitCall, gitRemotes } from '../shell/git-operands.ts';
import { wordsOf as shellWords } from '../shell/words.ts';
import type { PathFact } from '../paths/path-facts.ts';
import type { IsSecret } from '../paths/secrets.ts';
import type { DigestFile } from './executable.ts';
import { fileNamed } from './file-named.ts';
import { atHome, foldersOf, MOST_FOLDERS, MOST_LOOKED_FOR, MOST_TEXT, namedBy, setsHome } from './line-words.ts';
import { givenNames, isMade, madeBy, unreadIn } from './made-words.ts';
import { GIVEN, namesNothing, openWords } from './open-words.ts';
import { createNames, filesOfPattern } from './pattern-files.ts';
import { filesOfRepositories } from './git-repositories.ts';
import { type LineLinks, linkRows } from './line-links.ts';
import { shortened } from './shortened.ts';
import { isToldByWords, nameOf, runsFiles } from './programs.ts';
import { endingsOf, unnamedFiles } from './unnamed-files.ts';

export type RunFile = NonNullable<Facts['runs']>[number];

/** A line that no sandbox confines. */
export interface Free {
  /** The project's. */
  root: string;
  /** As it was given to the shell; empty: there was none. */
  text: string;
  /** What it writes. */
  targets: readonly PathFact[];
  /** Some of that outside of the project, or nobody knows where. */
  lands: boolean;
  /** Where links of the project lead it. */
  links: LineLinks;
}

/** No files that somebody wrote, and other ones for each process. */
const OF_THE_KERNEL = /^\/(?:proc|sys|dev(?!\/shm\/))\//;

/** More than these are told as one. */
const MOST_TOLD = 100;

const LONGEST_WORD = 200;

const IN_FOLDERS = 'else lies in its folders';

/** Larger files aren't read. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * Of a line that runs code of files (a program by its path, an interpreter, what builds) or sends them: all files that its
 * words and patterns name, and those that its programs go by unnamed. What these load in their turn isn't among them. A word
 * counts in each folder that the line names, too, as it may go there. A word that only the shell will know is told as such.
 * Without a sandbox it is so of any program but those of every day that do what their words say; and of these, too, where only
 * the shell will know what they say, or where what they take lands outside of the project; and where links of the project lead
 * what its words name is among them, whatever its programs are. Undefined: it goes by none.
 */
export async function runFiles(
  commands: readonly CommandFact[],
  folder: string,
  digestOfFile: DigestFile,
  isSecret: IsSecret,
  free?: Free,
): Promise<RunFile[] | undefined> {
  const goneBy = await goneByIn(commands, folder, digestOfFile, isSecret, free);
  return free ? withLinks(goneBy, free) : goneBy && shortened(goneBy, MOST_TOLD);
}

async function goneByIn(
  commands: readonly CommandFact[],
  folder: string,
  digestOfFile: DigestFile,
  isSecret: IsSecret,
  free?: Free,
): Promise<RunFile[] | undefined> {
  const lands = free?.lands === true;
  const counts = (one: CommandFact): boolean => runsFiles(one) || (free !== undefined && !isToldByWords(one));
  const isCounted = commands.some(counts);
  const unknown = new Set(free ? openWords(commands, free.text) : []);
  const gits = free ? commands.filter((one) => nameOf(one) === 'git') : [];
  if (!isCounted && !lands && gits.length === 0 && unknown.size === 0) return undefined;
  const named = [...new Set(commands.flatMap(namedBy).flatMap(atHome))];
  let text = 0;
  const words = named.slice(0, MOST_LOOKED_FOR).filter(({ length }) => (text += length + 1) <= MOST_TEXT);
  const programs = commands.map(nameOf);
  const endings = endingsOf(programs);
  const all = foldersOf(commands, words, folder);
  const most = Math.min(
    MOST_FOLDERS,
    Math.floor(MOST_LOOKED_FOR / (words.length * endings.length)),
    Math.floor(MOST_TEXT / text),
  );
  const folders = all.slice(0, Math.max(1, most));
  const repositories =
    free && gits.length > 0
      ? filesOfRepositories(folders, free.root, {
          words: [...new Set(gits.flatMap(namedBy).flatMap(atHome))].slice(0, MOST_LOOKED_FOR),
          ends: gits.flatMap((one) => gitRemotes(shellWords(one))),
          // As of links, which nobody looks for where nothing is confined.
          all: free.links.others !== undefined,
        })
      : { paths: [], elsewhere: [], isAll: true };
  if (!repositories.isAll) unknown.add('else git looks into');
  if (!isCounted && !lands && unknown.size === 0 && repositories.paths.length === 0) return undefined;
  if (folders.length < all.length) unknown.add('else its words name in so many folders');
  if (words.length < named.length) unknown.add('else its words name');
  if (givenNames(commands).some((one) => lands || counts(one))) unknown.add(GIVEN);
  const paths = folders.flatMap((one) =>
    words.flatMap((word) => endings.map((ending) => fileNamed(word, one) + ending)),
  );
  const names = createNames();
  for (const { told: made, names: parts, isQuoted, isFolder } of commands
    .filter((one) => !namesNothing(one))
    .flatMap(madeBy)) {
    for (const part of parts) {
      const matching = isFolder ? undefined : filesOfPattern(part, isQuoted, folders, names);
      if (matching) for (const path of matching) paths.push(...endings.map((ending) => path + ending));
      else if (isMade(part) && (isCounted || lands)) unknown.add(made);
    }
  }
  const scripts = [...new Set(paths.flatMap(realFile))];
  const unnamed = unnamedFiles(programs, words, scripts, folders, names);
  if (!unnamed.isAll) unknown.add(IN_FOLDERS);
  if (isCounted) for (const text of commands.flatMap(unreadIn)) unknown.add(text);
  if (commands.some(setsHome)) for (const word of words) if (/^~(?:\/|$)/.test(word)) unknown.add(word);
  const found: RunFile[] = [];
  // What is only overwritten may say what it likes.
  const written = new Set(isCounted ? [] : free?.targets.map(({ real }) => real));
  for (const path of [
    ...new Set([...scripts, ...[...unnamed.paths, ...repositories.paths].flatMap(realFile)]),
  ].sort()) {
    if (written.has(path)) continue;
    const digest = await digestNow(path, isSecret, digestOfFile);
    if (digest === 'large') unknown.add(path);
    else if (digest) found.push({ path, digest });
  }
  const led = free && gits.some(isOfWorktrees) ? linkRows(repositories.elsewhere, free.root) : [];
  const goneBy = [...[...unknown].map(notKnown), ...led, ...found];
  return goneBy.length > 0 ? goneBy : undefined;
}

/** It writes to them, moves or removes them; so may an alias. */
function isOfWorktrees(command: CommandFact): boolean {
  const name = gitCall(shellWords(command))?.command;
  return name === undefined || name === 'worktree' || !isGitCommand(name);
}

/** Each link with where it leads, behind what isn't known. */
function withLinks(goneBy: RunFile[] | undefined, { root, links: { led, isAll } }: Free): RunFile[] | undefined {
  const files = goneBy?.filter(({ digest }) => digest !== undefined) ?? [];
  const unknown = goneBy?.filter(({ digest }) => digest === undefined) ?? [];
  if (!isAll && unknown.length === 0) unknown.push(notKnown(IN_FOLDERS));
  const all = [...unknown, ...linkRows(led, root), ...files];
  return all.length > 0 ? shortened(all, MOST_TOLD) : undefined;
}

/** It stands before the files, so that however many these are it is seen. */
function notKnown(what: string): RunFile {
  const short = what.length <= LONGEST_WORD ? what : `${what.slice(0, LONGEST_WORD).toWellFormed()}…`;
  return { path: short };
}

function realFile(path: string): string[] {
  if (path.includes('\0') || path.endsWith('/')) return [];
  const found = resolveReal(path);
  return 'real' in found && found.kind === 'file' && !OF_THE_KERNEL.test(found.real) ? [found.real] : [];
}

/**
 * Of what looks like a secret with its inode and times, as a digest of the content alone would tell of it to who guesses. `large`: nobody
 * looks at it. Undefined: it isn't there, or nobody may read it.
 */
async function digestNow(
  path: string,
  isSecret: IsSecret,
  digestOfFile: DigestFile,
): Promise<Digest | 'large' | undefined> {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (!stats) return undefined;
  if (stats.size > MOST_BYTES) return 'large';
  const digest = (await digestOfFile(path))?.digest;
  if (!isSecret(path)) return digest;
  return digestOf([stats.dev, stats.ino, stats.size, stats.ctimeNs, digest].join(' '));
}
