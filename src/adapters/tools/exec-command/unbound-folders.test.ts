/** Folders of which a line without a sandbox takes whatever lies there by then, so that whoever approves it is told. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestHost, testHost } from '../test-host.ts';

let t: TestHost;
beforeEach(() => {
  t = testHost();
  for (const path of ['site/index.html', 'tools/build.sh', 'tools/deep/a.py', 'a.txt', 'Makefile']) t.file(path, '');
});
afterEach(() => t.remove());

const unboundOf = async (call: object): Promise<string[] | undefined> =>
  (await t.inspect('exec_command', call)).facts.unbound?.map((folder) => folder.replace(t.root, '.'));

test.each([
  // They load code, or look for what they go by.
  'npm test', 'make', 'make -C tools', 'cd tools && make', './tools/build.sh', 'sh tools/build.sh', 'python3 tools/deep/a.py', "node -e 'x()'", 'sudo make install',
  'bash -c "npm test"', 'find . -exec ./tools/build.sh {} +', 'docker build .', 'docker run -v $PWD:/x img',
  // Nobody here knows them.
  'hg status', 'hg -R tools status', 'svn up', 'jj st', 'ctags -R', 'tar cf /tmp/x.tar tools', 'code .', 'git frobnicate', 'git help start/here', 'git start/here --help', 'git --help start/here', 'git cherry-pick --strategy=recursive/fast x', 'strings -- *.txt',
  // They send all of it, or what only the shell will know.
  'scp -r . host:x', 'cd site && scp -r .. host:x', 'rsync -a ../ host:x', 'scp -r $D host:x',
])('%s: all of the project', async (cmd) => {
  expect(await unboundOf({ cmd })).toEqual(['.']);
}); // prettier-ignore

test.each([
  ['scp -r site host:x', './site'],
  ['scp -r site tools/deep host:x', './site ./tools/deep'],
  ['scp -r tools tools/deep host:x', './tools'],
  ['cd tools && scp -r deep host:x', './tools/deep'],
  ['scp -r t*s host:x', './tools'],
  ['kubectl apply -f site', './site'],
  ['terraform -chdir=site apply', './site'],
  ['cp -r site ~/../x', './site'],
  ['mv tools/deep /tmp/nowhere/x', './tools/deep'],
])('%s: what it names', async (cmd, folders) => {
  expect(await unboundOf({ cmd })).toEqual(folders.split(' '));
});

test.each([
  'ls site', 'grep -r x .', 'rm -rf site', 'cp -r site other', 'mv a.txt b.txt', 'git status', 'git commit -m x', 'curl -d @a.txt http://host/x', 'scp a.txt host:x',
  'ssh host uptime', 'timeout 5 ls', 'sudo rm a.txt', 'bash -c "ls site"', 'ls | xargs cat', 'cp a.txt ../x', 'echo hi > ../x',
])('%s: nothing', async (cmd) => {
  expect(await unboundOf({ cmd })).toBeUndefined();
}); // prettier-ignore

test('of a call in a folder that is this one', async () => {
  expect(await unboundOf({ cmd: 'make', workdir: 'tools' })).toEqual(['./tools']);
  expect(await unboundOf({ command: 'tar', args: ['cf', '../x.tar', '../site'], workdir: 'tools' })).toEqual([
    './site',
    './tools',
  ]);
});
