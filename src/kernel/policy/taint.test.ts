import { describe, expect, test } from 'vitest';
import { digestOf } from '../../base/digest.ts';
import type { Grant, Policy } from '../../contract/manifest.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { EffectClass, Facts, HostFact, Verdict } from '../../contract/values.ts';
import { created, finished, inspected, message, replied, started } from '../testing/observations.ts';
import { given } from '../testing/story.ts';
import { commandFact, factsOf, pathFact, policyOf } from '../testing/values.ts';
import { judge, type JudgedCall, type Judgement } from './judge.ts';

const SOURCES = ['web:evil.example'];
const ALLOWED: Partial<Policy> = { allow: ['t'], require_approval: [], sandbox: 'auto' };
const host: HostFact = { arg: 'url', url: 'https://a.example/', host: 'a.example', port: 443, addresses: [] };
const command = { commands: [commandFact('ls')] };
const confined: Partial<Facts> = { ...command, sandbox: 'bubblewrap' };

function call(effect: EffectClass, facts: Partial<Facts>, taint: readonly string[] = SOURCES): JudgedCall {
  return {
    tool: 't',
    effect,
    args_digest: digestOf('a'),
    facts_digest: digestOf('f'),
    facts: factsOf(facts),
    project_root: '/p',
    asked: { role: 'operator', tainted: true, taint, left_micro_usd: Infinity },
  };
}

function judged(of: JudgedCall, policies: Partial<Policy>[] = [ALLOWED], grants: Grant[] = []): Judgement {
  return judge(policies.map(policyOf), grants, of);
}

function rule(over: Partial<PolicyRule>): Partial<Policy> {
  return { ...ALLOWED, allow: [], rules: [{ id: 'r', tool: ['t'], decision: 'allow', ...over }] };
}

describe('in a tainted context, though a list allows the tool', () => {
  const secret = { paths: [pathFact('.env', { secret_shaped: true })] };
  const outside = { paths: [pathFact('/etc/hosts', { inside_root: false })] };
  const hook = pathFact('.git/hooks/pre-commit', { real: '/p/.git/hooks/pre-commit' });

  test.each<[string, EffectClass, Partial<Facts>, string]>([
    ['to open a page', 'network', { hosts: [host] }, 'a.example would learn what it is asked for'],
    ['to send', 'send', {}, 'it sends something'],
    ['a command without a sandbox', 'exec', command, 'it would run without a sandbox'],
    ['a command that names a host', 'exec', { ...confined, hosts: [host] }, 'the command names a.example'],
    ['to read outside of the project', 'read', outside, '/etc/hosts is outside the project root'],
    ['to write outside of the project', 'write', outside, '/etc/hosts is outside the project root'],
    ['a command that writes there', 'exec', { ...confined, ...outside }, '/etc/hosts is outside the project root'],
    ['to read what looks like a secret', 'read', secret, '.env looks like a secret'],
    ['to write what looks like a secret', 'write', secret, '.env looks like a secret'],
    ['to write what git runs', 'write', { paths: [hook] }, '.git/hooks/pre-commit is what git runs or is told by'],
    ['a command that writes what git runs', 'exec', { ...confined, paths: [{ ...hook, writes: true }] }, '.git/hooks/pre-commit is what git runs or is told by'],
    ['a sandbox that keeps nothing of the project', 'exec', { ...command, sandbox: 'landlock' }, 'its sandbox leaves open what git runs or is told by'],
  ])('%s asks', (_, effect, facts, why) => {
    const { verdict, rules, reason } = judged(call(effect, facts));
    expect({ verdict, reason }).toEqual({
      verdict: 'require_approval',
      reason: `content from web:evil.example is in the conversation, and ${why}`,
    });
    expect(rules).toContainEqual({ id: 'fact:tainted', verdict: 'require_approval' });
    const clean = call(effect, facts);
    const { rules: without } = judged({ ...clean, asked: { ...clean.asked, tainted: false } });
    expect(without.map(({ id }) => id)).not.toContain('fact:tainted');
  }); // prettier-ignore

  test.each<[string, EffectClass, Partial<Facts>]>([
    ['a confined command', 'exec', confined],
    ['a read in the project', 'read', { paths: [pathFact('a.txt')] }],
    ['a change of the project', 'write', { paths: [pathFact('a.txt')] }],
    ['a read of what git keeps', 'read', { paths: [hook] }],
    ['what touches nothing', 'read', {}],
  ])('%s still runs', (_, effect, facts) => {
    expect(judged(call(effect, facts)).verdict).toBe('allow');
  });
});

