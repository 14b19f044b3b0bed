/** The best sandbox that works on this machine: each is tried by running a command in it, once. */
import { resolveReal } from '../../base/files/resolve-real.ts';
import { isInside } from '../../base/is-inside.ts';
import { existsSync, realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import type { Sandbox, Sandboxes } from '../../contract/sandbox.ts';
import type { SandboxLevel } from '../../contract/values.ts';
import { bubblewrap } from './bubblewrap.ts';
import { landlock } from './landlock.ts';
import type { Level } from './level.ts';
import { holdGit } from './git-places.ts';
import type { Place } from './place.ts';
import { placesOf } from './places.ts';
import { seatbelt } from './seatbelt.ts';
import { makeScratch } from './scratch.ts';
import type { SandboxesOptions } from './options.ts';
import { prove } from './prove.ts';
import { tryOut } from './try-out.ts';

/** Each is a mount, which takes its time; and programs take only so many arguments. */
const MOST_PLACES = 1000;

export function bestSandboxes({
  home,
  ownFiles = [],
  environment,
  settings,
  clock = systemClock,
  levels = levelsHere(),
}: SandboxesOptions): Sandboxes {
  const tried = new Map<SandboxLevel, Promise<string | undefined>>();

  const namedFrom = (projectRoot: string) => (path: string) =>
    resolve(projectRoot, atHome(path, homesOf(environment)[0]));
  /** The folders in which commands may change things. */
  const changedFrom = (projectRoot: string): string[] => [
    projectRoot,
    ...settings.write.flatMap((path) => real(namedFrom(projectRoot)(path)) ?? []),
  ];

  /** A file of the runtime's that is found by a link which a command could lead elsewhere: no place keeps it from that. */
  function ledBy(projectRoot: string): string | undefined {
    const changed = changedFrom(projectRoot);
    return ownFiles.find((path) => {
      const found = resolveReal(path);
      return !('code' in found) && found.links.some((link) => changed.some((folder) => isInside(folder, link)));
    });
  }

  function placesFor(projectRoot: string, hidden: readonly string[] = []): Place[] {
    const homes = homesOf(environment);
    const named = namedFrom(projectRoot);
    const changed = changedFrom(projectRoot);
    /** Where a command may make links, none leads out: it would say what the next one may do. */
    const stays = (path: string, found: string): boolean =>
      changed.every((folder) => path === folder || !isInside(folder, path) || isInside(folder, found));
    const own = (paths: readonly string[]): string[] =>
      paths.map(named).flatMap((path) => {
        const found = real(path);
        return found !== undefined && stays(path, found) ? [found] : [];
      });
    return placesOf({
      projectRoot,
      runtimeHome: real(home) ?? home,
      userHomes: homes,
      now: clock.now(),
      read: own(settings.read),
      write: own(settings.write),
      hide: [...own(settings.hide), ...hidden, ...ownFiles.flatMap((path) => real(path) ?? [])],
    });
  }

  /** Of the level for this project, or why it can't be. */
  async function useOf(level: Level, projectRoot: string, places: readonly Place[]): Promise<Sandbox | string> {
    const program = level.programs.find((path) => existsSync(path));
    if (program === undefined) return `${level.programs[0]!} is not installed`;
    const lack = level.lacks(places);
    if (lack !== undefined) return lack;
    if (!tried.has(level.name)) tried.set(level.name, tryIt(level, program));
    return (await tried.get(level.name)) ?? sandboxOf(level, program, projectRoot, places);
  }

  /** On an empty project: what a command makes of one must not say by which level the next is confined. */
  async function tryIt(level: Level, program: string): Promise<string | undefined> {
    if (level.unseen) {
      return prove(
        ({ project, hidden }) => sandboxOf(level, program, project, placesFor(project, [hidden])),
        environment,
      );
    }
    const { folder, remove } = makeScratch();
    try {
      return await tryOut(sandboxOf(level, program, folder, placesFor(folder)), folder, environment);
    } finally {
      remove();
    }
  }

  return {
    async find(projectRoot, wanted) {
      const holding = homesOf(environment).find((folder) => isInside(projectRoot, folder));
      if (holding !== undefined) return { none: `the project holds your home, ${holding}` };
      if (isInside(real(home) ?? home, projectRoot)) return { none: 'the project lies in RUNTIME_HOME' };
      const led = ledBy(projectRoot);
      if (led !== undefined)
        return { none: `the runtime goes by ${led}, and a link on the way to it could be changed` };
      let places: Place[];
      try {
        places = placesFor(projectRoot);
      } catch (error) {
        return { none: `nobody can see what is to be hidden: ${(error as Error).message}` };
      }
      // Not a weaker one that needn't hide them: whoever makes so many files would choose it.
      if (places.length > MOST_PLACES) return { none: `there is too much to hide: ${places.length} files and folders` };
      const why: string[] = [];
      for (const level of levels) {
        if (wanted !== undefined && level.name !== wanted) continue;
        const found = await useOf(level, projectRoot, places);
        if (typeof found !== 'string') return found;
        why.push(`${level.name}: ${found}`);
      }
      return { none: why.length > 0 ? why.join('; ') : `there is none for ${process.platform}` };
    },
  };
}

function sandboxOf(level: Level, program: string, projectRoot: string, places: readonly Place[]): Sandbox {
  return {
    level: level.name,
    leaves: level.leaves,
    confine(command) {
      const scratch = makeScratch();
      const setAside = holdGit(projectRoot, places);
      const confined = level.confine(program, { places, scratch, command });
      const remove = (): void => {
        scratch.remove();
        setAside();
      };
      return { ...confined, remove };
    },
  };
}

function levelsHere(): Level[] {
  if (process.platform === 'linux') return [bubblewrap, landlock];
  return process.platform === 'darwin' ? [seatbelt] : [];
}

/** That of the environment, which programs look at, and the system's, where secrets lie whatever the environment says. */
function homesOf(environment: Environment): string[] {
  const named = [environment['HOME'], systemHome()].flatMap((path) => real(path ?? '') ?? []);
  return [...new Set(named)];
}

function systemHome(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined; // a user that the system has no name for
  }
}

function atHome(path: string, home = '/'): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
}

function real(path: string): string | undefined {
  try {
    return isAbsolute(path) ? realpathSync(path) : undefined;
  } catch {
    return undefined;
  }
}
