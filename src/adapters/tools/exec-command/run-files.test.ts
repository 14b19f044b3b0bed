import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../../base/digest.ts';
import { shell, type TestHost, testHost } from '../test-host.ts';
import { goesBy } from './testing/goes-by.ts';

let t: TestHost;
beforeEach(() => {
  t = testHost();
  t.file('build.sh', 'echo one\n');
  t.file('Makefile', 'all:\n\techo one\n');
  t.file('package.json', '{"scripts":{"test":"echo one"}}');
  t.file('sub/inner.sh', 'echo one\n');
  t.file('sub/Makefile', 'all:\n');
  t.file('data.csv', '1\n');
  t.file('main.js', '');
  t.file('tool.py', '');
  for (const name of ['__init__', 'server', 'other']) t.file(`http/${name}.py`, '');
  t.file('eslint.config.js', '');
  t.file('.env', 'KEY=geheim\n');
  symlinkSync('build.sh', join(t.root, 'link.sh'));
});
afterEach(() => t.remove());

/** Without links, which are told as well. */
const runsOf = async (args: object): Promise<string[]> =>
  ((await goesBy(t, args)) ?? []).filter((one) => !/ leads to | goes by in its folder is by then$/.test(one));

describe('what a line goes by', () => {
  test.each([
    ['./build.sh', 'build.sh'],
    ['sh build.sh data.csv', 'build.sh data.csv'],
    ['bash -e ./link.sh', 'build.sh'],
    ['. ./build.sh', 'build.sh'],
    ['bash < build.sh', 'build.sh'],
    ['env A=1 timeout 9 python3 build.sh', 'build.sh http/__init__.py tool.py'],
    ['echo go && "./build.sh"', 'build.sh'],
    ['cd sub && ./inner.sh', 'sub/inner.sh'],
    ['cd sub; cd ..; sh build.sh', 'build.sh'],
    ['make', 'Makefile'],
    ['make -C sub', 'Makefile sub/Makefile'],
    ['npm test', 'package.json'],
    ['node --import=./build.sh x', 'build.sh package.json'],
    ['curl -d @data.csv https://example.org', 'data.csv'],
    ['less --lesskey-src=build.sh data.csv', 'build.sh data.csv'],
    ['sh b*.sh', 'build.sh'],
    ['for f in 1; do sh ./"s"ub/[a-z]*.sh {build,x}.sh; done', 'build.sh sub/inner.sh'],
    ['sh $PWD/build.sh "${PWD}/sub/inner.sh" $(pwd)/link.sh', 'build.sh sub/inner.sh'],
    ['cd "$PWD/sub" && ./inner.sh', 'sub/inner.sh'],
    ['make -fsub/Makefile', 'Makefile sub/Makefile'],
    ['make -Csub', 'Makefile sub/Makefile'],
    ['curl -Tdata.csv https://example.org', 'data.csv'],
    ['curl -sKdata.csv', 'data.csv'],
    ['curl -fsSLKsub/inner.sh', 'sub/inner.sh'],
    ['docker run -v ./build.sh:/x -v sub/inner.sh:/y:ro img', '.env build.sh sub/inner.sh'],
    ['docker run --mount type=bind,src=./build.sh,dst=/x img', '.env build.sh'],
    ['node --test build.sh,data.csv', 'build.sh data.csv package.json'],
    ['PATH=sub:$PATH inner.sh', 'sub/inner.sh'],
    ['BASH_ENV=build.sh bash data.csv', 'build.sh data.csv'],
    ['node main', 'main.js package.json'],
    ['python3 -m tool', 'http/__init__.py tool.py'],
    ['sh B*.SH', 'build.sh'],
    ['git -c alias.z=!./build.sh z', 'build.sh'],
    ['sort --co=./build.sh data.csv', 'build.sh data.csv'],
    ['sh ?????.sh', 'build.sh'],
    ['sh b[[=u=]]*.sh', 'build.sh'],
    ['sh \\b*.sh', '.env Makefile build.sh data.csv eslint.config.js http/__init__.py main.js package.json tool.py'],
    ['sh *.s{h,x}', 'build.sh'],
    [`sh ${'*u'.repeat(80)}*.sh`, ''],
    ['sh [!]m]*', '.env Makefile build.sh data.csv eslint.config.js http/__init__.py main.js package.json tool.py'],
    ['python3 -m http.server', 'http/__init__.py http/server.py tool.py'],
    ['tsx main.js', 'main.js package.json'],
    ['java -jar data.csv', 'data.csv'],
    ['eslint .', 'eslint.config.js package.json'],
    ['sed -f build.sh data.csv', 'build.sh data.csv'],
    ['sh [b]"uild".sh', 'build.sh'],
    ['sh < [b]uild.sh', 'build.sh'],
    ['bash <> build.sh', 'build.sh'],
    ['sh {./build,x}.sh', 'build.sh'],
    ['make X={./build,x}.sh', 'Makefile build.sh'],
    ['make X=./b*.sh', 'Makefile build.sh'],
    ['node {./main,x}', 'main.js package.json'],
    ['BASH_ENV="$PWD/build.sh" bash data.csv', 'build.sh data.csv'],
    ['PATH="$PWD/sub:$PATH" inner.sh', 'sub/inner.sh'],
    ['NODE_OPTIONS="--no-warnings $NODE_OPTIONS" node main', 'main.js package.json'],
    ['LANG=C sh build.sh', 'build.sh'],
    ["sh -c 'F=$PWD/build.sh; sh build.sh'", 'build.sh'],
    ['rsync -e "sh build.sh" data.csv host:', 'build.sh data.csv'],
    ['RSYNC_RSH="sh build.sh" rsync data.csv host:', 'build.sh data.csv'],
  ])('%s', async (cmd, files) => {
    expect(await runsOf({ cmd })).toEqual(files.split(' ').filter(Boolean));
  });

  test.each([
    ['cd $D && ./build.sh', ['whatever $D is by then', 'build.sh']],
    ['$(echo sh) build.sh', ['whatever $(echo sh) is by then', 'build.sh']],
    ['find . -exec sh build.sh {} +', ['whatever {} is by then', 'build.sh']],
    ["sh $'b-\\377.sh'", ['whatever $b-\\377.sh is by then']],
    ['sh -e $F', ['whatever $F is by then']],
    ['sh {./build,{x,y}}.sh', ['whatever {./build,{x,y}}.sh is by then']],
    ['sh {./build,"c"}*.sh', ['whatever {./build,c}*.sh is by then']],
    ['sh {1..3}.sh', ['whatever {1..3}.sh is by then']],
    ['cd sub; cd ..; sh ~-/*.sh', ['whatever ~-/*.sh is by then']],
    ['sh ~root/*.sh', ['whatever ~root/*.sh is by then']],
    ['sh {~root/a,build}.sh', ['whatever {~root/a,build}.sh is by then']],
    ["sh '$PWD'/*.sh", ['whatever $PWD/*.sh is by then']],
    ['make X=~-/e.sh', ['whatever X=~-/e.sh is by then', 'Makefile']],
    ['F=b; BASH_ENV=./$F.sh bash build.sh', ['whatever ./$F.sh is by then', 'build.sh']],
    ['BASH_ENV=~-/e.sh bash build.sh', ['whatever ~-/e.sh is by then', 'build.sh']],
    ['env BASH_ENV=~-/e.sh bash build.sh', ['whatever BASH_ENV=~-/e.sh is by then', 'build.sh']],
    ['env BASH_ENV=./$F.sh bash build.sh', ['whatever BASH_ENV=./$F.sh is by then', 'build.sh']],
    ["F=b; export F; env 'BASH_ENV=./$F.sh' bash build.sh", ['whatever ./$F.sh is by then', 'build.sh']],
    ['PATH=x:$PATHS sh build.sh', ['whatever x:$PATHS is by then', 'build.sh']],
    ['F=b; bash < ./$F.sh', ['whatever ./$F.sh is by then']],
    ['bash < ~-/e.sh', ['whatever ~-/e.sh is by then']],
    ['bash < <(cat {./build,{x,y}}.sh)', ['whatever {./build,{x,y}}.sh is by then']],
    ['bash -O extglob -c "bash @(build|z).sh"', ['whatever bash @(build|z).sh is by then']],
    ['A=1 bash -O extglob -c "bash @(build|z).sh"', ['whatever bash @(build|z).sh is by then']],
    ['bash @(build|z).sh', ['whatever bash @(build|z).sh is by then']],
    ['zsh -c "sh build.sh"', ['whatever sh build.sh is by then']],
    ['sh -c "bash <(cat build.sh)"', ['whatever sh -c "bash <(cat build.sh)" is by then']],
    ['bash -c "sh ./"b*.sh', ['whatever sh ./b*.sh is by then']],
    ['cd s*b && sh inner.sh', ['whatever s*b is by then']],
    ['make -C {sub,x}', ['whatever {sub,x} is by then', 'Makefile']],
    [
      "for i in 'x[$(sh ./b.sh)]'; do ((i)); done; sh build.sh",
      ['whatever else it calculates with is by then', 'build.sh'],
    ],
    ['HOME=$F; sh ~/build.sh', ['whatever $F is by then', 'whatever ~/build.sh is by then']],
  ])('what only the shell will know is said: %s', async (cmd, files) => {
    expect(await runsOf({ cmd })).toEqual(files);
  });

  test('so is what may stand for very many', async () => {
    for (let i = 0; i < 700; i++) mkdirSync(join(t.root, `many/${i % 10}/${i}/a/b`), { recursive: true });
    expect(await runsOf({ cmd: 'sh **/*/*/*/*/*/*.sh' })).toEqual(['whatever **/*/*/*/*/*/*.sh is by then']);
  });

  test.each([
    ['sh "~"/*.sh', '~/q.sh'],
    ['sh "~/q.sh"', '~/q.sh'],
    ['sh {"~",x}/q.sh', '{~,x}/q.sh'],
    ['sh < "~/q.sh"', '~/q.sh'],
    ['cd "~" && sh q.sh', '~/q.sh'],
    ['sh "it\'s.sh"', "it's.sh"],
    ["sh '$PWD/q.sh'", '$PWD/q.sh'],
  ])('a name is what it is in quotes, whatever it means elsewhere: %s', async (cmd, file) => {
    for (const name of ['~/q.sh', "it's.sh", '$PWD/q.sh']) t.file(name, '');
    const told = file.startsWith('{') ? `whatever ${file} is by then` : file;
    expect(await runsOf({ cmd })).toEqual([told]);
  });

  test.each(['sh ~/q.sh', 'sh ~/*.sh', 'sh "$HOME"/q.sh', 'make X=~/q.sh', 'cd ~ && sh q.sh', 'cd; sh q.sh'])('a home is one: %s', async (cmd) => {
    const before = process.env['HOME'];
    process.env['HOME'] = join(t.root, 'house');
    try {
      t.file('house/q.sh', '');
      expect((await runsOf({ cmd })).filter((path) => path !== 'Makefile')).toEqual(['house/q.sh']);
    } finally {
      process.env['HOME'] = before;
    }
  }); // prettier-ignore

  test('patterns over large folders are looked at for a moment, and what is left is said', async () => {
    mkdirSync(join(t.root, 'large'));
    for (let i = 0; i < 12_000; i++) writeFileSync(join(t.root, `large/${i}`), '');
    const many = Array.from({ length: 90 }, (_, index) => `x${index}`).join(',');
    const words = Array.from({ length: 60 }, (_, index) => `large/{${many}}*${index}.sh`);
    const runs = await runsOf({ cmd: `sh build.sh b*.sh ${words.join(' ')}` });
    expect(runs).toHaveLength(61);
    expect(runs[0]).toContain('whatever large/{x0,');
    expect(runs.at(-1)).toBe('build.sh');
    // So are folders in which programs look for files.
    t.file('large/Makefile', '');
    for (const cmd of ['cd large && python3 ./1', 'cd large && make']) {
      expect(await runsOf({ cmd })).toContain('whatever else lies in its folders is by then');
    }
  });

  test.each([
    ['cat build.sh | sh', ['build.sh']],
    ['bash <<EOF\nsh build.sh\nEOF', []],
    ['echo "bash build.sh" | sh', []],
    ["python3 -c 'import json'", ['http/__init__.py', 'tool.py']],
    ["trap 'sh build.sh' EXIT", ['build.sh']],
    ['awk \'BEGIN{system("sh build.sh")}\'', ['build.sh']],
    ["perl -e 'system q(sh build.sh)'", ['build.sh']],
    ["node -e 'require(`./build.sh`)'", ['build.sh', 'package.json']],
  ])('without a sandbox nobody knows what code goes by, but for what it plainly names: %s', async (cmd, files) => {
    expect(await runsOf({ cmd })).toEqual(['whatever else its code names is by then', ...files]);
  });

  test('more than anybody looks for is said, too', async () => {
    const folders = Array.from({ length: 300 }, (_, index) => `d${index}`);
    for (const name of folders) mkdirSync(join(t.root, name));
    expect(await runsOf({ cmd: `sh build.sh ${folders.join(' ')}` })).toEqual([
      'whatever else its words name in so many folders is by then',
      'build.sh',
    ]);
  });

  test('… also where few words may be very many', async () => {
    const words = Array.from({ length: 4 }, (_, index) => '='.repeat(4000) + String(index));
    const runs = await runsOf({ cmd: `sh build.sh ${words.join(' ')}` });
    expect(runs).toEqual(['whatever else its words name is by then', 'build.sh']);
  });

  test('… in a folder whose name is a pattern itself', async () => {
    t.file('[a]*/x.sh', '');
    expect(await runsOf({ cmd: 'sh *.sh', workdir: '[a]*' })).toEqual(['[a]*/x.sh']);
  });

  test('… and one that fits a pattern, and has a name that is no text', async () => {
    writeFileSync(Buffer.from(`${t.root}/b-\xff.sh`, 'latin1'), 'echo evil\n');
    expect(await runsOf({ cmd: 'sh b*.sh' })).toEqual(['whatever b*.sh is by then']);
  });

  test('a file that comes to those that a pattern names counts', async () => {
    const request = t.request('exec_command', { cmd: 'sh b*.sh' });
    const inspection = await t.host.inspect(request);
    t.file('b.sh', 'echo two\n');
    expect(await t.run(request, inspection)).toMatchObject({ outcome: 'void', output: '' });
  });

  test.each(["sed -n 1,5p data.csv", "awk '{print $1}' data.csv", 'cat build.sh', 'wc -l data.csv', 'ls', 'git status', 'echo ./build.sh', 'sh -c "echo one"'])('nothing: %s', async (cmd) => {
    expect(await runsOf({ cmd })).toEqual([]);
  }); // prettier-ignore

  describe('without a sandbox', () => {
    test.each([
      ['git apply build.sh', 'build.sh'],
      ['git -c color.ui=never am < build.sh', 'build.sh'],
      ['crontab data.csv', 'data.csv'],
      ['tar -cf ../x.tar -T data.csv', 'data.csv'],
      ['mail -a data.csv somebody', 'data.csv'],
      ['whatever --input=data.csv', 'data.csv'],
      ['whatever data.csv >> data.csv', 'data.csv'],
      ['cp build.sh ~/bin/tool', 'build.sh'],
      ['unzip packed -d ~/bin', 'packed.zip'],
      ['gunzip -c packed > ~/bin/tool', 'packed.gz'],
      ['cat build.sh >> ~/.profile', 'build.sh'],
      ['cat build.sh | tee /etc/cron.d/x', 'build.sh'],
      ['cd sub && cp ../build.sh x', 'build.sh'],
    ])('also of a program that nobody knows, and what leaves the project: %s', async (cmd, files) => {
      for (const name of ['packed.zip', 'packed.gz']) t.file(name, '');
      expect(await runsOf({ cmd })).toEqual(files.split(' '));
    });

    test.each(['ls > x', 'tar cf x.tar sub', 'dd if=none of=sub/x', 'git log > sub/x', 'git clone https://example.org/x sub/x', 'cp -r sub x', 'ls 2> /dev/null', 'git log 2>&1 | head'])('what stays there may be: %s', async (cmd) => {
      expect((await t.inspect('exec_command', { cmd })).facts.runs).toBeUndefined();
    }); // prettier-ignore

    test.each(['rm data.csv', 'cp build.sh other.sh', 'mv data.csv other.csv', 'tail -n1 data.csv > x.csv', 'git add build.sh', 'git commit -m data.csv', 'touch ../data.csv', 'gzip nothing.csv', 'grep x data.csv $HOME/y'])('not of those of every day: %s', async (cmd) => {
      expect(await runsOf({ cmd })).toEqual([]);
    }); // prettier-ignore
  });

  test('also without a shell, and in another folder', async () => {
    expect(await runsOf({ command: 'sh', args: ['inner.sh'], workdir: 'sub' })).toEqual(['sub/inner.sh']);
    shell('chmod +x "$1"', join(t.root, 'build.sh'));
    expect(await runsOf({ command: './build.sh' })).toEqual(['build.sh']);
  });
});

