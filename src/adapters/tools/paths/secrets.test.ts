/** What lies where the sandbox hides it in a person's home is a secret for the tools that take paths, too. */
import { linkSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TestHost, testHost } from '../test-host.ts';
import { openNamed } from './open-named.ts';

let house: string;
beforeEach(() => void (house = realpathSync(mkdtempSync(join(tmpdir(), 'house-')))));
afterEach(() => rmSync(house, { recursive: true }));

/** With the person's home around it. */
function startedIn(folder: string): TestHost {
  const root = join(house, folder);
  mkdirSync(root, { recursive: true });
  return testHost({ environment: { HOME: house }, home: join(house, '.runtime') }, root);
}

function put(path: string, text = 'needle\n'): void {
  mkdirSync(dirname(join(house, path)), { recursive: true });
  writeFileSync(join(house, path), text);
}

async function isSecret(t: TestHost, path: string): Promise<boolean> {
  const { facts, invalid } = await t.inspect('read_file', { path });
  if (invalid) throw new Error(JSON.stringify(invalid));
  return facts.paths[0]!.secret_shaped;
}

const SECRETS = [
  '.config/gh/hosts.yml', '.bash_history', '.mozilla/firefox/one/cookies.sqlite', '.cache/huggingface/token',
  '.local/share/atuin/history.db', '.config/Bitwarden CLI/data.json', '.Config/GH/hosts.yml', 'secrets/one.txt',
  '.config/secrets/one.txt', '.kaggle/kaggle.json', '.netrc~', '.npmrc.bak',
  '.config/zsh/.zsh_history', '.zsh_sessions/one.history', '.local/state/python/history', '.local/state/psql/history',
  '.local/state/node/history', '.local/state/less/history', '.config/nushell/history.txt', '.config/nushell/history.sqlite3',
  '.local/share/powershell/PSReadLine/ConsoleHost_history.txt', '.ollama/id_ed25519', '.tsh/current-profile',
  '.config/rbw/config.json', '.config/bitwarden/data.json', '.config/borg/keys/one', '.config/restic/password.x',
  '.config/uv/credentials/one', '.config/tea/config.yml', '.config/hut/config', '.config/gnupg/one', '.local/share/gnupg/one',
  '.local/share/gem/credentials', '.erlang.cookie', '.librewolf/one', '.zen/one',
]; // prettier-ignore
/** Copies of those, which are looked for by what is there. */
const COPIES = ['.bash_history.bak', '.ssh.bak/one', '.aws.old/one', '.config/gh.old/hosts.yml', '.mozilla~/one', '.Bash_History.save']; // prettier-ignore
const PLAIN = [
  '.profile',
  '.config/k9s/config.yaml',
  '.config/ghost/config',
  'src/.bash_history',
  '.pulumi/bin/pulumi',
  '.profile.bak',
  '.config/zsh/.zshrc',
  '.config/nushell/config.nu',
  '.config/uv/uv.toml',
  '.ollama/models/one',
  '.cache/borg/one',
  'Downloads/turkey.bak',
];

describe('started in the home', () => {
  test.each(SECRETS)('%s is a secret, there or not', async (path) => {
    const t = startedIn('');
    if (path.includes('secrets/')) put(path);
    expect(await isSecret(t, path)).toBe(true);
    put(path);
    expect(await isSecret(t, path)).toBe(true);
  });

  test.each(COPIES)('%s is a secret', async (path) => {
    put(path);
    expect(await isSecret(startedIn(''), path)).toBe(true);
  });

  test.each(PLAIN)('%s is none', async (path) => {
    put(path);
    expect(await isSecret(startedIn(''), path)).toBe(false);
  });

  test('a search passes over what holds them, and needs not ask for that', async () => {
    for (const path of ['.config/gh/hosts.yml', '.bash_history', 'secrets/one.txt', 'notes/one.txt']) put(path);
    const t = startedIn('');
    expect((await t.inspect('search_files', { query: 'needle' })).facts.paths).toMatchObject([
      { secret_shaped: false },
    ]);
    expect((await t.call('search_files', { query: 'needle' })).output).toBe('notes/one.txt:1: needle');
    expect((await t.call('search_files', { query: 'needle', path: '.config' })).output).toBe('[no line matches]');
  });

  test('a patch of one asks as well', async () => {
    const patch = '*** Begin Patch\n*** Add File: .config/gh/hosts.yml\n+x\n*** End Patch\n';
    expect((await startedIn('').inspect('apply_patch', { patch })).facts.paths).toMatchObject([
      { secret_shaped: true },
    ]);
  });

  test('a link to one that is named outside of any call is refused, its own name is not', () => {
    put('.config/gh/hosts.yml');
    symlinkSync('.config/gh/hosts.yml', join(house, 'notes.txt'));
    const around = { projectRoot: house, home: join(house, '.runtime'), ownFiles: [], environment: { HOME: house } };
    expect(openNamed(around, join(house, 'notes.txt'))).toMatchObject({ code: 'leads_elsewhere' });
    expect(openNamed(around, join(house, '.config/gh/hosts.yml'))).toMatchObject({
      real: join(house, '.config/gh/hosts.yml'),
    });
  });
});

