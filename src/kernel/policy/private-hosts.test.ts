import { describe, expect, test } from 'vitest';
import { scopeOf } from '../../base/ip-address.ts';
import { digestOf } from '../../base/digest.ts';
import type { Policy } from '../../contract/manifest.ts';
import type { ConnectTarget, HostFact } from '../../contract/values.ts';
import { commandFact, factsOf, policyOf } from '../testing/values.ts';
import { judge, type JudgedCall, type Judgement } from './judge.ts';
import { mayConnect } from './private-hosts.ts';

function target(host: string, port = 80, addresses: string[] = [host]): ConnectTarget {
  const scope = addresses.map(scopeOf).find((one) => one !== undefined);
  return { host, port, addresses, ...(scope && { scope }) };
}

test.each<[string[], ConnectTarget, boolean]>([
  [[], target('1.1.1.1'), true],
  [[], target('127.0.0.1'), false],
  [[], target('unheard.example', 80, ['10.0.0.1']), false],
  [['127.0.0.1:8080'], target('127.0.0.1', 8080), true],
  [['127.0.0.1:8080'], target('localhost', 8080, ['127.0.0.1']), true],
  [['127.0.0.1:8080'], target('127.0.0.1', 8081), false],
  [['127.0.0.1:8080'], target('127.0.0.2', 8080), false],
  [['127.0.0.1'], target('127.0.0.1', 1), true],
  [['[::1]:8080'], target('[::1]', 8080, ['::1']), true],
  [['::1'], target('[::1]', 1, ['::1']), true],
  [['[::1]:8080'], target('127.0.0.1', 8080), false],
  [['10.0.0.0/8'], target('a.example', 1, ['10.1.1.1']), true],
  [['10.0.0.0/8'], target('a.example', 1, ['10.1.1.1', '192.168.0.1']), false],
  [['10.0.0.0/8'], target('a.example', 1, ['10.1.1.1', '1.1.1.1']), false],
  [['127.0.0.0/8'], target('a.example', 1, ['::ffff:127.0.0.1']), true],
  [['fd00::/8'], target('a.example', 1, ['fd00::1']), true],
  [['a.example:80'], target('a.example', 80, ['10.0.0.1']), true],
  [['a.example:80'], target('a.example', 81, ['10.0.0.1']), false],
  [['*.example'], target('a.example', 81, ['10.0.0.1']), true],
  [['169.254.0.0/16'], target('169.254.1.1'), true],
  [['169.254.0.0/16'], target('169.254.169.254'), false],
  [['metadata.google.internal'], target('metadata.google.internal', 80, ['169.254.169.254']), false],
  [['169.254.169.254'], target('169.254.169.254'), true],
])('with %j to %j: %s', (allow_private, to, expected) => {
  expect(mayConnect([{ ...(allow_private.length > 0 && { allow_private }) }], to)).toBe(expected);
});

test('every policy in force must open it', () => {
  const open = { allow_private: ['127.0.0.1:8080'] };
  expect(mayConnect([open, open], target('127.0.0.1', 8080))).toBe(true);
  expect(mayConnect([open, {}], target('127.0.0.1', 8080))).toBe(false);
});

describe('what the policy says', () => {
  const host = (over: Partial<HostFact> = {}): HostFact => ({ arg: 'url', url: 'http://a.example/', host: 'a.example', port: 80, addresses: [], ...over }); // prettier-ignore
  const loopback = host({ url: 'http://127.0.0.1:8080/', host: '127.0.0.1', port: 8080, addresses: ['127.0.0.1'], scope: 'loopback' }); // prettier-ignore
  const call = (tool: string, effect: JudgedCall['effect'], hosts: HostFact[]): JudgedCall => ({
    tool,
    effect,
    args_digest: digestOf('a'),
    facts_digest: digestOf('f'),
    facts: factsOf({ hosts, ...(effect === 'exec' && { commands: [commandFact('curl x')] }) }),
    project_root: '/p',
    asked: { role: 'operator', tainted: false, left_micro_usd: Infinity },
  });
  const judged = (policy: Partial<Policy>, one: JudgedCall): Judgement => judge([policyOf(policy)], [], one);
  const allowed = { require_approval: [], allow: ['open', 'exec_command'] };

  test('what a tool of ours reaches for must be public, whatever is allowed', () => {
    const rules = [{ id: 'r', tool: ['*'], host: ['127.0.0.1'], decision: 'allow' as const }];
    expect(judged({ ...allowed, rules }, call('open', 'network', [host(), loopback]))).toMatchObject({
      verdict: 'deny',
      rules: [{ id: 'fact:private_host', verdict: 'deny' }, { id: 'allow:open' }],
      reason:
        'http://127.0.0.1:8080/ leads to 127.0.0.1:8080, which is no public place (loopback) and not among network.allow_private',
    });
    expect(judged({ ...allowed, allow_private: ['127.0.0.1:8080'] }, call('open', 'network', [loopback]))).toMatchObject({ verdict: 'allow' }); // prettier-ignore
  });

  test('a command that names such a place asks, unless it is opened', () => {
    expect(judged(allowed, call('exec_command', 'exec', [loopback]))).toMatchObject({ verdict: 'require_approval' });
    expect(judged({ ...allowed, allow_private: ['127.0.0.1'] }, call('exec_command', 'exec', [loopback]))).toMatchObject({ verdict: 'allow' }); // prettier-ignore
    expect(judged(allowed, call('exec_command', 'exec', [host()]))).toMatchObject({ verdict: 'allow' });
  });

  test.each([
    ['scheme', 'is neither http nor https'],
    ['userinfo', 'has a name or a password in it'],
  ] as const)('%s: denied', (refused, why) => {
    const judgement = judged(allowed, call('open', 'network', [host({ refused })]));
    expect(judgement).toMatchObject({ verdict: 'deny', reason: `http://a.example/ ${why}` });
    expect(judged(allowed, call('exec_command', 'exec', [host({ refused })]))).toMatchObject({ verdict: 'allow' });
  });

  test('a rule that allows a host allows no command that names it', () => {
    const rules = [{ id: 'r', tool: ['*'], host: ['a.example'], decision: 'allow' as const }];
    const policy = { require_approval: [], allow: [], rules };
    expect(judged(policy, call('open', 'network', [host()]))).toMatchObject({ verdict: 'allow' });
    expect(judged(policy, call('exec_command', 'exec', [host()]))).toMatchObject({ verdict: 'require_approval' });
    const both = { ...policy, rules: [{ ...rules[0]!, command: ['curl *'] }] };
    expect(judged(both, call('exec_command', 'exec', [host()]))).toMatchObject({ verdict: 'require_approval' });
  });

  test('a rule that denies a host denies commands that name it; where the shell makes the host it asks', () => {
    const rules = [{ id: 'r', tool: ['*'], host: ['a.example'], decision: 'deny' as const }];
    const policy = { ...allowed, rules };
    expect(judged(policy, call('exec_command', 'exec', [host()]))).toMatchObject({ verdict: 'deny' });
    expect(judged(policy, call('exec_command', 'exec', [host({ host: '$x', dynamic: true })]))).toMatchObject({ verdict: 'require_approval' }); // prettier-ignore
    expect(judged(policy, call('exec_command', 'exec', [host({ host: 'b.example' })]))).toMatchObject({ verdict: 'allow' }); // prettier-ignore
  });
});
