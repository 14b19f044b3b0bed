import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChangesRequest } from '../../contract/project-files.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Store } from '../../store/store.ts';
import { ownedStore, standingClock, temporaryHome } from '../../store/testing.ts';
import { createFileTaint, type FileTaint, type Write } from './file-taint.ts';

let remove: () => void;
let store: Store;
let taint: FileTaint;
/** What the project has changed, as each look finds it. */
let changed: (request: ChangesRequest) => string[] | undefined;
let named: () => string[];
let ids = 0;

beforeEach(() => {
  const made = temporaryHome();
  ({ remove } = made);
  ({ store } = ownedStore(made.home));
  changed = () => ['/p/made'];
  named = () => [];
  taint = create();
});
afterEach(async () => {
  await store.close();
  remove();
});

function create(taintedFiles = store.taintedFiles): FileTaint {
  const files = {
    marks: async (paths: readonly string[]) => paths.map((path) => ({ path, inode: `of ${path}` })),
    named: async () => named(),
    changed: async (request: ChangesRequest): Promise<string[] | undefined> => changed(request),
  };
  const isPlain = (path: string): boolean => !path.includes('SECRET');
  return createFileTaint({ taintedFiles, files, clock: standingClock(1000), ids: { ulid: () => `${ids++}` }, isPlain });
}

const command = (given: Partial<Write> = {}): Write => {
  const root = given.root ?? '/p';
  return { call: 's/c', root, paths: [], below: [root], reads: [root], taint: [], ...given };
};
const patch = (path: string, given: Partial<Write> = {}): Write =>
  command({ paths: [path], below: [], reads: [path], ...given });

const OUTSIDE = ['web:x'];

test('a patch: its files count before it is carried out', async () => {
  await taint.begin(patch('/p/a', { taint: OUTSIDE }));
  expect(await taint.of(['/p/a'], '/p')).toEqual(['web:x', 'file:a']);
  expect(await taint.of(['/p'], '/p')).toEqual(['web:x', 'file:a']);
  expect(await taint.of(['/p/b', '/p/aa', '/q'], '/p')).toEqual([]);
  expect(await taint.of(['/p/a'], '/q')).toEqual(['web:x', 'file:/p/a']);
});

test('a command: all of its folder while it runs, then what it changed', async () => {
  const begun = await taint.begin(command({ taint: OUTSIDE }));
  expect(await taint.of(['/p/b'], '/p')).toEqual(['web:x', 'file:b']);
  expect(await begun.end('ok')).toEqual([]);
  expect(await taint.of(['/p/b'], '/p')).toEqual([]);
  expect(await taint.of(['/p/made'], '/p')).toEqual(['web:x', 'file:made']);
});

test.each([
  ['nobody can tell what it changed', (): undefined => undefined, 'ok'],
  [
    'there is too much of it for a line',
    (): string[] => Array.from({ length: 100 }, (_, n) => `/p/${n}/${'x'.repeat(3000)}`),
    'ok',
  ],
  ['something of it may still run', (): string[] => [], 'unknown'],
] as const)('where %s, all of its folder stays', async (_, found, outcome) => {
  changed = found;
  const begun = await taint.begin(command({ taint: OUTSIDE }));
  await begun.end(outcome);
  expect(await taint.of(['/p/b'], '/p')).toEqual(['web:x', 'file:b']);
});

test('where its end can not be recorded, its result is not lost, and all of its folder stays', async () => {
  const { taintedFiles } = store;
  let full = false;
  const failing = create({
    list: taintedFiles.list,
    append: (records) => (full ? Promise.reject(new RuntimeError('disk_full', 'Full.')) : taintedFiles.append(records)),
  });
  const begun = await failing.begin(command({ taint: OUTSIDE }));
  full = true;
  expect(await begun.end('ok')).toEqual([]);
  expect(await failing.of(['/p/b'], '/p')).toEqual(['web:x', 'file:b']);
  await expect(failing.begin(command({ taint: ['web:y'] }))).rejects.toMatchObject({ code: 'disk_full' });
});

