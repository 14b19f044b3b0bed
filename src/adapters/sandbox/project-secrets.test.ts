import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { secretsOfProject } from './project-secrets.ts';

test('a folder whose names can be listed, and not looked at, is one: by the next command it may be open again', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'secrets-')));
  mkdirSync(join(root, 'sub/.ssh'), { recursive: true });
  writeFileSync(join(root, 'sub/.env'), '');
  const isRoot = process.geteuid!() === 0; // who may look at all
  if (isRoot) for (const path of ['', ...readdirSync(root, { recursive: true }).map(String)]) chownSync(join(root, path), 65_534, 65_534); // prettier-ignore
  if (isRoot) process.seteuid!(65_534);
  try {
    for (const mode of [0o600, 0o444, 0o111, 0o000]) {
      chmodSync(join(root, 'sub'), mode);
      expect(secretsOfProject(root, 0).own).toEqual([join(root, 'sub')]);
    }
    chmodSync(join(root, 'sub'), 0o700);
    expect(secretsOfProject(root, 0).own.sort()).toEqual([join(root, 'sub/.env'), join(root, 'sub/.ssh')]);
  } finally {
    if (isRoot) process.seteuid!(0);
    rmSync(root, { recursive: true });
  }
});

test('private keys are found in folders of any depth, but not those of tests, nor certificates', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'secrets-')));
  const key = '-----BEGIN PRIVATE KEY-----\nMII\n';
  const certificate = '-----BEGIN CERTIFICATE-----\nMII\n';
  const files: [string, string, boolean][] = [
    ['a/b/server.pem', key, true],
    ['a/b/c/both.pem', certificate + key, true],
    ['a/b/c/server.key.bak', key, true],
    ['a/b/store.p12', 'binary', true],
    ['a/b/cacert.pem', certificate, false],
    ['a/b/tokens.json', '{}', false],
    ['a/b/tests/server.pem', key, false],
    ['a/testdata/x/server.key', key, false],
    ['.venv/lib/x/server.pem', key, false],
    ['a/latest/x/server.pem', key, true],
    ['a/b/large.pem', certificate.repeat(8000) + key, true],
    ['public.key', '-----BEGIN PUBLIC KEY-----\nMII\n', false],
    ['certs/public.pem', key, true],
    ['certs/server.pem', certificate, true],
  ];
  for (const [name, content] of files) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  const named = (): string[] => secretsOfProject(root, 0).own.map((path) => path.slice(root.length + 1)).sort(); // prettier-ignore
  const wanted = files.filter(([, , is]) => is).map(([name]) => name).sort(); // prettier-ignore
  expect(named()).toEqual(wanted);
  writeFileSync(join(root, 'a/b/cacert.pem'), `${certificate}${key}`);
  expect(named()).toEqual([...wanted, 'a/b/cacert.pem'].sort());
  rmSync(root, { recursive: true });
});

test('what only its content tells to be a private key is one of any depth, but for tests', () => {
  const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n';
  const account = '{\n  "type": "service_account",\n  "private_key": "-----BEGIN PRIVATE KEY-----\\nMII"\n}\n';
  expectNamed([
    ...['deploy_key', 'sshkey', 'ssh_key', 'mykey', 'key', 'id_ed25519_work', 'mykey.bak'].flatMap((name) =>
      (['', 'x/', 'a/b/c/'] as const).map((folder): Wanted => [`${folder}${name}`, key, true]),
    ),
    ['a/b/pgp_key', `Comment\n${key.replace('OPENSSH PRIVATE KEY', 'PGP PRIVATE KEY BLOCK')}`, true],
    ...[
      'service-account.json',
      'service_account-2.json',
      'prod-service-account.json',
      'gcp-key.json',
      'gcp_key.json',
    ].flatMap((name) => (['', 'a/b/c/'] as const).map((folder): Wanted => [`${folder}${name}`, account, true])),
    ['tests/deploy_key', key, false],
    ['a/b/fixtures/gcp-key.json', account, false],
    ['ssh-key', '# how to make one\n', false],
    ['bin/make-ssh-key', `#!/bin/sh\ncat <<E\n${key}E\n`, false],
    ['monkey', 'a PRIVATE KEY is none of its business\n', false],
    ['package-key.json', '{"key": "x"}\n', false],
    ['i18n/hot-key.json', '{"save": "Ctrl-S"}\n', false],
    ['service-account.json.d/x', account, false],
    ['src/components/api-key/index.ts', '', false],
    ['turkey.json', account, false],
    ['hotkey.ts', key, false],
  ]);
});

