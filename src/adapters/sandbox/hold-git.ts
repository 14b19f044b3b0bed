/**
 * While commands run in a project: what git would run by is there before they could make it, and what they make of it all the same
 * is set aside as each ends. All that run at once share what was there as the first of them began: what one leaves, the next
 * finds, and is no better for it.
 */
import {
  closeSync, constants, fchmodSync, fchownSync, fstatSync, mkdirSync, openSync, readFileSync, readlinkSync, unlinkSync,
  writeFileSync,
} from 'node:fs'; // prettier-ignore
import { basename, dirname, join, relative } from 'node:path';
import { failureOf } from '../../base/failure.ts';
import { nameIn, openFile, openFolder } from '../../base/files/open-file.ts';
import { settingsThatMayRun } from '../../base/git-settings.ts';
import { LONGEST_READ } from '../../base/git-told-by.ts';
import { isInside } from '../../base/is-inside.ts';
import { shownName } from '../../base/shown-name.ts';
import { begunIn, COMMON, FILES, FOLDERS, kindOf } from './git-names.ts';
import { type Before, gitBefore, gitLedBy, type Led } from './git-led.ts';
import { type Staged, stagedOf, stagedUnseen } from './hidden-in-git.ts';
import type { Kept } from './place.ts';
import { inFolder, setAside } from './set-aside.ts';
import { CHANGE, LOOK, unlock } from './unlock.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

interface Settings {
  bytes: Buffer;
  mode: number;
  uid: number;
  gid: number;
}

interface Holding {
  running: number;
  /** Of the repository's settings, by path. */
  settings: Map<string, Settings>;
  absent: Set<string>;
  /** By repository. */
  before: Map<string, Before>;
  staged: Map<string, Staged | undefined>;
}

/** By the root of the project. */
const holdings = new Map<string, Holding>();

/** Whether confined commands run, of whatever project. */
export const runsAny = (): boolean => holdings.size > 0;

/** A project in which this one lies, and where confined commands run. */
export const runningAround = (projectRoot: string): string | undefined =>
  holdings.keys().find((root) => root !== projectRoot && isInside(root, projectRoot));

/**
 * Gives what ends it, which says in words what was set aside, or could not be; called again it does nothing.
 * @throws Error of the file system, where something can't be made
 */
export function holdGit(projectRoot: string, { absent, repositories, places }: Kept): () => string[] {
  const holding: Holding = holdings.get(projectRoot) ?? {
    running: 0,
    settings: new Map(),
    absent: new Set(),
    before: new Map(),
    staged: new Map(),
  };
  const hidden = places
    .filter(({ path, access }) => access === 'none' && isInside(projectRoot, path))
    .map(({ path }) => path);
  for (const git of repositories) {
    makeIn(git);
    for (const path of FILES.map((name) => join(git, name))) {
      const kept = keptOf(path);
      if (kept && !holding.settings.has(path)) holding.settings.set(path, kept);
    }
    if (!holding.before.has(git)) holding.before.set(git, gitBefore(git));
    if (!holding.staged.has(git)) holding.staged.set(git, stagedOf(git, hidden));
  }
  for (const path of absent) holding.absent.add(path);
  // By it the project would be a repository of its own, with settings of its own, were `.git` none any more.
  const head = join(projectRoot, HEAD);
  if (repositories.includes(join(projectRoot, '.git')) && kindOf(head) === undefined) holding.absent.add(head);
  holding.running += 1;
  holdings.set(projectRoot, holding);
  let hasEnded = false;
  return () => {
    if (hasEnded) return [];
    hasEnded = true;
    const said = [...cleared(projectRoot, holding, repositories), ...stagedIn(holding, repositories, hidden)];
    holding.running -= 1;
    if (holding.running === 0) holdings.delete(projectRoot);
    return said;
  };
}

/** Each by itself: where one can't be, the others are. In a repository that was kept as it is, nothing is a command's. */
function cleared(
  projectRoot: string,
  { settings, absent, before }: Holding,
  repositories: readonly string[],
): string[] {
  const said: string[] = [];
  /** True: something was set aside by it. */
  const attempt = (path: string, act: () => unknown, done = 'set aside'): void => {
    const name = shownName(relative(projectRoot, path));
    try {
      if (act() === true) said.push(`${done}: ${name}`);
    } catch (error) {
      said.push(`not ${done}: ${name} (${failureOf(error).message})`);
    }
  };
  attempt(projectRoot, () => unlock(projectRoot, LOOK));
  for (const path of absent) attempt(path, () => setAsideBelow(projectRoot, path));
  for (const git of repositories) {
    if (git === join(projectRoot, '.git')) {
      const head = join(projectRoot, HEAD);
      attempt(head, () => kindOf(git) !== undefined && isBare(projectRoot) && setAside(head));
    }
    // Where a link has come in the place of it, what that leads to is another repository, which nothing here is about.
    if (kindOf(git)?.isDirectory() !== true) continue;
    attempt(git, () => unlock(git, CHANGE));
    let led: Led = { links: [], files: [], unseen: [] };
    attempt(git, () => void (led = gitLedBy(git, before.get(git)!)));
    attempt(join(git, COMMON), () => setAside(join(git, COMMON)));
    for (const [path, kept] of settings) if (dirname(path) === git) attempt(path, () => putBack(path, kept));
    for (const name of begunIn(git)) attempt(join(git, name), () => setAside(join(git, name)));
    for (const path of led.files) attempt(path, () => setAside(path));
    // Last: by now it may have been set aside, with what holds it.
    for (const path of led.links) attempt(String(path), () => removeLink(path), 'removed, a link');
    for (const path of led.unseen) said.push(`not looked through: ${shownName(relative(projectRoot, String(path)))}`);
  }
  return said;
}

