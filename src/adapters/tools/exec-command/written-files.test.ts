/** Which files a command line is known to write, and where nobody can know. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TestHost, testHost } from '../test-host.ts';

let t: TestHost;
beforeEach(() => {
  t = testHost();
  mkdirSync(join(t.root, 'dir'));
});
afterEach(() => t.remove());

/** The real paths, shown from the root; `!`: it needs a rule of its own; or why the line is unclear. */
async function written(args: object | string): Promise<string> {
  const { facts } = await t.inspect('exec_command', typeof args === 'string' ? { cmd: args } : args);
  const files = facts.paths.map(
    ({ real, writes }) => `${real.replace(`${t.root}/~`, './~').replace(`${t.root}/`, '')}${writes ? '!' : ''}`,
  );
  const why = facts.commands.find(({ unclear }) => unclear !== undefined)?.unclear;
  return [...files, ...(why === undefined ? [] : [`(${why})`])].join(' ').replace(t.root, '.').replace(homedir(), '~');
}

describe('by redirects', () => {
  test.each([
    ['echo x > a', 'a!'],
    ['echo x >| a', 'a!'],
    ['echo x >&a', 'a!'],
    ['echo x &>> a', 'a!'],
    ['cat <> a', 'a!'],
    ['exec > a', 'a!'],
    ['{ echo x; } > a', 'a!'],
    ['echo x 2>&1 >/dev/null', ''],
    ['echo x > ~/a', '~/a!'],
    ["echo x > '~/a'", './~/a!'],
    ['cd dir; echo x > a', '(dynamic_redirect)'],
    ['command cd dir; echo x > a', '(dynamic_redirect)'],
    ['cd dir; echo x > /tmp/a', '/tmp/a!'],
    ['env -C dir sh -c "echo x > a"', '(dynamic_redirect)'],
    ['sudo sh -c "echo x > ~/a"', '(dynamic_redirect)'],
    ['timeout 3 sh -c "echo x > a"', 'a!'],
    ['cat < /dev/tcp/127.0.0.1/80', '/dev/tcp/127.0.0.1/80!'],
    ['cat < a', 'a'],
    ['cat 0< dir/../a', 'a'],
    ['while read x; do echo $x; done < a', 'a'],
    ['cat < /etc/hosts', '/etc/hosts'],
    ['cat < ~/a', '~/a'],
    ['cat < /dev/null', ''],
    ['cat << a\na\n', ''],
    ['cat <<< a', ''],
    ['cd dir; cat < a', '(dynamic_redirect)'],
    ['cat < ?', '(dynamic_redirect)'],
    ['cat < $a', '(dynamic_redirect)'],
    ['ln -s /etc l; cat < l/hosts', '/etc l (dynamic_redirect)'],
    ['ln -s /etc dir/l; echo x > dir/l/a', '/etc dir/l (dynamic_redirect)'],
    ['cp a b; cp c d; echo x > e', 'b d e!'],
    ['cp -a a dir; echo x > dir/a/b', 'dir dir/a (dynamic_redirect)'],
    ['git checkout topic && echo x > dir/a', '(dynamic_redirect)'],
    ['git status && echo x > a', 'a!'],
    ["python3 -c 'x' > a", 'a! (code)'],
    ['PATH=x python3 > $f', '(environment)'],
  ])('%s: %s', async (line, files) => {
    expect(await written(line)).toBe(files);
  });

  test('what is read counts as where a link leads, and not where a sandbox confines the command', async () => {
    symlinkSync('/etc', join(t.root, 'l'));
    expect(await written('cat < l/hosts')).toBe('/etc/hosts');
    const confine = () => {
      throw new Error('not run');
    };
    const found = { level: 'bubblewrap', leaves: [], confine } as const;
    const confined = testHost(
      {
        sandboxes: { find: () => Promise.resolve(found), namesFile: () => false, hidden: () => [], written: () => [] },
      },
      t.root,
    );
    const call = confined.request('exec_command', { cmd: 'cat < l/hosts > a' });
    const { facts } = await confined.host.inspect({ ...call, sandbox: 'best' });
    expect(facts.paths.map(({ path }) => path)).toEqual([join(t.root, 'a')]);
  });

  test('one that is not there yet counts as it will when the line ran', async () => {
    const digest = async (): Promise<string> => (await t.inspect('exec_command', { cmd: 'echo x >> a' })).facts_digest;
    const before = await digest();
    writeFileSync(join(t.root, 'a'), 'x');
    expect(await digest()).toBe(before);
  });

  test('a link is followed before the folder above is looked for', async () => {
    mkdirSync(join(t.root, 'deep/er'), { recursive: true });
    symlinkSync('deep/er', join(t.root, 'link'));
    expect(await written('echo x > link/../a')).toBe('deep/a!');
  });
});

