import { afterAll, expect, test } from 'vitest';
import { testHost } from '../adapters/tools/test-host.ts';
import type { Policy } from '../contract/manifest.ts';
import type { PolicyRule } from '../contract/policy-rule.ts';
import type { Verdict } from '../contract/values.ts';
import { judge } from '../kernel/policy/judge.ts';
import { inspectTried, PERSON } from './policy-check.ts';
import { TRIED, TRIED_ON_THE_NET } from './testing/tried-lines.ts';

const t = testHost();
afterAll(() => t.remove());

const allowing = (command: string[], ...rules: PolicyRule[]): Policy => ({
  v: 1,
  allow: [],
  require_approval: [],
  deny: [],
  sandbox: 'off',
  approver_roles: ['operator'],
  rules: [{ id: 'allows', tool: ['exec_command'], command, decision: 'allow' }, ...rules],
});
const everyday = allowing([
  'git *', 'cat *', 'npm *', 'ls *', 'grep *', 'find *', 'sed *', 'head *', 'sort *', 'echo *', 'node --version', 'make test',
]); // prettier-ignore
const net = allowing(['git *', 'curl *', 'wget *', 'npm *'], {
  id: 'never',
  tool: ['*'],
  host: ['evil.example'],
  decision: 'deny',
});

async function verdict(policy: Policy, cmd: string): Promise<Verdict> {
  const tried = { tool: 'exec_command', arguments_raw: JSON.stringify({ cmd }), project_root: t.root };
  return judge([policy], [], (await inspectTried(t.host, [policy], tried, PERSON))!).verdict;
}

test('none of what was tried runs unasked', async () => {
  const ran: string[] = [];
  for (const line of TRIED) if ((await verdict(everyday, line)) === 'allow') ran.push(line);
  for (const line of TRIED_ON_THE_NET) if ((await verdict(net, line)) === 'allow') ran.push(line);
  expect(ran).toEqual([]);
  expect(TRIED.length + TRIED_ON_THE_NET.length).toBeGreaterThan(370);
});

test.each(['git status', 'git log -3', 'cat a.txt', 'grep -rn x src', 'npm test', 'make test', 'LANG=C sort a.txt'])(
  '%s does',
  async (line) => {
    expect(await verdict(everyday, line)).toBe('allow');
  },
);

test.each(['curl -L https://example.org/', 'npm ci', 'git fetch origin'])('%s does, on the net', async (line) => {
  expect(await verdict(net, line)).toBe('allow');
});