/** What came into an index of hidden files, otherwise than they are. */
function stagedIn({ staged }: Holding, repositories: readonly string[], hidden: readonly string[]): string[] {
  return repositories.flatMap((git) => {
    try {
      const before = staged.get(git) ?? new Map<string, string>();
      const after = stagedOf(git, hidden);
      if (after === undefined) return [];
      staged.set(git, after);
      const names = stagedUnseen(git, before, after).map(shownName);
      const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
      const told = names.slice(0, MOST_NAMED).join(', ') + more;
      return told === '' ? [] : [`hidden from commands, and staged as they find it: ${told}`];
    } catch {
      return []; // it is locked: then nobody stages anything
    }
  });
}

const MOST_NAMED = 5;
const HEAD = 'HEAD';

/** Whether git would take the project itself for a repository where somebody has a file of this name in it. */
function isBare(projectRoot: string): boolean {
  const isThere = (name: string): boolean => kindOf(join(projectRoot, name)) !== undefined;
  return isThere(HEAD) && (isThere(COMMON) || (isThere('objects') && isThere('refs')));
}

/** What came there, or a link that came on the way there. Where a folder is a link by now, nothing is renamed behind it. */
function setAsideBelow(projectRoot: string, path: string): boolean {
  let at = projectRoot;
  for (const name of relative(projectRoot, path).split('/')) {
    unlock(at, LOOK);
    at = join(at, name);
    const kind = kindOf(at);
    if (kind === undefined) return false;
    if (at === path || kind.isSymbolicLink()) return setAside(at);
  }
  return false;
}

/** It holds nothing, and under another name git would still go through it. The path is bytes, as names need be no UTF-8. */
function removeLink(path: Buffer): boolean {
  const end = path.lastIndexOf('/');
  const real = path.subarray(0, end);
  return inFolder(real, path, (fd) => {
    const link = Buffer.concat([Buffer.from(nameIn({ fd, real: String(real) }, '')), path.subarray(end + 1)]);
    readlinkSync(link); // fails where it is none any more
    unlinkSync(link);
    return true;
  });
}

/**
 * Settings that may run code, and came while commands ran: these can't write there, until somebody puts another file in the place
 * of this one (as `git config` does), which ends what kept it for them. What stood there before is put back, and what else
 * came is in the file that is set aside.
 */
function putBack(path: string, kept: Settings): boolean {
  if (!mayRunMore(path, kept)) return false;
  setAside(path);
  inOpen(dirname(path), (at) => {
    const fd = openSync(at(basename(path)), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kept.mode);
    try {
      writeFileSync(fd, kept.bytes);
      fchmodSync(fd, kept.mode);
      if (fstatSync(fd).uid !== kept.uid) fchownSync(fd, kept.uid, kept.gid);
    } finally {
      closeSync(fd);
    }
  });
  return true;
}

function mayRunMore(path: string, { bytes }: Settings): boolean {
  const now = keptOf(path);
  if (now === undefined) return true; // gone, a link, or more than anybody reads
  if (now.bytes.equals(bytes)) return false;
  return !settingsThatMayRun(now.bytes.toString('latin1')).isSubsetOf(settingsThatMayRun(bytes.toString('latin1')));
}

/** Undefined: it is no file, or a large one. */
function keptOf(path: string): Settings | undefined {
  const file = openFile(path);
  if ('code' in file) return undefined;
  try {
    const { size, mode, uid, gid } = file.stats;
    return size > LONGEST_READ ? undefined : { bytes: readFileSync(file.fd), mode: mode & 0o7777, uid, gid };
  } finally {
    closeSync(file.fd);
  }
}

/** Through the folder, held open: a command that runs already may put a link in the place of it. */
function makeIn(git: string): void {
  inOpen(git, (at) => {
    for (const name of FOLDERS) if (kindOf(at(name)) === undefined) unlessThere(() => mkdirSync(at(name)));
    for (const name of FILES) {
      if (kindOf(at(name)) === undefined) unlessThere(() => writeFileSync(at(name), '', { flag: 'wx' }));
    }
  });
}

/** `act` is given what makes of a name the path by which it is found there. */
function inOpen(real: string, act: (at: (name: string) => string) => void): void {
  const folder = openFolder(real);
  if ('code' in folder) throw new Error(folder.message);
  try {
    act((name) => nameIn({ fd: folder.fd, real }, name));
  } finally {
    closeSync(folder.fd);
  }
}

/** Another command that begins at this moment makes the same. */
function unlessThere(make: () => void): void {
  try {
    make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
