/** The best sandbox that works on this machine: each is tried by running a command in it, once. */
import { existsSync, realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Environment } from '../../base/environment.ts';
import type { Sandbox, Sandboxes } from '../../contract/sandbox.ts';
import type { SandboxLevel } from '../../contract/values.ts';
import { bubblewrap } from './bubblewrap.ts';
import { landlock } from './landlock.ts';
import type { Level } from './level.ts';
import { isWithin, type Place, placesOf } from './places.ts';
import { makeScratch } from './scratch.ts';
import type { SandboxesOptions } from './options.ts';
import { tryOut } from './try-out.ts';

export function bestSandboxes({ home, environment, settings, levels = levelsHere() }: SandboxesOptions): Sandboxes {
  const tried = new Map<SandboxLevel, Promise<string | undefined>>();

  function placesFor(projectRoot: string): Place[] {
    const homes = homesOf(environment);
    const own = (paths: readonly string[]): string[] =>
      paths.flatMap((path) => real(resolve(projectRoot, atHome(path, homes[0]))) ?? []);
    return placesOf({
      projectRoot,
      runtimeHome: real(home) ?? home,
      userHomes: homes,
      read: own(settings.read),
      write: own(settings.write),
      hide: own(settings.hide),
    });
  }

  /** Of the level for this project, or why it can't be. */
  async function useOf(level: Level, projectRoot: string): Promise<Sandbox | string> {
    const program = level.programs.find((path) => existsSync(path));
    if (program === undefined) return `${level.programs[0]!} is not installed`;
    const places = placesFor(projectRoot);
    const lack = level.lacks(places);
    if (lack !== undefined) return lack;
    const sandbox: Sandbox = {
      level: level.name,
      leaves: level.leaves,
      confine(command) {
        const scratch = makeScratch();
        const confined = level.confine(program, { places, scratch, command });
        return { ...confined, remove: () => scratch.remove() };
      },
    };
    if (!tried.has(level.name)) tried.set(level.name, tryOut(sandbox, projectRoot, environment));
    return (await tried.get(level.name)) ?? sandbox;
  }

  return {
    async find(projectRoot, wanted) {
      const holding = homesOf(environment).find((folder) => isWithin(folder, projectRoot));
      if (holding !== undefined) return { none: `the project holds your home, ${holding}` };
      if (isWithin(projectRoot, real(home) ?? home)) return { none: 'the project lies in RUNTIME_HOME' };
      const why: string[] = [];
      for (const level of levels) {
        if (wanted !== undefined && level.name !== wanted) continue;
        const found = await useOf(level, projectRoot);
        if (typeof found !== 'string') return found;
        why.push(`${level.name}: ${found}`);
      }
      return { none: why.length > 0 ? why.join('; ') : `there is none for ${process.platform}` };
    },
  };
}

function levelsHere(): Level[] {
  return process.platform === 'linux' ? [bubblewrap, landlock] : [];
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
