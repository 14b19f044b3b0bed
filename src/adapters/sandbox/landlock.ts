/**
 * Landlock (landlock(7)): the kernel refuses the command, and all that it starts, what isn't granted by path. It works
 * where namespaces are forbidden (plain Docker), and can grant only: not "all of the project but its hooks".
 */
import { isInside } from '../../base/is-inside.ts';
import { constants } from 'node:fs';
import { callFilter } from './call-filter.ts';
import { LANDLOCK_HELPER } from './landlock-helper.ts';
import { READS_AND_PROJECT, type Level } from './level.ts';
import type { Access, Place } from './place.ts';
import { entriesOf } from './places.ts';

/** Numbers of prctl, openat, close and capset. */
const CALLS: Partial<Record<string, string>> = { x64: '157,257,3,126', arm64: '167,56,57,91' };

/** Programs of the user share messages and memory with it, as there is no namespace: none are its own. */
const FILTER = callFilter(process.arch, { sockets: [], shared: false });

/** All of `/dev` that a command gets. */
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `/dev/${name}`);

export const landlock: Level = {
  name: 'landlock',
  programs: ['/usr/bin/perl', '/usr/local/bin/perl', '/bin/perl'],
  leaves: () => [
    ...READS_AND_PROJECT,
    'reading files of the project that are named like secrets (`.env`)',
    "changing hooks and settings of the project's git, and files of it that your shell or session starts with",
    'changing modes, owners and times of your files anywhere',
    "seeing other processes' names and commands, slowing them down (which may last), and before Linux 6.12 sending them signals",
    'seeing that files are there which it may not read, and how large they are',
    'reading from named pipes that you may read',
    'reading what is mounted while a command runs, whatever is hidden by its other path',
  ],
  lacks(places) {
    if (CALLS[process.arch] === undefined) return `unknown machine ${process.arch}`;
    const hole = places.find(
      ({ path, access, soft }) =>
        access === 'none' && !soft && places.some((place) => place.access === 'write' && isInside(place.path, path)),
    );
    return hole && `it can't hide ${hole.path} inside of what may be written`;
  },
  confine(program, { places, scratch, command }) {
    const { read, write } = grantsOf(places);
    return {
      program,
      args: [
        '-e', LANDLOCK_HELPER, `${CALLS[process.arch]!},${constants.O_NOFOLLOW}`, String(process.pid),
        command.program, ...command.args,
      ],
      environment: { TMPDIR: scratch.folder },
      // More than arguments may be, where a home holds much.
      settings: Buffer.from([
        FILTER!.toString('hex'),
        ...read.map((path) => `r:${path}`), ...[...write, ...DEVICES, scratch.folder].map((path) => `w:${path}`),
      ].join('\0')),
      began: (status) => status.includes('began'),
    }; // prettier-ignore
  },
};

/**
 * The paths whose grants together are the map: where something in a folder is another's, what lies in it one by one.
 * @throws Error where what may be written isn't found by its path
 */
export function grantsOf(places: readonly Place[]): { read: string[]; write: string[] } {
  const found = { read: [] as string[], write: [] as string[] };
  const grant = (path: string, access: Access, around: readonly Place[]): void => {
    if (path === '/dev') return;
    const within = around.filter((place) => place.path !== path && isInside(path, place.path));
    if (access === 'write') found.write.push(path);
    else if (within.length > 0) {
      for (const entry of entriesOf(path)) {
        grant(entry, within.find((place) => place.path === entry)?.access ?? access, within);
      }
    } else if (access === 'read') found.read.push(path);
  };
  grant('/', 'read', places);
  // Another command may have put a link on the way to it.
  const missed = places.find(
    ({ path, access }) =>
      access === 'write' && !isInside('/dev', path) && !found.write.some((folder) => isInside(folder, path)),
  );
  if (missed) throw new Error(`${missed.path} was changed while the sandbox was made`);
  return found;
}
