import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { rootOf } from './root-flag.ts';

const around = realpathSync(mkdtempSync(join(tmpdir(), 'root-flag-')));
afterAll(() => rmSync(around, { recursive: true }));
for (const folder of ['project/.git', 'project/sub', 'other', 'plain'])
  mkdirSync(join(around, folder), { recursive: true });
const at = (path: string): string => join(around, path);
symlinkSync('../other', at('project/out'));
symlinkSync('sub', at('project/in'));
symlinkSync('other', at('alias'));
symlinkSync('project', at('home'));
symlinkSync('../other', at('plain/out'));

test('the folder by its real path, whatever links of the person lead there', () => {
  for (const [named, is] of [
    ['other', 'other'],
    ['alias', 'other'],
    ['project/in', 'project/sub'],
    ['home/sub', 'project/sub'],
    ['plain/out', 'other'],
  ] as const) {
    expect(rootOf(at(named))).toBe(at(is));
  }
});

test.each(['project/out', 'home/out', 'project/sub/../out'])(
  'not by a link that leads out of a project: %s',
  (path) => {
    expect(() => rootOf(`${around}/${path}`)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: `--root ${around}/${path} leads to ${at('other')}, by the link ${at('project/out')}, which a command may have made`,
        next: `Name ${at('other')} if that is what you mean.`,
      }),
    );
  },
);

test.each(['none', 'project/sub/x'])('what is no folder is refused: %s', (path) => {
  expect(() => rootOf(at(path))).toThrow(/is no folder/);
});
