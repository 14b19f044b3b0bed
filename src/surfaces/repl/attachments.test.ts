import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toRuntimeError } from '../../contract/errors.ts';
import { partsOf } from './attachments.ts';

let base: string;
let root: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'runtime-attachments-')));
  root = join(base, 'project');
  mkdirSync(join(root, 'src'), { recursive: true });
  writeFileSync(join(root, 'a.txt'), 'the text');
  writeFileSync(join(root, 'two words.md'), 'spaced');
  writeFileSync(join(root, 'src/main.ts'), 'code');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const place = () => ({ root, home: join(base, '.runtime'), environment: { HOME: base } });

/** What goes beside the message itself. */
function attached(text: string): string[] {
  const [message, ...others] = partsOf(text, place());
  expect(message).toEqual({ type: 'text', text });
  return others.map((part) =>
    part.type === 'file' ? `${part.name}: ${Buffer.from(part.base64, 'base64').toString()}` : part.text,
  );
}

test('a file that is named goes with the message, which stays as it was typed', () => {
  expect(attached('look at @a.txt')).toEqual(['a.txt: the text']);
  expect(attached('@src/main.ts\n@"two words.md"')).toEqual(['src/main.ts: code', 'two words.md: spaced']);
});

test.each(['Is it @a.txt?', '@a.txt, or what', '(see @a.txt)', '@a.txt...'])(
  '%s: what ends a sentence ends a name',
  (text) => {
    expect(attached(text)).toEqual(['a.txt: the text']);
  },
);

test('a name that ends like a sentence is found as it is', () => {
  writeFileSync(join(root, 'a.txt.'), 'dotted');
  expect(attached('@a.txt.')).toEqual(['a.txt.: dotted']);
});

test('a file goes once, however often and however it is named', () => {
  expect(attached(`@a.txt @./a.txt @src/../a.txt @${root}/a.txt`)).toHaveLength(1);
});

test.each([
  'mail ann@a.txt or x@example.org',
  'the package @types/node',
  '@missing.txt',
  '@',
  '@"',
  '@""',
  '@src and @src/',
  '@a.txt/inside',
  '@...',
])('%j names no file', (text) => {
  expect(attached(text)).toEqual([]);
});

test.each([
  ['too long for a name', 'x'.repeat(5000)],
  ['too long for a path', 'x/'.repeat(5000)],
  ['with a NUL in it', 'a\0b'],
])('a word %s is no file, and no error', (_, word) => {
  expect(attached(`@${word}`)).toEqual([]);
});

test('a link within the project is what it leads to; one to nowhere is no file', () => {
  symlinkSync('src/main.ts', join(root, 'link.ts'));
  symlinkSync(join(base, 'nothing'), join(root, 'broken'));
  symlinkSync('round', join(root, 'round'));
  expect(attached('@link.ts @broken @round')).toEqual(['link.ts: code']);
});

describe('what a command of the agent may have put in place of a file', () => {
  const put = (path: string): string => {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), 'WORD');
    return join(base, path);
  };
  const refusal = (text: string) => {
    try {
      return attached(text);
    } catch (thrown) {
      return toRuntimeError(thrown);
    }
  };

  test.each(['.ssh/id_ed25519', 'documents/diary.txt', '.runtime/config.yaml', 'project/.env'])(
    'a link to ~/%s is refused, and says where it leads; by its own name that file goes',
    (path) => {
      const target = put(path);
      symlinkSync(target, join(root, 'notes.txt'));
      expect(refusal('see @notes.txt')).toMatchObject({
        code: 'usage',
        message: expect.stringMatching(`^notes.txt is not attached: .* leads by a link to ${target}, `) as string,
        next: 'Name the file itself by its own path, if that is what you mean.',
      });
      expect(attached(`see @${target}`)).toEqual([expect.stringContaining(': WORD')]);
    },
  );

  test('a folder on the way that is a link is no other', () => {
    put('documents/diary.txt');
    symlinkSync('../documents', join(root, 'docs'));
    expect(refusal('@docs/diary.txt')).toMatchObject({ code: 'usage' });
  });

  test('another name of a secret is refused', () => {
    linkSync(put('.ssh/id_ed25519'), join(root, 'notes.txt'));
    expect(refusal('@notes.txt')).toMatchObject({ code: 'usage', message: expect.stringContaining('another name of a secret') as string }); // prettier-ignore
    expect(attached('@~/nothing @../.ssh/id_ed25519')).toEqual([expect.stringContaining(': WORD')]);
  });
});

test('a file beside the project is called by its whole path', () => {
  writeFileSync(join(base, 'outside.txt'), 'elsewhere');
  expect(attached('@../outside.txt')).toEqual([`${base}/outside.txt: elsewhere`]);
});

test('an empty file goes; what is too large together is refused, and says so', () => {
  writeFileSync(join(root, 'empty'), '');
  writeFileSync(join(root, 'most'), 'x'.repeat(5 * 1024 * 1024));
  expect(attached('@empty')).toEqual(['empty: ']);
  expect(attached('@most')).toHaveLength(1);
  writeFileSync(join(root, 'large'), 'x'.repeat(5 * 1024 * 1024 + 1));
  const refusal = (text: string) => expect(() => partsOf(text, place()));
  refusal('@large').toThrow('large has 5242881 bytes; at most 5242880 go with a message');
  refusal('@a.txt @most').toThrow('the files up to most have 5242888 bytes; at most 5242880 go with a message');
});

const UNREADABLE = '/proc/self/mem';

test.skipIf(!existsSync(UNREADABLE))('a file that can’t be read says so', () => {
  expect(() => partsOf(`@${UNREADABLE}`, place())).toThrow(`${UNREADABLE} can't be read: EIO`);
});
