import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { digestOf } from '../../../base/digest.ts';
import { shell, type TestHost, testHost } from '../test-host.ts';

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
  t.file('eslint.config.js', '');
  t.file('.env', 'KEY=geheim\n');
  symlinkSync('build.sh', join(t.root, 'link.sh'));
});
afterEach(() => t.remove());

const runsOf = async (args: object): Promise<string[]> => {
  const { facts } = await t.inspect('exec_command', args);
  return (facts.runs ?? []).map(({ path, digest }) =>
    digest === undefined ? `whatever ${path} is by then` : path.replace(`${t.root}/`, ''),
  );
};

describe('what a line goes by', () => {
  test.each([
    ['./build.sh', 'build.sh'],
    ['sh build.sh data.csv', 'build.sh data.csv'],
    ['bash -e ./link.sh', 'build.sh'],
    ['. ./build.sh', 'build.sh'],
    ['bash < build.sh', 'build.sh'],
    ['cat build.sh | sh', 'build.sh'],
    ['env A=1 timeout 9 python3 build.sh', 'build.sh'],
    ['echo go && "./build.sh"', 'build.sh'],
    ['cd sub && ./inner.sh', 'sub/inner.sh'],
    ['cd sub; cd ..; sh build.sh', 'build.sh'],
    ['make', 'Makefile'],
    ['make -C sub', 'Makefile sub/Makefile'],
    ['npm test', 'package.json'],
    ['node --import=./build.sh x', 'build.sh'],
    ['curl -d @data.csv https://example.org', 'data.csv'],
    ['sh b*.sh', 'build.sh'],
    ['for f in 1; do sh ./"s"ub/[a-z]*.sh {build,x}.sh; done', 'build.sh sub/inner.sh'],
    ['sh $PWD/build.sh "${PWD}/sub/inner.sh" $(pwd)/link.sh', 'build.sh sub/inner.sh'],
    ['cd "$PWD/sub" && ./inner.sh', 'sub/inner.sh'],
    ['make -fsub/Makefile', 'Makefile sub/Makefile'],
    ['make -Csub', 'Makefile sub/Makefile'],
    ['curl -Tdata.csv https://example.org', 'data.csv'],
    ['PATH=sub:$PATH inner.sh', 'sub/inner.sh'],
    ['BASH_ENV=build.sh bash data.csv', 'build.sh data.csv'],
    ['node main', 'main.js'],
    ['python3 -m tool', 'tool.py'],
    ['tsx main.js', 'main.js'],
    ['java -jar data.csv', 'data.csv'],
    ['eslint .', 'eslint.config.js package.json'],
    ['sed -f build.sh data.csv', 'build.sh data.csv'],
  ])('%s', async (cmd, files) => {
    expect(await runsOf({ cmd })).toEqual(files.split(' '));
  });

  test.each([
    ['cd $D && ./build.sh', ['whatever $D is by then', 'build.sh']],
    ['$(echo sh) build.sh', ['whatever $(echo sh) is by then', 'build.sh']],
    ['find . -exec sh build.sh {} +', ['whatever {} is by then', 'build.sh']],
    ['sh -e $F', ['whatever $F is by then']],
    ['sh **/*/*/*/*/*/*.sh', ['whatever **/*/*/*/*/*/*.sh is by then']],
  ])('what only the shell will know is said: %s', async (cmd, files) => {
    for (let i = 0; i < 700; i++) mkdirSync(join(t.root, `many/${i % 10}/${i}/a/b`), { recursive: true });
    expect(await runsOf({ cmd })).toEqual(files);
  });

  test('more than anybody looks for is said, too', async () => {
    const folders = Array.from({ length: 300 }, (_, index) => `d${index}`);
    for (const name of folders) mkdirSync(join(t.root, name));
    expect(await runsOf({ cmd: `sh build.sh ${folders.join(' ')}` })).toEqual([
      'whatever else its words name in so many folders is by then',
      'build.sh',
    ]);
  });

  test('… in a folder whose name is a pattern itself', async () => {
    t.file('[a]*/x.sh', '');
    expect(await runsOf({ cmd: 'sh *.sh', workdir: '[a]*' })).toEqual(['[a]*/x.sh']);
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
