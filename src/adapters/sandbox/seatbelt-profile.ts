/** The profile of a Seatbelt sandbox, in its own language, from the map of places. Of its rules the last that fits counts. */
import { isInside } from '../../base/is-inside.ts';
import { dirname } from 'node:path';
import type { Access, Place } from './place.ts';

/**
 * What programs need to start and to work at all. No network, and of the system's services only the one that knows users'
 * names: others would open pages or run programs for whoever asks.
 */
const PROGRAMS = [
  '(version 1)',
  '(deny default)',
  '(allow process-exec process-fork)',
  '(allow signal process-info* (target same-sandbox))',
  '(allow sysctl-read mach-host*)',
  '(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))',
  '(allow ipc-posix-sem)',
];

/** All of `/dev` that a command gets. */
const DEVICES = ['null', 'zero', 'random', 'urandom', 'tty', 'stdin', 'stdout', 'stderr'];

const RULES: Record<Access, string[]> = {
  read: ['(allow file-read* PATH)', '(deny file-write* PATH)'],
  write: ['(allow file-read* file-write* PATH)'],
  none: ['(deny file-read* file-write* PATH)'],
  scratch: ['(deny file-read* file-write* PATH)'],
};

/** `places`: from shallow to deep. `scratch`: a folder that may be written, real path. */
export function seatbeltProfile(places: readonly Place[], scratch: string): string {
  return [
    ...PROGRAMS,
    ...places.flatMap(({ path, access }) => rulesFor(access, `(subpath ${quoted(path)})`)),
    '(deny file-read* file-write* (subpath "/dev"))',
    `(allow file-read* file-write* ${DEVICES.map((name) => `(literal "/dev/${name}")`).join(' ')} (regex #"^/dev/fd/[0-9]+$"))`,
    '(allow file-read-metadata (literal "/dev"))',
    ...rulesFor('write', `(subpath ${quoted(scratch)})`),
    ...pinnedIn(places).map((path) => `(deny file-write-unlink (literal ${quoted(path)}))`),
  ].join('\n');
}

function rulesFor(access: Access, path: string): string[] {
  return RULES[access].map((rule) => rule.replace('PATH', () => path));
}

/** Rules are about paths: whoever could rename what they name, or a folder around it, would be rid of them. */
function pinnedIn(places: readonly Place[]): string[] {
  const writable = places.filter(({ access }) => access === 'write').map(({ path }) => path);
  const pinned = new Set<string>();
  for (const { path } of places) {
    const around = writable.find((folder) => isInside(folder, path));
    for (let at = path; around !== undefined && isInside(around, at); at = dirname(at)) pinned.add(at);
  }
  return [...pinned].sort();
}

/** As a string of the profile's language. */
function quoted(path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&')}"`;
}