test('started in .config they are secrets, too', async () => {
  put('.config/gh/hosts.yml');
  const t = startedIn('.config');
  expect(await isSecret(t, 'gh/hosts.yml')).toBe(true);
  expect(await isSecret(t, 'ghost/hosts.yml')).toBe(false);
  expect((await t.call('search_files', { query: 'needle' })).output).toBe('[no line matches]');
});

test('started above the home they are, and a search passes over them', async () => {
  const home = join(house, 'me');
  const paths = ['.netrc', '.bash_history', '.config/gh/hosts.yml'].map((path) => `me/${path}`);
  for (const path of [...paths, 'me/notes.txt']) put(path);
  const t = testHost({ environment: { HOME: home }, home: join(home, '.runtime') }, house);
  for (const path of paths) expect([path, await isSecret(t, path)]).toEqual([path, true]);
  expect((await t.call('search_files', { query: 'needle' })).output).toBe('me/notes.txt:1: needle');
  expect((await t.call('search_files', { query: 'needle', path: 'me' })).output).toBe('me/notes.txt:1: needle');
});

test('from any other project they are, also over links', async () => {
  put('.bash_history');
  put('dotfiles/config/gh/hosts.yml');
  put('dotfiles/op');
  symlinkSync('dotfiles/config', join(house, '.config'));
  symlinkSync('../op', join(house, 'dotfiles/config/op'));
  symlinkSync('../.bash_history', join(house, 'dotfiles/history'));
  const t = startedIn('dotfiles');
  for (const path of ['../.bash_history', `${house}/.bash_history`, 'config/gh/hosts.yml', 'op', 'history']) {
    expect([path, await isSecret(t, path)]).toEqual([path, true]);
  }
  expect((await t.call('search_files', { query: 'needle' })).output).toBe('[no line matches]');
});

test.each(['.env/', '.env/.', './/.env', 'src/../.env', 'a.txt', 'c/deploy/server.pem', 'c/deploy/server.pem/'])(
  'one of the project is one as %s',
  async (path) => {
    for (const name of ['.env', 'config/deploy/server.pem', 'src/a.ts']) put(`project/${name}`);
    const t = startedIn('project');
    symlinkSync('.env', join(t.root, 'a.txt'));
    symlinkSync('config', join(t.root, 'c'));
    expect(await isSecret(t, path)).toBe(true);
    expect(await isSecret(t, 'src/a.ts')).toBe(false);
    expect((await t.call('search_files', { query: 'needle', path: 'c' })).output).not.toContain('needle');
  },
);

test('a link on the way that is one counts, wherever it leads', async () => {
  put('stow/hosts.yml');
  mkdirSync(join(house, '.config/gh'), { recursive: true });
  symlinkSync('../../stow/hosts.yml', join(house, '.config/gh/hosts.yml'));
  expect(await isSecret(startedIn('project'), '../.config/gh/hosts.yml')).toBe(true);
});

test('a project that lies in such a folder is one, as it is for commands', async () => {
  const t = startedIn('.config/gh');
  t.file('hosts.yml', 'needle\n');
  expect(await isSecret(t, 'hosts.yml')).toBe(true);
  expect((await t.call('search_files', { query: 'needle' })).output).toBe('[no line matches]');
});

test("those of the system's home are, whatever the environment says", async () => {
  const { homedir } = userInfo();
  expect(await isSecret(startedIn('project'), join(homedir, '.config/gh/not-there.yml'))).toBe(true);
});

test('a hard link to one is one', async () => {
  put('.mozilla/firefox/one/cookies.sqlite');
  const t = startedIn('project');
  linkSync(join(house, '.mozilla/firefox/one/cookies.sqlite'), join(t.root, 'a.txt'));
  expect(await isSecret(t, 'a.txt')).toBe(true);
});

test('where a home can not be listed, all of it counts', async () => {
  rmSync(house, { recursive: true });
  const project = mkdtempSync(join(tmpdir(), 'project-'));
  writeFileSync(house, ''); // listing it fails, for root as well
  const t = testHost({ environment: { HOME: house }, home: join(project, '.runtime') }, realpathSync(project));
  expect(await isSecret(t, house)).toBe(true);
  t.remove();
});
