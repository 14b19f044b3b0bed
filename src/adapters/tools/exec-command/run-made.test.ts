/** Words of everyday programs that only the shell will know: without a sandbox the line goes by whatever these are by then. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TestHost, testHost } from '../test-host.ts';
import { goesBy } from './testing/goes-by.ts';

let t: TestHost;
beforeEach(() => {
  t = testHost();
  for (const name of ['list', 'a.txt', 'README.md', 'sub/b.txt']) t.file(name, '');
});
afterEach(() => t.remove());

const MADE: readonly [cmd: string, made: string, files?: string][] = [
  ['rm -f $(cat list)', '$(cat list)'],
  ['rm -f `cat list`', '`cat list`'],
  ['rm -f $(<list)', '$(<list)'],
  ['rm -f a.txt "$(cat list)"', '$(cat list)', 'a.txt list'],
  ['while read f; do rm -f "$f"; done < list', '$f'],
  ['cat list | while read -r f; do rm -f "$f"; done', '$f'],
  ['x=$(cat list); rm -f $x', '$x'],
  ['x=a.txt; x=$(cat list); rm -f ${x}', '${x}', 'a.txt list'],
  ['for f in $(cat list); do rm -f $f; done', '$f'],
  ['f=$(cat list) fx=a.txt g=$f; rm "${g}x"', '${g}x', 'a.txt list'],
  ['read x < list; rm -f $x', '$x'],
  ['x=a.txt; read "x[0]" < list; rm -f $x', '$x', 'a.txt list'],
  ['x=a.txt; read -rax < list; rm -f $x', '$x', 'a.txt list'],
  ['x=a.txt; printf -vx %s "$(cat list)"; rm -f $x', '$(cat list)', 'a.txt list'],
  ['x=a.txt; v=x; read $v < list; rm -f $x', '$v', 'a.txt list'],
  ['REPLY=a.txt; read < list; rm -f $REPLY', '$REPLY', 'a.txt list'],
  ['x=; : ${x:=$(cat list)}; rm -f $x', '$x'],
  ['OLDPWD=$(cat list); cd -; rm -f x', 'OLDPWD=$(cat list)'],
  ['read OLDPWD < list; cd -; rm -f x', 'OLDPWD'],
  ['set -- $(cat list); rm -f "$@"', '$(cat list)'],
  ['declare f=$(cat list)', 'f=$(cat list)'],
  ['cd $(cat list) && rm -rf build', '$(cat list)'],
  ['cat $(cat list)', '$(cat list)'],
  ['cat < $(cat list)', '$(cat list)'],
  ['touch $(cat list)', '$(cat list)'],
  ['mkdir -p $(cat list)', '$(cat list)'],
  ['chmod 777 $(cat list)', '$(cat list)'],
  ['cp README.md $(cat list)', '$(cat list)', 'README.md list'],
  ['mv a.txt $(cat list)', '$(cat list)', 'a.txt list'],
  ['ln -s x $(cat list)', '$(cat list)'],
  ['tee $(cat list)', '$(cat list)'],
  ['ls $(cat list)', '$(cat list)'],
  ['kill $(cat list)', '$(cat list)'],
  ['grep $(cat list) README.md', '$(cat list)', 'README.md list'],
  ['sed -n "$(cat list)p" README.md', '$(cat list)p', 'README.md list'],
  ['echo hi > $(cat list)', '$(cat list)'],
  ['echo hi 2>> "$(cat list)"', '$(cat list)'],
  ['git add $(cat list)', '$(cat list)'],
  ['git commit -m "$(cat list)"', '$(cat list)'],
  ["git commit -m \"$(cat <<'E'\none\nE\ncat list\necho <<E\nE\n)\"", "$(cat <<E one E cat list echo <<E E )"],
  ['find sub -name "$(cat list)" -delete', '$(cat list)'],
  ['rm -f "$F"', '$F', ''],
  ['rm -f "${F:-x}"', '${F:-x}', ''],
  ['f=a.txt; rm "$F$f"', '$F$f', 'a.txt'],
  ['rm -f $(wc -l --files0-from=list)', '$(wc -l --files0-from=list)'],
  ['git add -f --pathspec-from-file=list', 'else it is given'],
  ['cat list | git add --pathspec-from-file=-', 'else it is given'],
  ['git update-index --add --stdin < list', 'else it is given'],
  ['file -f list', 'else it is given'],
  ['sha256sum -c list', 'else it is given'],
]; // prettier-ignore

describe('without a sandbox', () => {
  test.each(MADE)('%s', async (cmd, made, files = 'list') => {
    const [first, ...rest] = (await goesBy(t, cmd)) ?? [];
    expect(first?.replaceAll(/\s+/g, ' ')).toBe(`whatever ${made} is by then`);
    expect(rest.filter((one) => !one.startsWith('whatever '))).toEqual(files.split(' ').filter(Boolean));
  });

  test.each([
    'rm -f a.txt', 'f=a.txt; rm "$f"', 'f=a.txt g=$f; rm "$g" "${g}x"', 'for f in a.txt b; do rm $f; done', 'for f in *.txt; do rm "$f" "${f%.txt}.md"; done',
    'for f in a b; do chmod +x $f "${f:-x}" "${f/a/b}"; done', 'rm -f *.txt sub/[a-b]?.txt {x,y}.md', 'ls "$HOME/x" $PWD/sub "$(pwd)"/sub `pwd`', 'touch ${HOME}/x',
    'touch a-$(date +%F).txt', 'rm -f tmp.$$', 'sleep 9 & kill $!', 'for i in 1 2; do touch $((i+1)).txt; done', 'for ((i = 0; i < 3; i++)); do touch $i; done',
    'echo "$F" $(cat list)', 'printf "%s\\n" "$F"', '[ -n "$F" ] && ls', '[[ $F == x ]] || ls', 'exit $?', 'set -- a.txt; rm "$@"', 'while read -r l; do echo "$l"; done < list',
    'find . -name x -exec rm {} +', 'git add *.txt', "cat > b.txt <<'E'\n$(cat list)\nE", 'diff <(ls $HOME) <(ls sub)', 'head -n $(wc -l < list) a.txt',
    "git commit -m \"$(cat <<'EOF'\nOne `two` $three\n\nFour (five)\nEOF\n)\"", 'git commit -m "$(cat <<-EOF\n\tOne\n\tEOF\n)"',
  ])('not what the line itself settles, and what names no file: %s', async (cmd) => {
    expect(await goesBy(t, cmd)).toBeUndefined();
  }); // prettier-ignore

  test('a list that changed makes an approved call void', async () => {
    const request = t.request('exec_command', { cmd: 'rm -f $(cat list)' });
    const inspection = await t.host.inspect(request);
    t.file('list', 'a.txt');
    expect(await t.run(request, inspection)).toMatchObject({ outcome: 'void', output: '' });
  });
});

test.each(MADE.slice(0, 9))('in a sandbox nothing is said of it: %s', async (cmd) => {
  const confine = (): never => {
    throw new Error('not run');
  };
  const found = { level: 'bubblewrap', leaves: [], confine } as const;
  const confined = testHost(
    { sandboxes: { find: () => Promise.resolve(found), namesFile: () => false, hidden: () => [], written: () => [] } },
    t.root,
  );
  const { facts } = await confined.host.inspect({ ...confined.request('exec_command', { cmd }), sandbox: 'best' });
  expect(facts).toMatchObject({ sandbox: 'bubblewrap' });
  expect(facts.runs).toBeUndefined();
});

test.each([
  'ls -l "a.txt" "lib/$((BASH_COMPAT=42))/${HOME//vera/\'$(sh sub/b.txt)\'}"',
  'ls ${POSIXLY_CORRECT:=1}\nls "${x-\'}";sh sub/b.txt;"\'}"',
])('what quotes may not keep from being run is bound, and told as unclear: %s', async (cmd) => {
  const { facts } = await t.inspect('exec_command', { cmd });
  expect(facts.commands.some(({ unclear }) => unclear === 'hidden_code')).toBe(true);
  expect(await goesBy(t, cmd)).toEqual(
    expect.arrayContaining(['whatever else it calculates with is by then', 'sub/b.txt']),
  );
  expect(facts.unbound).toEqual([t.root]);
});

test('what is only printed names no file, beside what runs one either', async () => {
  expect(await goesBy(t, 'echo "built $(sh sub/b.txt)"')).toEqual(['sub/b.txt']);
  expect(await goesBy(t, 'echo "$x" < $y; sh sub/b.txt')).toEqual([
    'whatever $y is by then',
    'whatever $x is by then',
    'sub/b.txt',
  ]);
});