test('what tests have of their own, or folders are called, too, is one as a file of any depth but of those', () => {
  expectNamed([
    ...[
      'prod.env',
      'terraform.tfvars',
      'terraform.tfstate',
      'terraform.tfstate.backup',
      'kubeconfig',
      'x.kubeconfig',
    ].flatMap((name): Wanted[] => [
      [name, 'x', true],
      [`env/${name}`, 'x', true],
      [`a/b/c/${name}`, 'x', true],
      [`a/b/testdata/${name}`, 'x', false],
    ]),
    ...[
      '.dev.vars',
      '.my.cnf',
      '.vault_pass',
      '.vault-pass',
      'dot_env',
      'private_dot_netrc',
      '.docker/config.json',
      'dot_docker/config.json',
    ].flatMap((name): Wanted[] => [
      [name, 'x', true],
      [`a/b/tests/${name}`, 'x', true],
    ]),
    ...[
      '.env.example',
      'example.env',
      'terraform.tfvars.example',
      'jest.env.js',
      'vite.env.d.ts',
      '.yarnrc.yml',
      'config.json',
      'auth.json',
    ].flatMap((name): Wanted[] => [
      [name, 'x', false],
      [`a/b/${name}`, 'x', false],
    ]),
    ['env/settings.ts', 'x', false],
    ['pkg/kubeconfig/load.go', 'x', false],
    ['lib/dot_env/load.rb', 'x', false],
  ]);
  expectNamed([], ['private_dot_ssh/private_id_ed25519', '.ssh.bak/id', 'a/b/c/.aws.old/x']);
});

test('of more files that may be keys than are looked into it is said that there are too many', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'secrets-')));
  for (let n = 0; n < 5000; n++) writeFileSync(join(root, `${n}-key`), '');
  expect(secretsOfProject(root, 0).own).toEqual([]);
  writeFileSync(join(root, 'one-more-key'), '');
  expect(() => secretsOfProject(root, 0)).toThrow('more than 5000 files that may be keys');
  rmSync(root, { recursive: true });
});

type Wanted = [name: string, content: string, is: boolean];

/** Of these files; further ones lie in folders that are themselves. */
function expectNamed(files: readonly Wanted[], inFolders: readonly string[] = []): void {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'secrets-')));
  for (const [name, content] of [...files, ...inFolders.map((name): [string, string] => [name, ''])]) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  const wanted = [
    ...files.filter(([, , is]) => is).map(([name]) => join(root, name)),
    ...inFolders.map((name) => join(root, name, '..')),
  ];
  expect(secretsOfProject(root, 0).own.sort()).toEqual(wanted.sort());
  rmSync(root, { recursive: true });
}

test('of links named like secrets those that lead to one', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'secrets-')));
  for (const path of ['a/b/tests', 'a/b/.docker', 'conf']) mkdirSync(join(root, path), { recursive: true });
  for (const name of ['settings', '.env.example']) writeFileSync(join(root, 'conf', name), 'x');
  writeFileSync(join(root, 'conf/key.txt'), '-----BEGIN PRIVATE KEY-----\n');
  writeFileSync(join(root, 'conf/certificate'), '-----BEGIN CERTIFICATE-----\n');
  const links: [string, string, boolean][] = [
    ['.env', 'conf/settings', true],
    ['.ssh', 'conf', true],
    ['a/b/id_rsa', '../../conf/settings', true],
    ['tokens.json', 'conf/settings', true],
    ['server.pem', 'conf/key.txt', true],
    ['a/b/server.pem', '../../conf/key.txt', true],
    ['a/b/.env', 'nowhere', false],
    ['a/b/tokens.json', '../../conf/settings', false],
    ['ca.pem', 'conf/certificate', false],
    ['a/b/tests/server.pem', '../../../conf/key.txt', false],
    ['a/b/plain', '../../conf/settings', false],
    ['deploy_key', 'conf/key.txt', true],
    ['a/b/mykey', '../../conf/key.txt', true],
    ['ssh_key', 'conf/settings', false],
    ['hot-key', 'conf', false],
    ['a/b/tests/deploy_key', '../../../conf/key.txt', false],
    ['a/b/prod.env', '../../conf/settings', true],
    ['.env.development', 'conf/.env.example', false],
    ['a/b/tests/prod.env', '../../../conf/settings', false],
    ['a/b/.docker/config.json', '../../../conf/settings', true],
  ];
  for (const [name, target] of links) symlinkSync(target, join(root, name));
  const wanted = links.filter(([, , is]) => is).map(([name]) => join(root, name));
  expect(secretsOfProject(root, 0)).toEqual({ own: [], links: expect.arrayContaining(wanted) });
  expect(secretsOfProject(root, 0).links).toHaveLength(wanted.length);
  rmSync(root, { recursive: true });
});
