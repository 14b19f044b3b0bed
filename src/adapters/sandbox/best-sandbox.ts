/** The best sandbox that works on this machine: each is tried by running a command in it, once. */
import { linkOutOf, realPathOf, resolveReal } from '../../base/files/resolve-real.ts';
import { allHomesOf, homesOf, pathInHome } from '../../base/homes.ts';
import { isInside } from '../../base/is-inside.ts';
import { otherPaths } from '../../base/mounts.ts';
import { isForGit } from '../../base/runs-later.ts';
import { closeSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { systemClock } from '../../base/clock.ts';
import type { Sandbox, Sandboxes } from '../../contract/sandbox.ts';
import type { SandboxLevel } from '../../contract/values.ts';
import { bubblewrap } from './bubblewrap.ts';
import { landlock } from './landlock.ts';
import type { Level } from './level.ts';
import { holdGit, runningAround, runsAny } from './hold-git.ts';
import { namedPath } from './named-path.ts';
import type { Layout } from './place.ts';
import { type Outside, layoutOf, outsideOf } from './places.ts';
import { seatbelt } from './seatbelt.ts';
import { makeScratch } from './scratch.ts';
import type { SandboxesOptions } from './options.ts';
import { prove } from './prove.ts';
import { tryOut } from './try-out.ts';

/** Each is a mount, which takes its time; and programs take only so many arguments. */
const MOST_PLACES = 1000;

/** What one look found around all projects. */
interface Around {
  outside: Outside;
  /** The folders of the user, by all their paths. */
  homes: readonly string[];
}

export function bestSandboxes({
  home,
  ownFiles = [],
  environment,
  settings,
  clock = systemClock,
  levels = levelsHere(),
}: SandboxesOptions): Pick<Sandboxes, 'find'> {
  const tried = new Map<SandboxLevel, Promise<string | undefined>>();

  const namedFrom = (projectRoot: string) => (path: string) => namedPath(projectRoot, path, environment);
  /** The folders in which commands may change things. */
  const changedFrom = (projectRoot: string): string[] => [
    projectRoot,
    ...settings.write.flatMap((path) => realPathOf(namedFrom(projectRoot)(path)) ?? []),
  ];

  /** A file of the runtime's that is found by a link which a command could lead elsewhere: no place keeps it from that. */
  function ledBy(projectRoot: string): string | undefined {
    const changed = changedFrom(projectRoot);
    return ownFiles.find((path) => {
      const found = resolveReal(path);
      return !('code' in found) && found.links.some((link) => changed.some((folder) => isInside(folder, link)));
    });
  }

  function layoutFor(projectRoot: string, { outside, homes }: Around, hidden: readonly string[] = []): Layout {
    const changed = changedFrom(projectRoot);
    /** Where a command may make links none leads out, also on the way of another link: it would say what the next one may do. */
    const own = (paths: readonly string[]): string[] =>
      paths.map(namedFrom(projectRoot)).flatMap((path) => {
        const found = resolveReal(path);
        if ('code' in found || found.kind === 'missing') return [];
        return changed.every((folder) => linkOutOf(folder, found) === undefined) ? [found.real] : [];
      });
    const named = settings.hide.map(namedFrom(projectRoot));
    return layoutOf({
      projectRoot,
      runtimeHome: realPathOf(home) ?? home,
      userHomes: homes,
      outside,
      now: clock.now(),
      read: own(settings.read),
      write: own(settings.write),
      linked: named.filter((path) => realPathOf(path) !== path),
      hide: [
        ...named.flatMap((path) => realPathOf(path) ?? []),
        ...hidden,
        ...ownFiles.flatMap((path) => realPathOf(path) ?? []),
      ],
    });
  }

  /** What is hidden in a home stays so for projects in it. */
  function secretAround(projectRoot: string, { outside, homes }: Around): string | undefined {
    return outside.access
      .entries()
      .find(
        ([path, is]) => is === 'none' && isInside(path, projectRoot) && homes.some((home) => isInside(home, path)),
      )?.[0];
  }

  /** Why the level doesn't work here; undefined: it does. */
  function tryOnce(level: Level, around: Around): Promise<string | undefined> {
    const known = tried.get(level.name);
    if (known) return known;
    const trying = tryIt(level, around);
    // Who waits for it is told; another time it may be otherwise.
    trying.catch(() => tried.delete(level.name));
    tried.set(level.name, trying);
    return trying;
  }

  /** On an empty project: what a command makes of one must not say by which level the next is confined. */
  async function tryIt(level: Level, around: Around): Promise<string | undefined> {
    if (programOf(level) === undefined) return `${level.programs[0]!} is not installed`;
    if (level.unseen) {
      return prove(
        ({ project, hidden }) => sandboxOf(level, project, layoutFor(project, around, [hidden])),
        environment,
      );
    }
    const { folder, remove } = makeScratch();
    try {
      // Nothing in an empty folder is what a home starts with: those are looked for while this runs.
      const layout = layoutFor(folder, { ...around, homes: [] });
      const attempt = () => tryOut(sandboxOf(level, folder, layout), folder, environment);
      return level.lacks(layout.places) ?? (await (level.tried?.(attempt) ?? attempt()));
    } finally {
      remove();
    }
  }

  return {
    async find(projectRoot, wanted) {
      const ofUser = homesOf(environment);
      const homes = allHomesOf(environment, ofUser);
      const holding = homes.find((folder) => isInside(projectRoot, folder));
      if (holding !== undefined) return { none: `the project holds your home, ${holding}` };
      const own = [home, ...ownFiles].map((path) => realPathOf(path) ?? path);
      const elsewhere = otherPaths(projectRoot);
      if ([projectRoot, ...elsewhere].some((path) => own.some((one) => isInside(one, path))))
        return { none: 'the project lies in RUNTIME_HOME' };
      const ofHome = pathInHome(projectRoot, ofUser);
      if (ofHome !== undefined)
        return { none: `the project is mounted twice; its path in your home is ${ofHome}: work on it there` };
      if (isForGit({ folder: projectRoot, homes })) return { none: 'git runs, or goes by, what lies in this folder' };
      const temporary = realPathOf(tmpdir()) ?? tmpdir();
      if (changedFrom(projectRoot).some((folder) => isInside(folder, temporary)))
        return { none: `commands could change ${temporary}, where what sandboxes are made of lies` };
      const led = ledBy(projectRoot);
      if (led !== undefined)
        return { none: `the runtime goes by ${led}, and a link on the way to it could be changed` };
      const named = levels.filter(({ name }) => wanted === undefined || name === wanted);
      let around: Around;
      let layout: Layout;
      try {
        around = { outside: outsideOf(ofUser), homes };
        // It runs while the project is looked through.
        const first = named.find((level) => programOf(level) !== undefined);
        if (first) void tryOnce(first, around);
        const secret = [projectRoot, ...elsewhere].map((path) => secretAround(path, around)).find(Boolean);
        if (secret !== undefined) return { none: `the project lies in ${secret}, which is hidden from commands` };
        layout = layoutFor(projectRoot, around);
      } catch (error) {
        return { none: `nobody can see what is to be hidden: ${(error as Error).message}` };
      }
      if (layout.loose !== undefined) return { none: layout.loose };
      // Not a weaker one that needn't hide them: whoever makes so many files would choose it.
      const count = layout.places.length;
      if (count > MOST_PLACES) return { none: `there is too much to hide: ${count} files and folders` };
      const why: string[] = [];
      for (const level of named) {
        const lack = level.lacks(layout.places) ?? (await tryOnce(level, around));
        if (lack === undefined) return sandboxOf(level, projectRoot, layout);
        why.push(`${level.name}: ${lack}`);
      }
      return { none: why.length > 0 ? why.join('; ') : `there is none for ${process.platform}` };
    },
  };
}

function programOf({ programs }: Level): string | undefined {
  return programs.find((path) => existsSync(path));
}

/** Of a level that was found to work. */
function sandboxOf(level: Level, projectRoot: string, layout: Layout): Sandbox {
  const program = programOf(level) ?? level.programs[0]!;
  return {
    level: level.name,
    leaves: level.leaves(),
    confine(command) {
      const scratch = makeScratch();
      const isBeside = runsAny();
      let end = (): string[] => [];
      try {
        const around = runningAround(projectRoot);
        if (around !== undefined)
          throw new Error(`a command in ${around} runs, and may change where this project lies`);
        end = holdGit(projectRoot, layout);
        const confined = level.confine(program, { places: layout.places, scratch, command, isBeside });
        let open = confined.descriptors ?? [];
        const remove = (): string[] => {
          for (const one of open) closeSync(one);
          open = [];
          scratch.remove();
          return end();
        };
        return { ...confined, remove };
      } catch (error) {
        scratch.remove();
        end();
        throw error;
      }
    },
  };
}

function levelsHere(): Level[] {
  if (process.platform === 'linux') return [bubblewrap, landlock];
  return process.platform === 'darwin' ? [seatbelt] : [];
}
