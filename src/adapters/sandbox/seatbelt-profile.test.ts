import { expect, test } from 'vitest';
import type { Place } from './place.ts';
import { seatbelt } from './seatbelt.ts';
import { seatbeltProfile } from './seatbelt-profile.ts';

const PLACES: Place[] = [
  { path: '/', access: 'read' },
  { path: '/Users', access: 'none' },
  { path: '/private/tmp', access: 'scratch' },
  { path: '/Users/me', access: 'read' },
  { path: '/Users/me/.ssh', access: 'none' },
  { path: '/Users/me/my "own" \\ work', access: 'write' },
  { path: '/Users/me/my "own" \\ work/.git', access: 'write' },
  { path: '/Users/me/my "own" \\ work/.git/hooks', access: 'read' },
  { path: '/Users/me/my "own" \\ work/app/.env', access: 'none', soft: true },
];
const PROJECT = '/Users/me/my "own" \\ work';
const SCRATCH = '/private/var/folders/x/T/scratch/tmp';
const profile = seatbeltProfile(PLACES, SCRATCH);

/** What the last rule that fits says of an operation on a path, as the system reads them. */
function allows(operation: string, path: string): boolean {
  let allowed = false;
  for (const line of profile.split('\n')) {
    const [, word, operations = '', filters = ''] = /^\((allow|deny) ([a-z*\- ]+?)((?: \(.*)?)\)$/.exec(line) ?? [];
    if (word === undefined) continue;
    const isAbout = operations.split(' ').some((name) => (name.endsWith('*') ? operation.startsWith(name.slice(0, -1)) : name === operation)); // prettier-ignore
    if ((operations === 'default' || isAbout) && (filters === '' || fits(filters, path))) allowed = word === 'allow';
  }
  return allowed;
}

function fits(filters: string, path: string): boolean {
  const regex = /\(regex #"(.*)"\)/.exec(filters)?.[1];
  if (regex !== undefined && new RegExp(regex).test(path)) return true;
  return [...filters.matchAll(/\((subpath|literal) "((?:[^"\\]|\\.)*)"\)/g)].some(([, kind, text = '']) => {
    const named = text.replace(/\\(.)/g, '$1');
    return path === named || (kind === 'subpath' && (named === '/' || path.startsWith(`${named}/`)));
  });
}

test.each([
  ['/usr/bin/env', true, false],
  ['/Users/other/notes', false, false],
  ['/Users/me/notes', true, false],
  ['/Users/me/.ssh/id', false, false],
  ['/private/tmp/x', false, false],
  [`${SCRATCH}/x`, true, true],
  [`${PROJECT}/src/a`, true, true],
  [`${PROJECT}/.git/index`, true, true],
  [`${PROJECT}/.git/hooks/pre-commit`, true, false],
  [`${PROJECT}/app/.env`, false, false],
  [`${PROJECT}/app/main`, true, true],
  ['/dev/null', true, true],
  ['/dev/fd/3', true, true],
  ['/dev/disk0', false, false],
])('%s: read %s, written %s', (path, read, written) => {
  expect([allows('file-read-data', path), allows('file-write-data', path)]).toEqual([read, written]);
});

test('what is protected can not be renamed, nor a folder around it; all else can', () => {
  const renamed = (path: string): boolean => allows('file-write-unlink', path);
  for (const path of ['', '/.git', '/.git/hooks', '/app', '/app/.env']) expect(renamed(PROJECT + path)).toBe(false);
  expect(renamed(`${PROJECT}/src`)).toBe(true);
  expect(renamed(`${PROJECT}/app/main`)).toBe(true);
});

test('the network and the services of the system are closed, but for the names of users', () => {
  for (const operation of ['network-outbound', 'network-bind', 'system-socket', 'iokit-open', 'appleevent-send', 'ipc-posix-shm-read-data', 'file-link'])
    expect([operation, allows(operation, '/')]).toEqual([operation, false]); // prettier-ignore
  expect(profile.match(/mach-lookup.*/g)).toEqual([
    'mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))',
  ]);
});

test('a path never ends its string', () => {
  expect(profile).toContain('(subpath "/Users/me/my \\"own\\" \\\\ work")');
});

test('the command is started by its own words, whatever they are', () => {
  const scratch = { folder: SCRATCH, emptyFile: '', remove() {} };
  const command = { program: '/bin/echo', args: ['$(id)', '; id'], folder: PROJECT };
  const { program, args } = seatbelt.confine('/usr/bin/sandbox-exec', {
    places: PLACES,
    scratch,
    command,
    isBeside: false,
  });
  expect([program, ...args.slice(0, 2), ...args.slice(-3)]).toEqual([
    '/usr/bin/sandbox-exec', '-p', profile, '/bin/echo', '$(id)', '; id',
  ]); // prettier-ignore
});