test('a digest is of the content, but of what looks like a secret', async () => {
  const { facts } = await t.inspect('exec_command', { cmd: 'sh build.sh .env' });
  const [secret, script] = facts.runs!;
  expect(script).toEqual({ path: join(t.root, 'build.sh'), digest: digestOf('echo one\n') });
  expect(secret!.path).toBe(join(t.root, '.env'));
  expect(secret!.digest).not.toBe(digestOf('KEY=geheim\n'));
  t.file('.env', 'KEY=geheim\n');
  expect((await t.inspect('exec_command', { cmd: 'sh build.sh .env' })).facts.runs![0]!.digest).not.toBe(
    secret!.digest,
  );
});

test('so it is of what lies where secrets do in a home', async () => {
  t.file('.mylogin.cnf', 'geheim\n');
  const [secret] = (await t.inspect('exec_command', { cmd: 'sh .mylogin.cnf' })).facts.runs!;
  expect(secret!.path).toBe(join(t.root, '.mylogin.cnf'));
  expect(secret!.digest).not.toBe(digestOf('geheim\n'));
});

test('of very many the last ones are told as one, and none goes unseen', async () => {
  const names = Array.from({ length: 150 }, (_, index) => `f${String(index).padStart(3, '0')}`);
  for (const name of names) t.file(name, name);
  const cmd = `sh ${names.join(' ')}`;
  const before = (await t.inspect('exec_command', { cmd })).facts.runs!;
  expect(before).toHaveLength(101);
  expect(before.at(-1)!.path).toBe('… and 50 more');
  t.file('f149', 'other');
  expect((await t.inspect('exec_command', { cmd })).facts.runs!.at(-1)).not.toEqual(before.at(-1));
});

test.each([
  { cmd: './build.sh' },
  { cmd: 'sh build.sh' },
  { cmd: 'make -f Makefile' },
  { command: 'sh', args: ['build.sh'] },
])('approved, changed, not run: %j', async (args) => {
  t.file('build.sh', '#!/bin/sh\necho one\n');
  const request = t.request('exec_command', args);
  const inspection = await t.host.inspect(request);
  t.file('build.sh', '#!/bin/sh\necho two\n');
  t.file('Makefile', 'all:\n\techo two\n');
  expect(await t.run(request, inspection)).toMatchObject({ outcome: 'void', output: '' });
});