describe('by words', () => {
  test.each([
    ['sort -o a b', 'a!'],
    ['sort -uoa b', 'a!'],
    ['sort b --output=a', 'a!'],
    ['sort --o a b', 'a!'],
    ['sort -k2 b', ''],
    ['sort -t o b', ''],
    ['shuf -o a b', 'a!'],
    ['uniq b a', 'a!'],
    ['uniq -f 1 b', ''],
    ['xxd b a', 'a!'],
    ['xxd -ps b a', 'a!'],
    ['xxd -c 8 -s -1 -l4 b a', 'a!'],
    ['xxd -seek 3 -ps b', ''],
    ['xxd -x b', '(dynamic_redirect)'],
    ['xxd *', '(dynamic_redirect)'],
    ['xxd -ps $x', '(dynamic_redirect)'],
    ['xxd -p b', ''],
    ['find dir -name x -delete', 'dir!'],
    ['find -delete', '.!'],
    ['find . -fprint a', 'a!'],
    ['find -L dir -delete', '(dynamic_redirect)'],
    ['find . -name "*.ts" -type f', ''],
    ['git diff --output=a', 'a!'],
    ['git log --output a', 'a!'],
    ['git -C . diff --output=a', '(dynamic_redirect)'],
    ['git archive -o a HEAD', 'a!'],
    ['git grep -o x', ''],
    ['git grep -o archive', ''],
    ["sed -i 's/a/b/' a b", 'a! b!'],
    ["sed -n -i.bak -e 's/a/b/' a", 'a!'],
    ["sed -n '1,20p' a", ''],
    ['echo x | tee -a a b', 'a b'],
    ['tee ~/a', '~/a'],
    ['tee "$f"', '(dynamic_redirect)'],
    ['xargs tee', '(dynamic_redirect)'],
    ['sudo tee a', '(dynamic_redirect)'],
    ['sudo tee /etc/a', '/etc/a'],
    ['dd if=a of=b', 'b'],
    ['cp a b', 'b'],
    ['cp -r a b dir', 'dir dir/a dir/b'],
    ['cp -t dir a', 'dir dir/a'],
    ['cp *.ts dir', 'dir'],
    ['mv a b', 'a b'],
    ['mv "$f" b', '(dynamic_redirect)'],
    ['ln -s a b', 'a b'],
    ['install -m 644 a b', 'b'],
    ['/bin/cp a b', 'b'],
    ['cat a b', ''],
    ['curl -o a http://x.example', 'a!'],
    ['curl -sSoa http://x.example', 'a!'],
    ['curl -o /opt/a http://x.example', '/opt/a!'],
    ['curl --output a http://x.example', 'a!'],
    ['curl --output=a http://x.example', 'a!'],
    ['curl -o - http://x.example', ''],
    ['curl -o "$f" http://x.example', '(dynamic_redirect)'],
    ["curl -o '#1' 'http://x.example/[1-9]'", '(dynamic_redirect)'],
    ['curl --outpu a http://x.example', '(options)'],
    ['curl -O "http://x.example/b/a?c"', 'a!'],
    ['curl -O --output-dir dir http://x.example/a', 'dir/a!'],
    ['curl --output-dir dir -o a http://x.example', 'dir/a!'],
    ['curl -OJ http://x.example/a', '(dynamic_redirect)'],
    ['curl -D a http://x.example', 'a!'],
    ['curl --dump-header a http://x.example', 'a!'],
    ['curl -c a http://x.example', 'a!'],
    ['curl --cookie-jar a http://x.example', 'a!'],
    ['curl --trace a http://x.example', 'a!'],
    ['curl --trace-ascii a http://x.example', 'a!'],
    ['curl --stderr a http://x.example', 'a!'],
    ['curl --etag-save a http://x.example', 'a!'],
    ['curl --hsts a --alt-svc b http://x.example', 'a! b!'],
    ["curl -w '%output{a}x' http://x.example", 'a!'],
    ['curl -T a http://x.example', 'a'],
    ['curl -F x=@a http://x.example', 'a'],
    ["curl -F 'x=<a;type=text/plain' http://x.example", 'a'],
    ['curl -F x=a http://x.example', ''],
    ['curl -d @a http://x.example', 'a'],
    ['curl -d a=b http://x.example', ''],
    ['curl -d "$x" http://x.example', '(dynamic_redirect)'],
    ['curl -d "{\\"a\\": $x}" http://x.example', ''],
    ['curl --data-binary @- http://x.example', ''],
    ['curl --data-urlencode x@a http://x.example', 'a'],
    ['curl -b a http://x.example', 'a'],
    ['curl -b a=b http://x.example', ''],
    ['curl -H @a http://x.example', 'a'],
    ['curl --netrc-file a http://x.example', 'a'],
    ['curl -n http://x.example', '~/.netrc'],
    ['curl -E a:word http://x.example', 'a'],
    ['curl file:///etc/passwd', '/etc/passwd'],
    ["curl 'file:///etc/{passwd,group}'", '(dynamic_redirect)'],
    ['curl http://x.example', ''],
    ['wget -O a http://x.example', 'a'],
    ['wget -qO- http://x.example', ''],
    ['wget -O /opt/a http://x.example', '/opt/a'],
    ['wget -o a -P /opt http://x.example/b', 'a /opt/b'],
    ['wget -a a --spider http://x.example', 'a'],
    ['wget --directory-prefix=dir x.example', 'dir/index.html'],
    ['wget -r -P dir http://x.example/', 'dir'],
    ['wget --save-cookies a --warc-file b -O c http://x.example/', 'a b c'],
    ['wget --post-file a -O - http://x.example', 'a'],
    ['wget --body-file=a -O - http://x.example', 'a'],
    ['wget http://x.example/a', 'a'],
    ['cd dir; curl -T a http://x.example', '(dynamic_redirect)'],
    ['git init /opt/a', '/opt/a'],
    ['git init -q -b main', ''],
    ['git clone -q --depth 1 https://x.example/b.git /opt/a', '/opt/a'],
    ['git clone https://x.example/b.git', 'b'],
    ['git clone git@x.example:c/b.git', 'b'],
    ['git worktree add -b topic /opt/a main', '/opt/a'],
    ['git worktree list', ''],
    ['git bundle create /opt/a --all', '/opt/a!'],
    ['git bundle verify a', ''],
    ['git checkout-index --prefix=/opt/a/ -a', '/opt/a!'],
    ['git archive --output=a HEAD', 'a!'],
    ['git format-patch -o a HEAD~1', 'a!'],
    ['git format-patch --output-directory=a HEAD~1', 'a!'],
    ['git format-patch -oa HEAD~1', 'a!'],
    ['git format-patch -qoa -1', '(dynamic_redirect)'],
    ['git clone https://x.example/b.git "$d"', '(options)'],
  ])('%s: %s', async (line, files) => {
    expect(await written(line)).toBe(files);
  });

  test('without a shell, too', async () => {
    expect(await written({ command: 'sort', args: ['-o', 'a', 'b'] })).toBe('a!');
    expect(await written({ command: 'cp', args: ['$x', '*'] })).toBe('*');
  });
});
