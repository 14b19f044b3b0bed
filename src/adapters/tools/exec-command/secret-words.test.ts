import { homedir } from 'node:os';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestHost, testHost } from '../test-host.ts';

let t: TestHost;
beforeEach(() => void (t = testHost()));
afterEach(() => t.remove());

const secretsIn = async (cmd: string): Promise<string[]> =>
  (await t.inspect('exec_command', { cmd })).facts.paths.flatMap(({ real, secret_shaped }) =>
    secret_shaped ? [real] : [],
  );

test.each([
  ['cat .env', '.env'],
  ['cat < .env', '.env'],
  ['git diff --no-index /dev/null ./.env', '.env'],
  ['git blame --contents=.env a', '.env'],
  ['git log --author=x:.env', '.env'],
  ['cp a.txt b/.npmrc', 'b/.npmrc'],
  ['sh -c "cat .env"', '.env'],
  ['openssl x509 -in server.pem', 'server.pem'],
  ['cat "$HOME/.netrc"', '$HOME/.netrc'],
])('%s names one', async (cmd, path) => {
  t.file('server.pem', '');
  expect(await secretsIn(cmd)).toContain(`${t.root}/${path}`);
});

test('one to which nobody gets is one all the same', async () => {
  const path = `/proc/1/root/${'x'.repeat(5000)}/.netrc`;
  expect(await secretsIn(`cat ${path}`)).toEqual([path]);
});

test('over /proc, too, but for what is its own', async () => {
  expect(await secretsIn('cat /proc/self/root/.netrc; cat /proc/self/environ')).toHaveLength(1);
});

test('of the home, too', async () => {
  expect(await secretsIn('cat ~/.ssh/id_ed25519')).toEqual([`${homedir()}/.ssh/id_ed25519`]);
});

test('what lies where secrets do in a home, where there is such a file', async () => {
  t.file('.config/gh/hosts.yml', '');
  t.file('.bash_history', '');
  expect(await secretsIn('cat .config/gh/hosts.yml .bash_history .zsh_history')).toEqual([
    `${t.root}/.config/gh/hosts.yml`,
    `${t.root}/.bash_history`,
  ]);
});

test.each(['git commit -m token', 'grep -r password .', 'npm run build-tokens', 'cat other.pem', 'echo .environment'])(
  '%s names none',
  async (cmd) => {
    expect(await secretsIn(cmd)).toEqual([]);
  },
);
