import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ToolSpec } from '../../contract/manifest.ts';
import type { Verdict } from '../../contract/values.ts';
import { loadConfig } from './load.ts';
import { policyOf } from './policy.ts';
import { setPolicy } from './set-policy.ts';

const tool = (name: string, effect: ToolSpec['effect']): ToolSpec => ({
  name,
  effect,
  description: '',
  parameters: {},
  schema_digest: `sha256:${'0'.repeat(64)}`,
  recovery: 'unknown',
  secrets: [],
});
const TOOLS = [
  tool('read_file', 'read'),
  tool('exec_command', 'exec'),
  tool('apply_patch', 'write'),
  tool('open', 'network'),
];

let home: string;
let path: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'runtime-policy-'));
  path = join(home, 'config.yaml');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const set = (name: string, verdict: Verdict) => setPolicy({ home, tools: TOOLS, tool: name, verdict });

const edit = async (text: string, name: string, verdict: Verdict): Promise<string> => {
  writeFileSync(path, text);
  await set(name, verdict);
  return readFileSync(path, 'utf8');
};

const policy = async () => {
  const { config } = await loadConfig({ home, environment: {}, overrides: new Map() });
  const { deny, require_approval, allow } = policyOf(config, TOOLS);
  return { deny, require_approval, allow };
};

describe('H-122 only the list changes, byte for byte', () => {
  test.each<[string, string, string, Verdict, string]>([
    [
      'a block list, and a comment on the line of the moved tool',
      '# top\nbudget: {turn: {cost: 1}}   # kept\n\ngovernance:\n  auto_allow:   # mine\n    - read_file # reads\n    - exec_command # trusted\n  deny:\n  - open\n# end\n',
      'exec_command',
      'deny',
      '# top\nbudget: {turn: {cost: 1}}   # kept\n\ngovernance:\n  auto_allow:   # mine\n    - read_file # reads\n    # trusted\n  deny:\n  - open\n  - exec_command\n# end\n',
    ],
    [
      'the last item of a block list',
      'governance:\n  deny:\n    # why\n    - exec_command\n  auto_allow: [ "read_file" ]\n',
      'exec_command',
      'allow',
      'governance:\n  deny: []\n    # why\n  auto_allow: [ "read_file", "exec_command" ]\n',
    ],
    [
      'a flow list over several lines',
      'governance:\n  deny: [\n    open, # one\n    exec_command, # two\n    apply_patch # three\n  ]\n  auto_allow: []\n',
      'exec_command',
      'allow',
      'governance:\n  deny: [\n    open, # one\n     # two\n    apply_patch # three\n  ]\n  auto_allow: [exec_command]\n',
    ],
    ['the first of a flow list', 'governance: {deny: [open, exec_command]}\n', 'open', 'require_approval', 'governance: {deny: [exec_command]}\n'],
    ['the last of a flow list', 'governance: {deny: [exec_command, open]}\n', 'open', 'require_approval', 'governance: {deny: [exec_command]}\n'],
    ['the only one of a flow list', 'governance: {deny: [ open ]}\n', 'open', 'require_approval', 'governance: {deny: [  ]}\n'],
    ['a trailing comma', 'governance: {deny: [open,]}\n', 'exec_command', 'deny', 'governance: {deny: [open, exec_command,]}\n'],
    [
      'JSON',
      '{\n  "budget": {"turn": {"cost": 1}}\n}\n',
      'open',
      'deny',
      '{\n  "governance": {"deny": ["open"]},\n  "budget": {"turn": {"cost": 1}}\n}\n',
    ],
    ['JSON with the section', '{"governance": {"approval_ttl": "2h"}}', 'open', 'deny', '{"governance": {"deny": ["open"],"approval_ttl": "2h"}}'],
    ['JSON with the list', '{"governance": {"deny": ["open"]}}', 'exec_command', 'deny', '{"governance": {"deny": ["open", "exec_command"]}}'],
    ['an empty JSON file', '{}', 'open', 'deny', '{"governance": {"deny": ["open"]}}'],
    ['nothing', '', 'open', 'deny', 'governance:\n  deny: [open]\n'],
    ['only comments', '# mine', 'open', 'deny', '# mine\ngovernance:\n  deny: [open]\n'],
    [
      'a section whose keys are commented out',
      'governance: # rules\n  # deny: []\n\nbudget:\n',
      'open',
      'deny',
      'governance: # rules\n  deny: [open]\n  # deny: []\n\nbudget:\n',
    ],
    [
      'a section without the list',
      'governance:\n    # how long\n    approval_ttl: 2h\n',
      'open',
      'deny',
      'governance:\n    deny: [open]\n    # how long\n    approval_ttl: 2h\n',
    ],
    ['no newline at the end', 'governance:\n  deny:\n    - open', 'exec_command', 'deny', 'governance:\n  deny:\n    - open\n    - exec_command'],
    [
      'lines that end in CRLF',
      'governance:\r\n  deny:\r\n    - open\r\n    - exec_command # x\r\n',
      'open',
      'allow',
      'governance:\r\n  auto_allow: [list_files, read_file, read_output, search_files, time, open]\r\n  deny:\r\n    - exec_command # x\r\n',
    ],
    [
      'a list that becomes explicit keeps what it meant',
      'orchestrator: {}\n',
      'exec_command',
      'allow',
      'orchestrator: {}\ngovernance:\n  auto_allow: [list_files, read_file, read_output, search_files, time, exec_command]\n',
    ],
  ])('%s', async (_name, text, name, verdict, expected) => {
    expect(await edit(text, name, verdict)).toBe(expected);
    expect((await policy())[verdict]).toContain(name);
  }); // prettier-ignore
});

