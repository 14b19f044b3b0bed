/** Files that a line goes by though its words name none of them: those beside a script, those of a list, and well-known ones. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TestHost, testHost } from '../test-host.ts';
import { goesBy } from './testing/goes-by.ts';

let t: TestHost;
beforeEach(() => (t = testHost()));
afterEach(() => t.remove());

const runsOf = (cmd: string, workdir?: string): Promise<string[] | undefined> =>
  goesBy(t, { cmd, ...(workdir !== undefined && { workdir }) });

describe('Node takes a script as the nearest package.json says', () => {
  beforeEach(() => {
    t.file('src/deep/x.js', '');
    t.file('src/run', '#!/usr/bin/env node\n');
    t.file('src/x.py', '');
    t.file('src/package.json', '{}');
    t.file('src/tsconfig.json', '{}');
    t.file('tools/build.sh', '');
  });

  test.each([
    ['node src/deep/x.js', 'src/deep/x.js src/package.json src/tsconfig.json'],
    ['./src/run', 'src/package.json src/run src/tsconfig.json'],
    ['cd tools && tsx ../src/deep/x.js', 'src/deep/x.js src/package.json src/tsconfig.json'],
    ['sh tools/build.sh', 'tools/build.sh'],
  ])('%s', async (cmd, files) => {
    expect(await runsOf(cmd)).toEqual(files.split(' '));
  });

  test('one that comes nearer changes what the call goes by', async () => {
    const before = await runsOf('node src/deep/x.js');
    t.file('src/deep/package.json', '{"type":"module"}');
    expect(await runsOf('node src/deep/x.js')).toEqual(['src/deep/package.json', ...before!]);
  });
});

describe('Python looks for modules beside its script', () => {
  beforeEach(() => {
    t.file('manage.py', '#!/usr/bin/env python3\n');
    t.file('random.py', '');
    t.file('build.sh', '#!/bin/sh\n');
    t.file('bin/python3', '\x7fELF');
    t.file('bin/other.py', '');
    t.file('Makefile', '');
    t.file('tools/m.py', '');
    t.file('tools/plain', '');
    t.file('tools/run', '#!/usr/bin/env -S python3 -u\n');
    t.file('tools/build', '#! /usr/bin/make -f\n');
    t.file('tools/split', '#!/usr/bin/env -Smake -f\n');
    t.file('tools/json/__init__.py', '');
    symlinkSync('tools/m.py', join(t.root, 'link'));
  });

  const beside = 'tools/json/__init__.py tools/m.py';
  test.each([
    ['python3 tools/m.py', `manage.py random.py ${beside}`],
    ['python3 tools/plain', `manage.py random.py ${beside} tools/plain`],
    ['python3 tools/m*.py', `manage.py random.py ${beside}`],
    ['cd tools && python3 ../manage.py', `manage.py random.py ${beside}`],
    ['./manage.py migrate', 'manage.py random.py'],
    ['tools/m.py', beside],
    ['./tools/run', `manage.py random.py ${beside} tools/run`],
    ['uv run tools/m.py', beside],
    ['sh -c ./tools/m.py', beside],
    ['find . -exec tools/m.py +', beside],
    ['ipython tools/m.py', `manage.py random.py ${beside}`],
    ['bin/python3 tools/m.py', `bin/python3 manage.py random.py ${beside}`],
    ['flask run', 'manage.py random.py'],
    ['tools/build', 'Makefile tools/build'],
    ['tools/split', 'Makefile tools/split'],
    ['./build.sh', 'build.sh'],
    ['sh tools/plain', 'tools/plain'],
  ])('%s', async (cmd, files) => {
    expect(await runsOf(cmd)).toEqual(files.split(' '));
  });

  test('… also where a link leads to it', async () => {
    const told = ['link, which leads to tools/m.py', ...`manage.py random.py ${beside}`.split(' ')];
    expect((await runsOf('python3 link'))?.map((one) => one.replace(`${t.root}/`, ''))).toEqual(told);
  });

  test('a module that comes there makes an approved call void', async () => {
    for (const cmd of ['python3 tools/m.py', 'tools/m.py']) {
      const request = t.request('exec_command', { cmd });
      const inspection = await t.host.inspect(request);
      t.file(`tools/new${cmd.length}.py`, 'print("evil")\n');
      expect(await t.run(request, inspection)).toMatchObject({ outcome: 'void', output: '' });
    }
  });

  test('a program by its path that comes there makes an approved call void', async () => {
    for (const cmd of ['./nothing.py', 'tools/nothing']) {
      const request = t.request('exec_command', { cmd });
      const inspection = await t.host.inspect(request);
      t.file(cmd, '#!/bin/sh\necho evil\n');
      expect(await t.run(request, inspection)).toMatchObject({ outcome: 'void', output: '' });
    }
  });
});

describe('what is given by a list, or found', () => {
  beforeEach(() => {
    t.file('list', 'build.sh\n');
    t.file('build.sh', '');
  });

  const given = 'whatever else it is given is by then';
  test.each([
    ['xargs bash < list', [given, 'list']],
    ['xargs -a list bash', [given, 'list']],
    ['find . -name \\*.sh | xargs bash', [given]],
    ['cat list | xargs -n1 sh', [given, 'list']],
    ['xargs -I % sh %', [given]],
    ['xargs -I% %', [given]],
    ['xargs --unknown sh', [given]],
    ['xargs ./build.sh', [given, 'build.sh']],
    ['xargs env A=1 timeout 9 python3', [given]],
    ['ls | xargs gzip', [given]],
    ['ls | xargs sort -S1k build.sh', [given, 'build.sh']],
    ['ls | xargs rg x', [given]],
    ['ls | xargs find .', [given]],
    ['A=1 fd -x sh', [given]],
    ['ls | xargs git apply', [given]],
    ['ls | xargs rm; cp list ~/bin', [given, 'list']],
    ['parallel sh ::: build.sh', [given, 'build.sh']],
    ['parallel sh < list', [given, 'list']],
    ['ls | entr -p sh /_', [given]],
    ['run-parts .', [given]],
    ['fd -e sh -x sh', [given]],
    ['fd --exec-b sh', [given]],
    ['rg --pre sh x', [given]],
    ['find . -execdir sh build.sh \\;', [given, 'build.sh']],
    ['find . -okdir make \\;', [given]],
    ['find . -exec sh {} \\;', ['whatever {} is by then']],
    ['find . -exec sh ./{} +', ['whatever ./{} is by then']],
    ['find . -execdir {} \\;', [given, 'whatever {} is by then']],
    ['cat list | while read f; do sh "$f"; done', ['whatever $f is by then', 'list']],
    ['for f in $(cat list); do ./"$f"; done', ['whatever ./$f is by then', 'list']],
    ['sh $(cat list)', ['whatever $(cat list) is by then', 'list']],
  ])('%s', async (cmd, files) => {
    expect(await runsOf(cmd)).toEqual(files);
  });

  test.each([
    'ls | xargs echo', 'ls | xargs -n1 printf %s', 'find . -name x -exec rm {} +', 'find . -execdir rm {} \\;', 'fd x', 'rg x',
  ])('not where words say all: %s', async (cmd) => {
    expect(await runsOf(cmd) ?? []).toEqual([]);
  }); // prettier-ignore

  test.each([
    'sort --files0-from=none', 'wc --f none -l', 'ls | du --files0-from=-', 'find -files0-from none -delete', 'pkill -F none', 'pkill --pidfile=none', 'git hash-object -w --stdin-paths < none',
  ])('what a list of theirs names: %s', async (cmd) => {
    expect(await runsOf(cmd)).toEqual([given]);
  }); // prettier-ignore

  test.each(['sort --field-separator=, x', 'sort -f x', 'pkill -f x', 'find . -name f'])('what is no list: %s', async (cmd) => {
    expect(await runsOf(cmd)).toBeUndefined();
  }); // prettier-ignore

  // A name with a blank in it is two.
  test.each([
    'ls | xargs rm', 'ls | xargs grep x', 'ls | xargs -0 -n1 wc -l', 'ls | xargs git add --', 'ls | xargs nice rm', 'ls | xargs sed -n 1p',
    'git log --format=%B -1 | xargs rm',
  ])('what another program puts out: %s', async (cmd) => {
    expect(await runsOf(cmd)).toEqual([given]);
  }); // prettier-ignore

  test.each([
    'cat list | make -f -', 'make --file=- < list', 'make --makef=- < list', "make --eval='$(shell sh build.sh)'", "tsx -e 'import(`./build.sh`)' < list",
    "julia -e 'include(`build.sh`)' < list", "elixir --eval 'x' < list",
  ])('code in a word or from a pipe: %s', async (cmd) => {
    expect((await runsOf(cmd))![0]).toBe('whatever else its code names is by then');
  }); // prettier-ignore
});

test.each([
  ['cargo build', '.cargo/config.toml .cargo/config rust-toolchain.toml'],
  ['docker compose up', 'compose.override.yaml docker-compose.override.yml .env docker-bake.hcl'],
  ['mvn test', '.mvn/maven.config .mvn/jvm.config .mvn/extensions.xml pom.xml'],
  ['./gradlew test', 'gradle.properties settings.gradle gradle/wrapper/gradle-wrapper.properties gradlew'],
  ['pnpm test', '.pnpmfile.cjs pnpm-workspace.yaml'],
  ['npx nx build', 'nx.json project.json'],
  ['node .', 'package.json'],
  ['ts-node x', 'package.json tsconfig.json'],
  ['lerna run x', 'lerna.json'],
  ['turbo build', 'turbo.json'],
  ['bundle exec rake', '.bundle/config Gemfile Rakefile'],
  ['rspec', '.rspec'],
  ['go build', 'go.mod go.work'],
  ['terraform apply', 'main.tf prod.auto.tfvars'],
  ['ansible-playbook site.yml', 'ansible.cfg site.yml'],
  ['foreman start', 'Procfile .env'],
  ['direnv exec . x', '.envrc'],
  ['npm ci', 'package-lock.json npm-shrinkwrap.json'],
  ['yarn install', 'yarn.lock'],
  ['pnpm install', 'pnpm-lock.yaml'],
  ['bun install', 'bun.lock'],
  ['uv sync', 'uv.lock pylock.toml'],
  ['poetry install', 'poetry.lock'],
  ['bundle install', 'Gemfile.lock'],
  ['composer install', 'composer.lock'],
  ['cargo build', 'Cargo.lock'],
  ['go build', 'go.sum'],
  ['nix build', 'flake.lock'],
  ['just', 'JustFile'],
  ['task', 'Taskfile.dist.yml'],
  ['mise run x', 'mise.toml .tool-versions .config/mise.toml'],
  ['pipenv run ls', 'Pipfile'],
  ['uv sync', 'uv.toml'],
  ['poetry install', 'poetry.toml'],
  ['hatch run x', 'hatch.toml'],
  ['pytest', 'pytest.ini'],
  ['mypy .', 'mypy.ini'],
  ['invoke x', 'tasks.py'],
  ['deno task x', 'package.json deno.json'],
  ['karma start', 'karma.conf.js'],
  ['mocha', '.mocharc.cjs'],
  ['nodemon', 'nodemon.json'],
  ['ng build', 'angular.json'],
  ['cdk deploy', 'cdk.json'],
  ['cmake --build out', 'out/Makefile out/CMakeCache.txt'],
  ['bazel build x', '.bazelrc WORKSPACE'],
  ['dotnet build', 'app.csproj Directory.Build.props'],
  ['mix test', 'mix.exs'],
  ['sbt test', 'build.sbt project/plugins.sbt'],
  ['nix develop', 'flake.nix'],
  ['java X', 'X.class'],
])('files that programs are told by: %s', async (cmd, files) => {
  const names = files.split(' ').sort();
  for (const name of [...names, 'other.txt', '.other/config']) t.file(name, '');
  expect(await runsOf(cmd)).toEqual(names);
});
