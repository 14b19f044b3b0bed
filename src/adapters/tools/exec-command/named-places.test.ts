import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isInside } from '../../../base/is-inside.ts';
import { type TestHost, testHost } from '../test-host.ts';
import { parseCommand } from '../shell/parse-command.ts';
import { namedPlaces } from './named-places.ts';

let t: TestHost;
/** Beside the project, with t.md and sub/u.md. */
let other: string;
beforeEach(() => {
  t = testHost();
  other = join(t.root, '../tp');
  mkdirSync(join(other, 'sub'), { recursive: true });
  for (const name of ['t.md', 'sub/u.md']) writeFileSync(join(other, name), '');
  for (const name of ['a.md', 'sub/b.md', 'sub/deep/c.md', 'list']) t.file(name, '');
  symlinkSync('../tp', join(t.root, 'up'));
  symlinkSync('../../tp', join(t.root, 'sub/up'));
});
afterEach(() => t.remove());

const placesOf = (text: string, environment = {}): string[] =>
  namedPlaces({ commands: parseCommand(text, 'bash'), text, folder: t.root }, environment);

/** Whether it may read what lies in the other project, by a name of that or of a folder around. */
const mayRead = (text: string, environment = {}): boolean =>
  placesOf(text, environment).some((place) => isInside(place, other) || isInside(other, place));

describe('a line names what lies elsewhere', () => {
  test.each([
    'cat ../tp/t.md',
    'cat up/t.md',
    'cat u*/t.md',
    'cat */t.md',
    'cat **/t.md',
    'cat ../tp/*.md',
    'cat ../t*/t.md',
    'cat ../tp/{t,u}.md',
    'cat {a,../tp/t}.md',
    'cat ../tp/t{1..3}.md',
    'cat sub/../../tp/t.md',
    'cat up/../tp/t.md',
    'cat < ../tp/t.md',
    'cat < up/t.md',
    'cat <(cat up/t.md)',
    'cat $(cat up/t.md)',
    'cat <<< "$(< up/t.md)"',
    'cd ../tp && cat t.md',
    'cd sub && cat ../../tp/t.md',
    'cd sub/deep; cat ../up/t.md',
    'cd "$PWD/sub" && cat up/t.md',
    'grep -r x ../tp',
    'cat ../tp/sub/../*.md',
    'git -C ../tp show HEAD',
    'make -C../tp',
    'tool --file=up/t.md @up/t.md',
    'F=up/t.md tool',
    'D=../tp; cat $D/t.md',
    'D=../t; cat "${D}p/t.md"',
    'export D=..; cat $D/tp/t.md',
    'for f in ../tp/*.md; do cat "$f"; done',
    'for f in t u; do cat ../tp/$f.md; done',
    'for p in a tp; do cat ../$p/t.md; done',
    'cat $X/t.md',
    'cat $(dirname "$PWD")/tp/t.md',
    'cat ${PWD%/*}/tp/t.md',
    'cat `printf ../tp/t.md`',
    'cat $(pwd)/../tp/t.md',
    'cat src/$X/../../../tp/t.md',
    'while read f; do cat "$f"; done < list',
    'F=; read F < list; cat $F',
    'cat < $F',
    'cd - ; cat $OLDPWD/t.md',
    'cat ~nobody-has-this-name/t.md',
    'python3 -c "open(\'up/t.md\')"',
    'f() { cat "$1"; }; f up/t.md',
    'sh -c \'cat "$0"\' up/t.md',
    'cat up/$X',
    'cat $((',
  ])('%s', (line) => expect(mayRead(line)).toBe(true));

  test('by its home', () => {
    const { username, homedir } = userInfo();
    expect(placesOf(`cat ~${username}/tp/t.md`)).toContain(`${homedir}/tp/t.md`);
    expect(placesOf('cat ~root/tp/t.md')).toContain('/root/tp/t.md');
    for (const word of ['$HOME/t.md', '"$HOME"/t.md', '${HOME}/*.md', '"${HOME}/"t.md', '$DIR/t.md'])
      expect(mayRead(`cat ${word}`, { HOME: other, DIR: other })).toBe(true);
    expect(mayRead('HOME=../tp; cat ~/t.md')).toBe(true);
  });
});

test('of a line with too much to look at nobody knows', () => {
  for (const line of [
    `cat ${'$A/=b:'.repeat(15_000)}`,
    `cat ${'a/=b:'.repeat(15_000)}`,
    `cat ${Array.from({ length: 9000 }, (_, n) => `f${n}`).join(' ')}`,
  ])
    expect(placesOf(line)).toEqual(['/']);
});

test.each([
  'npm test && git status',
  'cat *.md sub/*.md {a,b}.md',
  'ls -la; cd sub && cat ../a.md',
  'for f in *.md; do wc -l "$f"; done',
  'for i in $(seq 1 3) {1..9}; do cat part-$i; done',
  'for ((i=0;i<3;i++)); do cat $i.md; done',
  'echo "took $((2+3)) s, $(date) $X ${X%.md}"',
  '[ -n "$X" ] && exit $?',
  'git commit -m "$(cat <<\'EOF\'\nBoth a / b, and ./sub.\nEOF\n)"',
  'git log main..HEAD -- sub',
  'grep -rn "http://" sub',
  "sed -n 's/a/b/p' a.md",
  "awk '{ print $1 / 2 }' list",
  'D=sub; cat $D/b.md "$PWD/a.md" $(pwd)/list',
  'cat sub/deep/$X part-$X.md',
  'N=$(wc -l < list); echo $N',
  'cat $HOME/.config/x ~root/x ~/x',
  'curl -s https://example.org/x -o x.json',
  'f() { cat "$1"; }; f a.md',
])('what a line of every day names lies in its project: %s', (line) => {
  expect(mayRead(line, { HOME: '/nowhere' })).toBe(false);
});
