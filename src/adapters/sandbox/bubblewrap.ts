/**
 * bubblewrap (bwrap(1)): namespaces of its own for files, processes, network, messages and the machine's name. What isn't
 * mounted isn't there, and nothing outlives the first process.
 */
import { isInside } from '../../base/is-inside.ts';
import { apart, letsMountsIn, triedApart } from './apart.ts';
import { callFilter } from './call-filter.ts';
import { READS_AND_PROJECT, type Level } from './level.ts';
import { holdPlaces } from './hold-places.ts';
import { checkedBefore } from './mount-check.ts';
import type { Place } from './place.ts';
import { isFolder } from './places.ts';
import type { Scratch } from './scratch.ts';

const PROGRAMS = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap'];

/** In a network of its own, which leads nowhere, a command may talk to what it started itself. */
const FILTER = callFilter(process.arch, { sockets: ['inet', 'inet6', 'netlink'], shared: true });

const ISOLATED = ['pid', 'ipc', 'uts', 'net', 'cgroup-try'].map((name) => `--unshare-${name}`);

const IS_ROOT = process.geteuid?.() === 0;

/** Root's rights over files of others stay, for a project that isn't root's; all else goes. */
const RIGHTS = IS_ROOT
  ? ['--cap-drop', 'ALL', '--cap-add', 'CAP_DAC_OVERRIDE', '--cap-add', 'CAP_FOWNER']
  : ['--unshare-user']; // prettier-ignore

/** Its settings are files (proc(5), sysctl(8)) that root may write without any right: some name programs that the kernel runs. */
const KERNEL = IS_ROOT ? ['--remount-ro', '/proc'] : [];

/** What can be read and changed of the first process, with which all ends (the filter refuses the other ways to it). */
const FIRST = '/proc/1';

/**
 * Around the sandbox of a command that begins while others run. As it is made, bubblewrap has all of the machine's files beside those
 * of the sandbox (`/oldroot`), and makes what isn't there yet to mount something on it: through a link, if one of these puts it in the
 * way. Here it can make nothing there.
 */
const READ_ONLY = [
  '--die-with-parent', ...(IS_ROOT ? ['--cap-add', 'ALL'] : []),
  '--ro-bind', '/', '/', '--dev-bind', '/dev', '/dev', '--dev-bind', '/proc', '/proc',
]; // prettier-ignore

export const bubblewrap: Level = {
  name: 'bubblewrap',
  programs: PROGRAMS,
  leaves: () => [
    ...READS_AND_PROJECT,
    'reading from and writing to named pipes that you may use',
    ...(letsMountsIn() ? ['writing to what is mounted while a command runs'] : []),
  ],
  tried: triedApart,
  lacks: () => (FILTER ? undefined : `unknown machine ${process.arch}`),
  confine(program, { places, scratch, command, isBeside }) {
    const mounted = places.slice(1).filter((place) => !isSoAnyway(place, places));
    const replaceable = mounted.filter(({ path }) => isChangeable(path, places));
    const bound = replaceable.filter(({ access }) => access === 'read' || access === 'write');
    const hidden = replaceable.filter(({ access }) => access === 'none').map(({ path }) => path);
    const checked = checkedBefore(command, hidden, scratch);
    const changeable = isBeside ? bound.filter((place) => isOutermost(place, places)) : [];
    const { descriptors, names } = holdPlaces([...changeable, ...bound]);
    const byPath = new Map(bound.map(({ path }, at) => [path, names[changeable.length + at]]));
    const mounts = mounted.flatMap((place) => mountOf(place, scratch, byPath.get(place.path)));
    const writable = changeable.flatMap((place, at) => mountOf(place, scratch, names[at]));
    const around = [...READ_ONLY, ...writable, '--bind', scratch.folder, scratch.folder, '--', program];
    const args = [
      ...(isBeside ? around : []), '--die-with-parent', ...ISOLATED, ...RIGHTS,
      '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--perms', '0555', '--tmpfs', FIRST, ...KERNEL, ...mounts,
      '--seccomp', '5', '--json-status-fd', '4', '--chdir', command.folder, '--', checked.program, ...checked.args,
    ]; // prettier-ignore
    return {
      ...apart(program, args),
      environment: { TMPDIR: '/tmp' },
      settings: FILTER!,
      descriptors,
      // It is told how a command ended only if that was begun.
      began: (status) => status.includes('"exit-code"'),
    };
  },
};

/** Each mount takes its time. What lies in a place of the same kind needs none, unless it must not be renamed there. */
function isSoAnyway({ path, access }: Place, places: readonly Place[]): boolean {
  if (access !== 'read' && access !== 'none') return false;
  return places.findLast((place) => place.path !== path && isInside(place.path, path))?.access === access;
}

/** Commands may change what has that name. */
const isChangeable = (path: string, places: readonly Place[]): boolean =>
  places.some((place) => place.access === 'write' && isInside(place.path, path));

const isOutermost = ({ path, access }: Place, places: readonly Place[]): boolean =>
  access === 'write' &&
  !places.some((place) => place.path !== path && place.access === 'write' && isInside(place.path, path));

/** By a descriptor bubblewrap binds what is open there, or ends. */
function mountOf({ path, access }: Place, scratch: Scratch, descriptor: number | undefined): string[] {
  const bind = access === 'read' ? '--ro-bind' : '--bind';
  switch (access) {
    case 'read':
    case 'write':
      return descriptor === undefined ? [bind, path, path] : [`${bind}-fd`, String(descriptor), path];
    case 'scratch':
      return ['--bind', scratch.folder, path];
    case 'none':
      return isFolder(path) ? ['--perms', '0555', '--tmpfs', path] : ['--ro-bind', scratch.emptyFile, path];
  }
}