describe('it gives way to', () => {
  const open = call('network', { hosts: [host] });

  test.each<[string, Partial<Policy>, Verdict]>([
    ['no rule that says nothing of taint', rule({ effect: ['network'] }), 'require_approval'],
    ['a rule that was written for it', rule({ effect: ['network'], tainted: true }), 'allow'],
    ['no rule that was written for clean contexts', rule({ tainted: false }), 'require_approval'],
    ['no rule about another host', rule({ host: ['b.example'], tainted: true }), 'require_approval'],
    ['no rule that asks', rule({ tainted: true, decision: 'require_approval' }), 'require_approval'],
  ])('%s', (_, policy, verdict) => {
    expect(judged(open, [policy]).verdict).toBe(verdict);
  });

  test('no rule that one policy has and another has not', () => {
    const knows = rule({ tainted: true });
    expect(judged(open, [knows, knows]).verdict).toBe('allow');
    expect(judged(open, [knows, ALLOWED]).verdict).toBe('require_approval');
    expect(judged(open, [ALLOWED, knows]).verdict).toBe('require_approval');
  });

  test('no rule for a part of the command line', () => {
    const facts = { commands: [commandFact('curl'), commandFact('sh')], sandbox: 'bubblewrap' as const, hosts: [host] };
    const both = { command: ['curl', 'sh'], tainted: true };
    expect(judged(call('exec', facts), [rule({ ...both, command: ['curl'] })]).verdict).toBe('require_approval');
    expect(judged(call('exec', facts), [rule(both)]).verdict).toBe('allow');
  });

  test('no grant: it was given for another conversation', () => {
    const grant = { grant_id: 'g', tool: 't', args_digest: digestOf('a'), facts_digest: digestOf('f'), project_root: '/p' };
    expect(judged(open, [ALLOWED], [grant])).not.toHaveProperty('grant_id');
    expect(judged(open, [ALLOWED], [grant]).verdict).toBe('require_approval');
  }); // prettier-ignore

  test('a denial', () => {
    expect(judged(open, [{ ...ALLOWED, deny: ['t'] }]).verdict).toBe('deny');
  });
});

test.each<[readonly string[], string]>([
  [[], 'something from outside is in the conversation'],
  [['a', 'b', 'c'], 'content from a, b, c is in the conversation'],
  [['a', 'b', 'c', 'd', 'e'], 'content from a, b, c and 2 more is in the conversation'],
])('from %j: %s', (taint, words) => {
  expect(judged(call('send', {}, taint)).reason).toBe(`${words}, and it sends something`);
});

test('in a turn: what a tool brought in counts from the next call on, and the decision names it', () => {
  const story = given(created(), message('e1'), started({ policy: { allow: ['exec_command'], require_approval: [] } }));
  story.when(replied({ calls: [['exec_command', '{"cmd":"a"}']] }));
  const [first] = story.when(inspected('c1.1.1', { facts: command }));
  expect(first).toMatchObject({ data: { verdict: 'allow', taint: [] } });
  story.when(finished('c1.1.1', { taint: ['web:a.example'] }), replied({ calls: [['exec_command', '{"cmd":"b"}']] }));
  const [second] = story.when(inspected('c1.2.1', { facts: command }));
  expect(second).toMatchObject({
    data: {
      verdict: 'require_approval',
      taint: ['web:a.example'],
      reason: 'content from web:a.example is in the conversation, and it would run without a sandbox',
    },
  });
});
