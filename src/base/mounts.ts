/** What is mounted where, as far as the same files have several paths by it. Linux alone tells (proc_pid_mountinfo(5)). */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from './clock.ts';
import { isInside } from './is-inside.ts';
import { rememberingFor } from './remembering.ts';

interface Mount {
  /** Of its device. */
  id: string;
  /** What of the device is mounted. */
  root: string;
  /** Where. */
  point: string;
  /** Mounts that come below it elsewhere come here, too (mount_namespaces(7)). */
  isShared: boolean;
}

interface Mounts {
  all: readonly Mount[];
  /** Of hardly any machine: then nobody has to be asked about each path. */
  isAnyTwice: boolean;
}

const LOOKED_AT_EVERY_MS = 1000;

const mountsNow = rememberingFor(LOOKED_AT_EVERY_MS, 1, (file): Mounts => {
  try {
    const all = parsed(readFileSync(file, 'utf8'));
    return {
      all,
      isAnyTwice: Map.groupBy(all, ({ id }) => id)
        .values()
        .some(isAnyInOther),
    };
  } catch {
    return { all: [], isAnyTwice: false }; // no Linux
  }
});

function isAnyInOther(mounts: readonly Mount[]): boolean {
  return mounts.some((one) => mounts.some((other) => other !== one && isInside(one.root, other.root)));
}

const OWN = '/proc/self/mountinfo';

/** Of this process; none, where nothing has a second path by them. */
function mountsThatDouble(): readonly Mount[] {
  const { all, isAnyTwice } = mountsNow(OWN, systemClock.now());
  return isAnyTwice ? all : [];
}

/** Whether mounts that come while a command runs can come into its sandbox. */
export function isAnyShared(): boolean {
  return mountsNow(OWN, systemClock.now()).all.some(({ isShared }) => isShared);
}

/** Which path a real path is on its device (the `root` of a mount). */
export function pathOnDevice(path: string): string {
  const at = mountOf(path, mountsNow(OWN, systemClock.now()).all);
  return at ? moved(path, at.point, at.root) : path;
}

/** Other paths of what has this real path: by them the same is mounted a second time. None is the root of all. */
export function otherPaths(path: string): string[] {
  return wholeElsewhere(path, mountsThatDouble());
}

/** Also where a part of it is mounted; `isDeep`: or what is mounted in it. */
export function everyOtherPath(path: string, isDeep = false): string[] {
  const all = mountsThatDouble();
  const points = isDeep ? pointsIn(path, all) : [];
  const found = [path, ...points].flatMap((one) => [...wholeElsewhere(one, all), ...partsElsewhere(one, all)]);
  return [...new Set(found)].filter((one) => one !== path);
}

/** Where in a folder something is mounted that lies elsewhere as well, all of it or a part. */
export function mountedTwice(folder: string): string[] {
  return pointsIn(folder, mountsThatDouble()).filter((point) =>
    everyOtherPath(point).some((other) => !isInside(point, other)),
  );
}

function pointsIn(folder: string, all: readonly Mount[]): string[] {
  return all.flatMap(({ point }) => (point !== folder && isInside(folder, point) ? [point] : []));
}

function wholeElsewhere(path: string, all: readonly Mount[]): string[] {
  return besides(path, all, ({ root, point }, inner) =>
    isInside(root, inner) ? { other: moved(inner, root, point), own: path } : undefined,
  );
}

function partsElsewhere(path: string, all: readonly Mount[]): string[] {
  return besides(path, all, ({ root, point }, inner) =>
    root !== inner && isInside(inner, root) ? { other: point, own: moved(root, inner, path) } : undefined,
  );
}

type Pair = { own: string; other: string };

/** By the mounts of the same device. `inner`: its path on that. */
function besides(
  path: string,
  all: readonly Mount[],
  pair: (mount: Mount, inner: string) => Pair | undefined,
): string[] {
  const at = mountOf(path, all);
  if (at === undefined) return [];
  const inner = moved(path, at.point, at.root);
  return all.flatMap((one) => {
    const found = one !== at && one.id === at.id ? pair(one, inner) : undefined;
    return found && found.other !== '/' && found.other !== path && isSame(found) ? [found.other] : [];
  });
}

/** The later of two at the same point covers the other. */
function mountOf(path: string, all: readonly Mount[]): Mount | undefined {
  const around = all.filter(({ point }) => isInside(point, path));
  return around.reduce<Mount | undefined>(
    (best, one) => (best && best.point.length > one.point.length ? best : one),
    undefined,
  );
}

const moved = (path: string, from: string, to: string): string => join(to, path.slice(from === '/' ? 0 : from.length));

/** Else something is mounted over it. */
function isSame({ own, other }: Pair): boolean {
  try {
    const [a, b] = [own, other].map((path) => statSync(path, { bigint: true }));
    return a!.dev === b!.dev && a!.ino === b!.ino;
  } catch {
    return false; // nobody here can come to it
  }
}

/** `id parent device root point options (shared:N | master:N | …)* - type source options`. */
function parsed(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [, , id, root, point, , ...rest] = line.split(' ');
    if (id === undefined || root === undefined || point === undefined) return [];
    const fields = rest.slice(0, rest.indexOf('-'));
    const isShared = fields.some((field) => /^(?:shared|master):/.test(field));
    return [{ id, root: unescaped(root), point: unescaped(point), isShared }];
  });
}

function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}