test('whatever is set, that tool moves and no other', async () => {
  const start = 'governance: # a\n  auto_allow:\n  - open # b\n  require_approval: [exec_command, read_file] # c\n';
  for (const name of TOOLS.map((each) => each.name)) {
    for (const verdict of ['allow', 'require_approval', 'deny'] as const) {
      writeFileSync(path, start);
      const before = await policy();
      await set(name, verdict);
      const without = (lists: typeof before) =>
        Object.values(lists).map((list) => list.filter((each) => each !== name)); // prettier-ignore
      const after = await policy();
      expect(without(after)).toEqual(without(before));
      expect(after[verdict]).toContain(name);
      for (const comment of ['# a', '# b', '# c']) expect(readFileSync(path, 'utf8')).toContain(comment);
    }
  }
});

test('what already is so leaves the file alone', async () => {
  expect(await set('exec_command', 'require_approval')).toEqual({ path, changed: false });
  expect(readdirSync(home)).toEqual([]);
  expect(await set('open', 'deny')).toEqual({ path, changed: true });
  expect(await set('open', 'deny')).toEqual({ path, changed: false });
});

test('the file is 0600, nothing else is left in its folder, and the folder is made', async () => {
  rmSync(home, { recursive: true });
  await set('open', 'deny');
  expect(readdirSync(home)).toEqual(['config.yaml']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(home).mode & 0o777).toBe(0o700);
});

test('a link stays a link: what it leads to is changed', async () => {
  mkdirSync(join(home, 'dotfiles'));
  symlinkSync('dotfiles/runtime.yaml', path);
  // What it denied may stand on another branch of the repository that it leads to.
  await expect(set('open', 'deny')).rejects.toMatchObject({ code: 'config_unreadable' });
  writeFileSync(join(home, 'dotfiles/runtime.yaml'), '');
  await set('open', 'deny');
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
  await set('exec_command', 'deny');
  expect(readFileSync(join(home, 'dotfiles/runtime.yaml'), 'utf8')).toBe('governance:\n  deny: [open, exec_command]\n');
});

test('an unknown tool is refused with the nearest name', async () => {
  await expect(set('exec_comand', 'allow')).rejects.toMatchObject({
    code: 'unknown_tool',
    message: 'there is no tool "exec_comand"; did you mean exec_command?',
  });
});

test.each([
  'shared: &list [open]\n',
  'governance:\n  deny: &list [open]\n  auto_allow: *list\n',
  'governance: !!map\n  ? deny\n  : [open]\n',
])('what only a person can change is left as it was: %j', async (text) => {
  const outcome = edit(text, 'exec_command', 'allow');
  await expect(outcome).rejects.toMatchObject({ code: 'config_invalid' });
  expect(readFileSync(path, 'utf8')).toBe(text);
});

test.for(['/dev/zero', tmpdir()])('what is no plain file is not read: %s', async (file) => {
  const change = setPolicy({ home, file, tools: TOOLS, tool: 'read_file', verdict: 'deny' });
  await expect(change).rejects.toMatchObject({ code: 'config_unreadable' });
});