test('one that reads a tainted file copies it, by which way nobody asks', async () => {
  await taint.begin(patch('/p/a', { taint: [...OUTSIDE, 'file:b'] }));
  const requests: ChangesRequest[] = [];
  changed = (request) => {
    requests.push(request);
    return ['/p/copy'];
  };
  const begun = await taint.begin(command());
  expect(await begun.end('ok')).toEqual(['web:x', 'file:a']);
  expect(await taint.of(['/p/copy'], '/p')).toEqual(['web:x', 'file:copy']);
  expect(requests).toEqual([{ folders: ['/p'], since: 1000, marks: [{ path: '/p/a', inode: 'of /p/a' }], most: 500 }]);
  const moved = await taint.begin(patch('/p/c', { paths: ['/p/a', '/p/c'], reads: ['/p/a', '/p/c'] }));
  expect(await moved.end('ok')).toEqual(['web:x', 'file:a']);
  expect(await taint.of(['/p/c'], '/p')).toEqual(['web:x', 'file:c']);
});

test('a clean command that runs while a tainted one writes may have copied that, and those behind it', async () => {
  changed = ({ folders }) => [`${folders[0]}/copy`];
  const clean = await taint.begin(command());
  const behind = await taint.begin(command({ root: '/q', reads: ['/q', '/p/sub'] }));
  const beside = await taint.begin(command({ root: '/r' }));
  await taint.begin(patch('/p/a', { taint: OUTSIDE }));
  // Killed here: whatever they wrote counts.
  expect(await taint.of(['/p/any', '/q/any'], '/p')).toEqual(['web:x', 'file:any', 'file:/q/any']);
  for (const one of [clean, behind, beside]) await one.end('ok');
  expect(await taint.of(['/p/any', '/q/any', '/r/any'], '/p')).toEqual([]);
  expect(await taint.of(['/p/copy', '/q/copy', '/r/copy'], '/p')).toEqual(['web:x', 'file:copy', 'file:/q/copy']);
});

describe('who ran while a tainted command did that left nothing', () => {
  const look = (path: string, given: Partial<Write> = {}): Write => command({ below: [], reads: [path], ...given });
  beforeEach(() => void (changed = () => []));

  test.each([
    ['a command', command()],
    ['one in a folder of its project', command({ root: '/p/sub' })],
    ['one in a folder around it', command({ root: '/' })],
    ['one that names a file there', command({ root: '/q', reads: ['/q', '/p/ghost'] })],
    ['a look at a file', look('/p/ghost')],
    ['a patch of one', patch('/p/ghost')],
  ])('may have read it: %s, whichever began first', async (_, beside) => {
    for (const isFirst of [true, false]) {
      const before = isFirst ? await taint.begin(beside) : undefined;
      const ghostly = await taint.begin(command({ taint: OUTSIDE }));
      const behind = isFirst ? undefined : await taint.begin(beside);
      await ghostly.end('ok');
      expect(await (before ?? behind)!.end('ok')).toContain('web:x');
    }
  });

  test('also where it is only being recorded that it is tainted', async () => {
    const { list, append } = store.taintedFiles;
    let isDurable = (): void => {};
    const waiting = new Promise<void>((resolve) => void (isDurable = resolve));
    const slow = create({ list, append: (records) => waiting.then(() => append(records)) });
    const ghostly = slow.begin(command({ taint: OUTSIDE }));
    const beside = await slow.begin(look('/p/ghost'));
    isDurable();
    await (await ghostly).end('ok');
    expect(await beside.end('ok')).toEqual(['web:x']);
  });

  test('and whoever ran beside one that may have', async () => {
    const last = await taint.begin(command({ root: '/q', reads: ['/q', '/p'] }));
    const beside = await taint.begin(command());
    await (await taint.begin(command({ root: '/p/sub', taint: OUTSIDE }))).end('ok');
    expect(await beside.end('ok')).toEqual(['web:x']);
    expect(await last.end('ok')).toEqual(['web:x']);
  });

  test('not who ran before or after, elsewhere, or beside clean ones', async () => {
    const before = await taint.begin(command());
    expect(await before.end('ok')).toEqual([]);
    const elsewhere = await taint.begin(command({ root: '/q' }));
    await (await taint.begin(command({ taint: OUTSIDE }))).end('ok');
    const [one, other] = [await taint.begin(command()), await taint.begin(look('/p/a'))];
    for (const run of [elsewhere, one, other]) expect(await run.end('ok')).toEqual([]);
    expect(await taint.isAny()).toBe(false);
  });

  test('what only looks leaves nothing, and what a patch writes stays what its arguments say', async () => {
    const runs = [await taint.begin(look('/p/a', { taint: ['web:y'] })), await taint.begin(patch('/p/a'))];
    const ghostly = await taint.begin(command({ taint: OUTSIDE }));
    for (const run of runs) await run.end('ok');
    await ghostly.end('ok');
    expect(await taint.isAny()).toBe(false);
  });
});

