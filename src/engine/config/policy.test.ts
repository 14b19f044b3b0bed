import { expect, test } from 'vitest';
import { configSchema } from '../../contract/config.ts';
import { policyOf, wrongPolicy } from './policy.ts';

const TOOLS = [
  { name: 'read_file', effect: 'read' },
  { name: 'exec_command', effect: 'exec' },
  { name: 'open', effect: 'network' },
  { name: 'mail', effect: 'send' },
] as const;

const lists = (governance: object) => {
  const { deny, require_approval, allow } = policyOf(configSchema.parse({ governance }), TOOLS);
  return { deny, require_approval, allow };
};

test('H-120 a fresh configuration allows reading and asks for what acts or reaches out', () => {
  expect(lists({})).toEqual({
    deny: [],
    require_approval: ['apply_patch', 'exec_command', 'mail', 'open', 'write_stdin'],
    allow: ['list_files', 'read_file', 'read_output', 'search_files', 'time'],
  });
});

test('an explicit allow beats the default asks only', () => {
  expect(lists({ auto_allow: ['exec_command', 'open'] })).toEqual({
    deny: [],
    require_approval: ['apply_patch', 'mail', 'write_stdin'],
    allow: ['exec_command', 'open'],
  });
});

test('H-118 a tool in several lists is in the strictest', () => {
  const all = ['exec_command', 'open', 'read_file'];
  expect(lists({ auto_allow: all, require_approval: ['open', 'exec_command'], deny: ['exec_command'] })).toEqual({
    deny: ['exec_command'],
    require_approval: ['open'],
    allow: ['read_file'],
  });
});

test('sandbox and approvers come along', () => {
  const config = configSchema.parse({ sandbox: { mode: 'required' }, governance: { approver_roles: ['admin'] } });
  expect(policyOf(config, TOOLS)).toMatchObject({ v: 1, sandbox: 'required', approver_roles: ['admin'] });
});

test('a name that no tool has is reported with the nearest', () => {
  const config = configSchema.parse({
    governance: { deny: ['exec_comand', 'open', 'write_stdin'], auto_allow: ['zzzz'] },
  });
  expect(wrongPolicy(config, TOOLS)).toEqual([
    { path: ['governance', 'deny', 0], message: 'there is no tool "exec_comand"; did you mean exec_command?' },
    { path: ['governance', 'auto_allow', 0], message: 'there is no tool "zzzz"' },
  ]);
});

test('places that are opened come along as URLs write them; without any the policy says nothing of it', () => {
  const places = [
    'LOCALHOST:8080',
    '127.1:80',
    '[0::1]:81',
    'BÜCHER.example',
    '*.corp.example',
    'FD00::/8',
    '10.0.0.0/8',
  ];
  const config = configSchema.parse({ network: { allow_private: places } });
  expect(wrongPolicy(config, TOOLS)).toEqual([]);
  expect(policyOf(config, TOOLS).allow_private).toEqual([
    '*.corp.example', '10.0.0.0/8', '127.0.0.1:80', '[::1]:81', 'fd00::/8', 'localhost:8080', 'xn--bcher-kva.example',
  ]); // prettier-ignore
  expect(policyOf(configSchema.parse({}), TOOLS)).not.toHaveProperty('allow_private');
});

test.each([
  '*',
  'http://a.example',
  'a.example/',
  'a b',
  '10.0.0.0/33',
  '10.0.0.0/8:80',
  'a.example:70000',
  ':80',
  '[::1',
  'u@a.example',
])(
  // prettier-ignore
  'the place %j can not be meant',
  (place) => {
    const config = configSchema.parse({ network: { allow_private: [place] } });
    expect(wrongPolicy(config, TOOLS)).toMatchObject([{ path: ['network', 'allow_private', 0] }]);
  },
);

test('hosts of rules are as URLs write them', () => {
  const host = ['Example.ORG:8443', '*.BÜCHER.example', '[0:0::1]:80', '127.1', '*'];
  const config = configSchema.parse({ governance: { rules: [{ tool: 'open', host, decision: 'deny' }] } });
  expect(wrongPolicy(config, TOOLS)).toEqual([]);
  expect(policyOf(config, TOOLS).rules![0]!.host).toEqual(['example.org:8443', '*.xn--bcher-kva.example', '[::1]:80', '127.0.0.1', '*']); // prettier-ignore
});
