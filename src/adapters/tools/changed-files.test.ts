import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  linkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FileMark } from '../../contract/project-files.ts';
import { MEMORY } from '../../base/testing/mapped-write.ts';
import { changesIn, marksOf } from './changed-files.ts';

let root: string;
let since: number;

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'changed-')));
  for (const path of ['a.txt', 'b.txt', 'd/e/c.txt', 'f/g.txt', '.git/objects/1', '.git/HEAD', 'node_modules/m/i.js', 'home/x']) write(path); // prettier-ignore
  await delay(50); // longer than clocks of file systems are coarse
  since = Date.now() + 1000 - 20; // what changed less than a second before counts
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), path);
}

async function changes(given: { marks?: FileMark[]; most?: number; now?: number } = {}): Promise<string[] | undefined> {
  const { marks = [], most = 100, now = since } = given;
  const found = await changesIn({ folders: [root], since, marks, most }, join(root, 'home'), now);
  return found?.map((path) => relative(root, path)).sort();
}

test('nothing', async () => {
  expect(await changes()).toEqual([]);
});

test.for([
  ['written anew', () => write('a.txt'), ['a.txt']],
  ['with its time set back', () => (write('a.txt'), utimesSync(join(root, 'a.txt'), 1, 1)), ['a.txt']],
  ['moved', () => renameSync(join(root, 'a.txt'), join(root, 'd/e/x')), ['d/e/x']],
  ['with a name that is no text: its folder', () => writeFileSync(Buffer.from(`${root}/d/n\xff`, 'latin1'), ''), ['d']],
  ['linked', () => linkSync(join(root, 'a.txt'), join(root, 'x')), ['a.txt', 'x']],
  ['a new folder, as a whole', () => (write('n/m/o.txt'), write('n/p.txt')), ['n']],
  ['a folder that was renamed', () => renameSync(join(root, 'd'), join(root, 'n')), ['n']],
  ['a folder whose files nobody may read', () => chmodSync(join(root, 'd'), 0o711), ['d']],
  ['deep in .git, as a whole', () => write('.git/objects/2'), ['.git']],
  ['deep in node_modules, as a whole', () => write('node_modules/m/j.js'), ['node_modules']],
  ['deleted: nothing is there', () => rmSync(join(root, 'f/g.txt')), []],
  ['in the folder that the runtime keeps', () => write('home/y'), []],
] as const)('%s', async ([, change, expected]) => {
  change();
  expect(await changes()).toEqual(expected);
});

test('what was marked is found where its folder went, though something else came into that', async () => {
  const marks = marksOf([join(root, 'd/e/c.txt'), join(root, 'missing')]);
  expect(marks).toHaveLength(1);
  renameSync(join(root, 'd'), join(root, 'n'));
  write('n/new.txt');
  expect(await changes({ marks })).toEqual(['n/e/c.txt', 'n/new.txt']);
});

test('nobody can tell where there is too much, or where time went back', async () => {
  for (const name of ['1', '2', '3']) write(`d/${name}`);
  expect(await changes({ most: 2 })).toBeUndefined();
  expect(await changes({ most: 3 })).toEqual(['d/1', 'd/2', 'd/3']);
  expect(await changes({ now: since - 1 })).toBeUndefined();
});

test.skipIf(MEMORY.unmet !== '')(`in memory nobody knows${MEMORY.unmet}`, async () => {
  const folder = mkdtempSync(join(MEMORY.folder, 'changed-'));
  expect(await changesIn({ folders: [folder], since, marks: [], most: 100 }, join(root, 'home'), since)).toEqual([]);
  writeFileSync(join(folder, 'a.txt'), 'a');
  const request = { folders: [folder], since: since + 60_000, marks: [], most: 100 };
  expect(await changesIn(request, join(root, 'home'), since + 60_000)).toBeUndefined();
  rmSync(folder, { recursive: true });
});