describe('trust', () => {
  test('does not hold for what is being written', async () => {
    const begun = await taint.begin(command({ taint: OUTSIDE }));
    await (await taint.begin(patch('/q/a', { root: '/q', taint: OUTSIDE }))).end('ok');
    await taint.trust('/p', 'local');
    expect(await taint.of(['/p/b'], '/p')).toEqual(['web:x', 'file:b']);
    await begun.end('ok');
    expect(await taint.of(['/p/b'], '/p')).toEqual([]);
    expect(await taint.of(['/p/made', '/q/a'], '/p')).toEqual(['web:x', 'file:made', 'file:/q/a']);
    await taint.trust('/p', 'local');
    expect(await taint.of(['/p'], '/p')).toEqual([]);
  });

  test('nor for a file of which nothing new had to be recorded', async () => {
    await (await taint.begin(patch('/p/a', { taint: OUTSIDE }))).end('ok');
    const again = await taint.begin(patch('/p/a', { taint: OUTSIDE }));
    await taint.trust('/p', 'local');
    await again.end('ok');
    expect(await taint.of(['/p/a'], '/p')).toEqual(['web:x', 'file:a']);
  });
});

test('a known secret in a name is not recorded: the folder around it counts', async () => {
  changed = () => ['/p/d/SECRET/a', '/p/d/SECRET/b', '/p/c'];
  await (await taint.begin(command({ taint: OUTSIDE }))).end('ok');
  expect((await store.taintedFiles.list()).map(({ path }) => path)).toEqual(['/p/d', '/p/c']);
  expect(await taint.of(['/p/d/SECRET/a'], '/p')).toEqual(['web:x', 'file:d/SECRET/a']);
});

test('what a command names is looked up only where something beyond its project is tainted', async () => {
  const request = { arguments_raw: '{}', commands: [], folder: '/p' };
  let looked = 0;
  named = () => {
    looked++;
    return ['/q/a', '/p/a', '/'];
  };
  await taint.begin(patch('/p/a', { taint: OUTSIDE }));
  expect(await taint.namedBeyond('/p', request)).toEqual([]);
  expect(looked).toBe(0);
  expect(await taint.namedBeyond('/q', request)).toEqual(['/p/a', '/']);
});

test('what is known is not recorded again', async () => {
  const appended: unknown[] = [];
  const counting = create({
    list: store.taintedFiles.list,
    append: (records): Promise<void> => {
      appended.push(...records);
      return store.taintedFiles.append(records);
    },
  });
  for (let n = 0; n < 3; n++) await (await counting.begin(patch('/p/a', { taint: OUTSIDE }))).end('ok');
  expect(appended).toHaveLength(1);
  await (await counting.begin(patch('/p/a', { taint: ['web:y'] }))).end('ok');
  expect(appended).toHaveLength(2);
});

test('many files are told as the folder that was looked at, and many sources as others', async () => {
  const sources = Array.from({ length: 60 }, (_, n) => `web:${n}`);
  const paths = Array.from({ length: 6 }, (_, n) => `/p/d/${n}`);
  await taint.begin(patch('', { paths, reads: paths, taint: sources }));
  const found = await taint.of(['/p/d'], '/p');
  expect(found).toEqual([...sources.slice(0, 50), 'others', 'file:d']);
  expect(await taint.of(['/p/d/1'], '/p')).toContain('file:d/1');
});
