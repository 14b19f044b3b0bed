import { expect, test } from 'vitest';
import { digestOf } from '../../base/digest.ts';
import type { EffectClass, Facts, Verdict } from '../../contract/values.ts';
import { judge } from '../../kernel/policy/judge.ts';
import { defaultConfig } from '../testing/default-config.ts';
import { policyOf } from './policy.ts';
import type { ProfileName } from './profiles.ts';

const TOOLS = [
  { name: 'read_file', effect: 'read' },
  { name: 'apply_patch', effect: 'write' },
  { name: 'exec_command', effect: 'exec' },
  { name: 'open', effect: 'network' },
  { name: 'mail', effect: 'send' },
] as const;

const NONE: Facts = { paths: [], hosts: [], commands: [], preimages: [] };
const file = (path: string, more: object = {}): Facts => ({
  ...NONE,
  paths: [{ arg: 'path', path, real: `/p/${path}`, inside_root: true, kind: 'file', secret_shaped: false, ...more }],
});
const command = (words: string[], more: Partial<Facts> = {}): Facts => ({
  ...NONE,
  commands: [{ words, assignments: [], redirects: [], parser: 'bash' }],
  ...more,
});
const confined = { sandbox: 'landlock' } as const;

const CALLS: Record<string, [tool: string, facts: Facts]> = {
  'reads a file': ['read_file', file('a')],
  'changes a file': ['apply_patch', file('a')],
  'changes a secret': ['apply_patch', file('.env', { secret_shaped: true })],
  'changes a hook': ['apply_patch', file('.git/hooks/x')],
  'changes a file elsewhere': ['apply_patch', file('a', { real: '/q/a', inside_root: false })],
  'runs a command': ['exec_command', command(['npm', 'test'], confined)],
  'runs what nobody understands': ['exec_command', { ...command(['x'], confined), commands: [{ words: ['$x'], dynamic: [0], unclear: 'dynamic_command', assignments: [], redirects: [], parser: 'bash' }] }],
  'runs it without a sandbox': ['exec_command', command(['npm', 'test'])],
  'runs runtime': ['exec_command', { ...command([], confined), commands: [{ words: ['runtime'], names_runtime: true, assignments: [], redirects: [], parser: 'bash' }] }],
  'opens a page': ['open', { ...NONE, hosts: [{ arg: 'url', url: 'https://a.example/', host: 'a.example', port: 443, addresses: [] }] }],
  'sends mail': ['mail', NONE],
}; // prettier-ignore

const EXPECTED: Record<ProfileName, Verdict[]> = {
  careful: ['allow', ...Array<Verdict>(10).fill('require_approval')],
  readonly: ['allow', ...Array<Verdict>(10).fill('deny')],
  workspace: [
    'allow', 'allow', 'require_approval', 'require_approval', 'require_approval',
    'allow', 'allow', 'require_approval', 'require_approval', 'require_approval', 'require_approval',
  ],
  autonomous: [
    'allow', 'allow', 'require_approval', 'require_approval', 'require_approval',
    'allow', 'allow', 'deny', 'require_approval', 'allow', 'require_approval',
  ],
}; // prettier-ignore

function verdicts(
  profile: ProfileName,
  governance: object = {},
  mode: 'off' | 'auto' = 'auto',
): Record<string, Verdict> {
  const config = defaultConfig();
  const policy = policyOf(
    { ...config, governance: { ...config.governance, profile, ...governance }, sandbox: { ...config.sandbox, mode } },
    TOOLS,
  );
  return Object.fromEntries(
    Object.entries(CALLS).map(([name, [tool, facts]]) => {
      const effect: EffectClass = TOOLS.find((one) => one.name === tool)!.effect;
      const digest = digestOf(name);
      const asked = { role: 'operator', tainted: false, left_micro_usd: Infinity } as const;
      const call = { tool, effect, facts, args_digest: digest, facts_digest: digest, project_root: '/p', asked };
      return [name, judge([policy], [], call).verdict];
    }),
  );
}

test.each(Object.keys(EXPECTED) as ProfileName[])('profile %s', (profile) => {
  const names = Object.keys(CALLS);
  expect(verdicts(profile)).toEqual(
    Object.fromEntries(EXPECTED[profile].map((verdict, index) => [names[index], verdict])),
  );
});

test('lists and rules of the configuration hold beside a profile, and the strictest wins', () => {
  expect(verdicts('workspace', { deny: ['exec_command'] })).toMatchObject({ 'runs a command': 'deny', 'changes a file': 'allow' }); // prettier-ignore
  expect(verdicts('workspace', { auto_allow: ['mail'] })).toMatchObject({
    'sends mail': 'allow',
    'runs a command': 'allow',
  });
  expect(verdicts('readonly', { auto_allow: ['apply_patch'] })).toMatchObject({ 'changes a file': 'deny' });
  const rules = [{ tool: 'apply_patch', path: 'a', decision: 'require_approval' }];
  expect(verdicts('workspace', { rules })).toMatchObject({ 'changes a file': 'require_approval' });
});

test('a profile that needs the sandbox asks without one, whatever sandbox.mode says', () => {
  expect(verdicts('workspace', {}, 'off')).toMatchObject({ 'runs it without a sandbox': 'require_approval' });
  expect(verdicts('autonomous', {}, 'off')).toMatchObject({ 'runs it without a sandbox': 'deny' });
});
