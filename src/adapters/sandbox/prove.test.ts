import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { processEnvironment } from '../../base/environment.ts';
import { bestSandboxes } from './best-sandbox.ts';
import { bubblewrap } from './bubblewrap.ts';
import type { Level } from './level.ts';

const PATH = processEnvironment()['PATH'];

async function found(level: Level): Promise<string> {
  const around = realpathSync(mkdtempSync(join(tmpdir(), 'prove-')));
  mkdirSync(join(around, 'project'));
  try {
    const options = { home: join(around, 'home'), environment: { PATH, HOME: '/nonexistent' }, levels: [level] };
    const sandbox = await bestSandboxes({ ...options, settings: { read: [], write: [], hide: [] } }).find(join(around, 'project'));
    return 'none' in sandbox ? sandbox.none : sandbox.level;
  } finally {
    rmSync(around, { recursive: true });
  }
} // prettier-ignore

const works = (await found(bubblewrap)) === 'bubblewrap';
const unseen: Level = { ...bubblewrap, unseen: true };
/** As bubblewrap, but for what is replaced among its arguments. */
const weakened = (weaken: (args: string[], hidden: string | undefined) => unknown): Level => ({
  ...unseen,
  confine(program, confinement) {
    const hidden = confinement.places.find(({ path, access }) => access === 'none' && path.endsWith('/hidden'))?.path;
    const confined = unseen.confine(program, confinement);
    const args = [...confined.args];
    weaken(args, hidden);
    return { ...confined, args };
  },
});

test.skipIf(!works)('a level that holds is trusted', async () => {
  expect(await found(unseen)).toBe('bubblewrap');
});

/** Where a mount of this kind at this place begins among the arguments. */
const mount = (args: string[], kind: string, place: string | undefined): number =>
  args.findIndex((arg, at) => arg === kind && args[at + 2] === place);

test.skipIf(!works).each<[string, (args: string[], hidden: string | undefined) => unknown]>([
  [
    'read what is hidden',
    (args, hidden) => {
      args.splice(mount(args, '--ro-bind', hidden), 3);
      args.splice(
        args.findIndex((arg) => arg.startsWith(`${hidden} `)),
        1,
      ); // looked for before it starts
    },
  ],
  ['write outside of the project', (args) => args.splice(mount(args, '--bind', '/tmp') + 1, 1, '/tmp')],
  ['connect', (args) => args.splice(args.indexOf('--unshare-net'), 1)],
])('one that lets a command %s is not', async (what, weaken) => {
  expect(await found(weakened(weaken))).toContain(what);
});

test('one that confines nothing is not', async () => {
  const none: Level = {
    ...unseen,
    programs: ['/bin/sh'],
    lacks: () => undefined,
    confine: (_, { command, scratch }) => ({
      program: command.program,
      args: [...command.args],
      environment: { TMPDIR: scratch.folder },
      settings: new Uint8Array(),
      began: () => true,
    }),
  };
  expect(await found(none)).toBe('bubblewrap: it lets a command read what is hidden');
});
