import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Policy } from '../../contract/manifest.ts';
import { catalog } from '../../kernel/testing/values.ts';
import { loadPolicyFile } from './policy-file.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'runtime-policy-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(text: string): Promise<Policy> {
  const path = join(folder, 'policy.yaml');
  writeFileSync(path, text);
  return loadPolicyFile(path, catalog);
}

const POLICY = { deny: ['exec_command'], require_approval: ['read_file'], allow: ['apply_patch'], sandbox: 'required' };

test.each([
  [
    'lists alone',
    'deny: [exec_command]\nrequire_approval: [read_file]\nauto_allow: [apply_patch]\nsandbox: required\n',
  ],
  [
    'JSON',
    '{"deny":["exec_command"],"require_approval":["read_file"],"auto_allow":["apply_patch"],"sandbox":"required"}',
  ],
  [
    'the sandbox as in a configuration',
    'deny: [exec_command]\nrequire_approval: [read_file]\nauto_allow: [apply_patch]\nsandbox: {mode: required}\n',
  ],
  [
    'a whole configuration',
    'governance:\n  deny: [exec_command]\n  require_approval: [read_file]\n  auto_allow: [apply_patch]\nsandbox: {mode: required}\norchestrator: {max_turns: 3}\n',
  ],
])('%s', async (_, text) => {
  expect(await load(text)).toMatchObject(POLICY);
});

test('the places that it opens, and nothing else of a network', async () => {
  expect(await load('deny: []\nnetwork: {allow_private: ["127.0.0.1:80"]}\n')).toMatchObject({ allow_private: ['127.0.0.1:80'] }); // prettier-ignore
  for (const [text, place] of [
    ['network: [a]', ':2:1: network: expected a mapping'],
    ['network: {allow: []}', ':2:11: network.allow: unknown key'],
    ['network: {allow_private: ["a/b"]}', ':2:27: network.allow_private[0]: expected a place'],
  ]) {
    // prettier-ignore
    await expect(load(`deny: []\n${text}\n`)).rejects.toMatchObject({ message: expect.stringContaining(place!) as string }); // prettier-ignore
  }
});

test('what it does not say is as in a configuration that does not say it', async () => {
  expect(await load('deny: [read_file]')).toMatchObject({
    deny: ['read_file'],
    require_approval: ['apply_patch', 'exec_command', 'send_mail', 'write_stdin'],
    sandbox: 'off',
  });
});

describe('refused, with the place', () => {
  test.each([
    ['auto_allow: []\ndenny: [read_file]\n', ':2:1: denny: unknown key; did you mean deny?'],
    ['approval_ttl: 1h\n', ':1:1: approval_ttl: unknown key'],
    ['deny: read_file\n', ':1:1: deny: expected a list of tool names'],
    ['deny: [read_flie]\n', ':1:8: deny[0]: there is no tool "read_flie"; did you mean read_file?'],
    ['sandbox: on\n', ':1:1: sandbox: expected auto, required or off'],
    ['', 'it says nothing of any tool'],
    ['- deny\n', 'must hold one mapping of keys to values'],
    ['governance: {denny: []}\n', ':1:14: governance.denny: unknown key; did you mean deny?'],
  ])('%j', async (text, message) => {
    await expect(load(text)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(message) as string,
    });
  });

  test('a file that is not there', async () => {
    await expect(loadPolicyFile(join(folder, 'none'), catalog)).rejects.toMatchObject({ code: 'config_unreadable' });
  });
});

describe('a rule that would not be what it seems is refused', () => {
  test.each([
    ['path: .github/', 'path: it ends with `/`: `**` stands for what lies in a folder, as `.github/**`'],
    ['path: "**/*.{pem,key}"', 'path: it has `{`: only `*` and `**` stand for others'],
    ['path: "src/?.ts"', 'path: it has `?`'],
    ['path: "src/**.ts"', 'path: `**` is a whole name'],
    ['path: "!src/**"', 'path: it begins with `!`'],
    ['command: "git push:*"', 'command: it has `:*`: further words are `git push *`'],
    ['command: "git {push,pull} *"', 'command: it has {push,pull}'],
    ['args: {cmd: "echo *"}', 'args.cmd: it is a text, and `echo *` is also `echo; rm -rf ~`'],
  ])('%s', async (condition, message) => {
    const text = `rules:\n  - {tool: exec_command, ${condition}, decision: allow}\n`;
    await expect(load(text)).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(`rules[0].${message}`) as string,
    });
  });

  test('others stay', async () => {
    const rules = ['path: "app/[id]/**"', 'command: "git show HEAD@{1}"', 'args: {cmd: "git status"}', 'args: {workdir: "src*"}']; // prettier-ignore
    for (const rule of rules) {
      expect(await load(`rules:\n  - {tool: exec_command, ${rule}, decision: allow}\n`)).toMatchObject({ rules: [{}] });
    }
    const forbidding = await load('rules:\n  - {tool: exec_command, args: {cmd: "*--force*"}, decision: deny}\n');
    expect(forbidding).toMatchObject({ rules: [{ decision: 'deny' }] });
  });
});

test('a folder that is a link is meant with what it leads to', async () => {
  mkdirSync(join(folder, 'real'));
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  const policy = await load(
    `rules:\n  - {tool: "*", path: ["${folder}/link/**", "${folder}/none/*", "src/**"], decision: deny}\n`,
  );
  const real = realpathSync(folder);
  expect(policy.rules![0]!.path).toEqual([...new Set([`${folder}/link/**`, `${real}/real/**`, `${folder}/none/*`, `${real}/none/*`, 'src/**'])]); // prettier-ignore
});

test('what is allowed is so by links in a home or around it, by no others: a command may have made them', async () => {
  const real = realpathSync(folder);
  vi.stubEnv('HOME', join(folder, 'me'));
  mkdirSync(join(folder, 'me/project/.git/hooks'), { recursive: true });
  mkdirSync(join(folder, 'data'));
  symlinkSync('../data', join(folder, 'me/notes'));
  symlinkSync('.git/hooks', join(folder, 'me/project/src'));
  symlinkSync('me', join(folder, 'us'));
  const paths = ['~/notes/**', '~/project/src/**', `${folder}/us/project/src/*`];
  const decided = async (decision: string) => {
    const { rules } = await load(`rules:\n  - {tool: "*", path: ${JSON.stringify(paths)}, decision: ${decision}}\n`);
    return rules![0]!.path!.map((path) => path.replace(real, '').replace(folder, ''));
  };
  const named = ['/me/notes/**', '/data/**', '/me/project/src/**'];
  expect(await decided('allow')).toEqual([...named, '/us/project/src/*', '/me/project/src/*']);
  expect(await decided('deny')).toEqual([...named, '/me/project/.git/hooks/**', '/us/project/src/*', '/me/project/.git/hooks/*']); // prettier-ignore
  vi.unstubAllEnvs();
});
