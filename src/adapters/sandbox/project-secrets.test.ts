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

test('of links named like secrets those that lead to one', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'secrets-')));
  for (const path of ['a/b/tests', 'conf']) mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, 'conf/settings'), 'x');
  writeFileSync(join(root, 'conf/key'), '-----BEGIN PRIVATE KEY-----\n');
  writeFileSync(join(root, 'conf/certificate'), '-----BEGIN CERTIFICATE-----\n');
  const links: [string, string, boolean][] = [
    ['.env', 'conf/settings', true],
    ['.ssh', 'conf', true],
    ['a/b/id_rsa', '../../conf/settings', true],
    ['tokens.json', 'conf/settings', true],
    ['server.pem', 'conf/key', true],
    ['a/b/server.pem', '../../conf/key', true],
    ['a/b/.env', 'nowhere', false],
    ['a/b/tokens.json', '../../conf/settings', false],
    ['ca.pem', 'conf/certificate', false],
    ['a/b/tests/server.pem', '../../../conf/key', false],
    ['a/b/plain', '../../conf/settings', false],
  ];
  for (const [name, target] of links) symlinkSync(target, join(root, name));
  const wanted = links.filter(([, , is]) => is).map(([name]) => join(root, name));
  expect(secretsOfProject(root, 0)).toEqual({ own: [], links: expect.arrayContaining(wanted) });
  expect(secretsOfProject(root, 0).links).toHaveLength(wanted.length);
  rmSync(root, { recursive: true });
});
