/** Rules of a policy, as they decide over calls. */
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../base/digest.ts';
import type { Policy } from '../../contract/manifest.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { Facts, Verdict } from '../../contract/values.ts';
import { commandFact, factsOf, pathFact, policyOf } from '../testing/values.ts';
import { judge, type JudgedCall, type Judgement } from './judge.ts';
import type { Asked } from './rules.ts';

const ASKED: Asked = { role: 'operator', channels: ['cli'], lane: 'interactive', local_minute: 0, tainted: false, left_micro_usd: Infinity }; // prettier-ignore

const allow = (rule: Partial<PolicyRule>): Partial<PolicyRule> => ({ ...rule, decision: 'allow' });
const ask = (rule: Partial<PolicyRule>): Partial<PolicyRule> => ({ ...rule, decision: 'require_approval' });
const deny = (rule: Partial<PolicyRule>): Partial<PolicyRule> => ({ ...rule, decision: 'deny' });

function ruled(rules: readonly Partial<PolicyRule>[], over: Partial<Policy> = {}): Policy {
  const whole = rules.map((rule, index) => ({ id: `rule ${index + 1}`, tool: ['exec_command'], decision: 'allow' as const, ...rule })); // prettier-ignore
  return policyOf({ require_approval: [], ...(whole.length > 0 && { rules: whole }), ...over });
}

const command = (text: string, over: Partial<Facts['commands'][number]> = {}): Facts['commands'][number] =>
  commandFact(text, { words: text === '' ? [] : text.split(' '), parser: 'bash', ...over });

/** A line of these commands. */
function exec(commands: (string | Facts['commands'][number])[], facts: Partial<Facts> = {}): Partial<JudgedCall> {
  const parsed = commands.map((one) => (typeof one === 'string' ? command(one) : one));
  return { tool: 'exec_command', effect: 'exec', facts: factsOf({ commands: parsed, ...facts }) };
}

function judged(policies: Policy | Policy[], call: Partial<JudgedCall>, asked: Partial<Asked> = {}): Judgement {
  const { tool = 'read_file', effect = 'read', facts = factsOf() } = call;
  const digests = { args_digest: digestOf('a'), facts_digest: digestOf('f') };
  const whole = { tool, effect, facts, ...digests, project_root: '/p', asked: { ...ASKED, ...asked } };
  return judge([policies].flat(), [], whole);
}

const verdict = (...given: Parameters<typeof judged>): Verdict => judged(...given).verdict;

describe('commands', () => {
  const policy = ruled([allow({ command: ['git status *', 'ls *'] }), allow({ command: ['npm test'] })]);

  test('a line runs when each command in it is allowed, by whichever rule', () => {
    expect(verdict(policy, exec(['git status', 'ls -l', 'npm test']))).toBe('allow');
    expect(judged(policy, exec(['git status', 'npm test'])).rules).toEqual([
      { id: 'rule 1', verdict: 'allow' },
      { id: 'rule 2', verdict: 'allow' },
    ]);
    expect(judged(policy, exec(['git status', 'rm -rf x']))).toEqual({
      verdict: 'require_approval',
      rules: [{ id: 'default:unlisted', verdict: 'require_approval' }],
      reason: 'no rule allows all of it, and exec_command is on no list',
    });
  });

  test('one that is unclear asks, whatever the others are', () => {
    expect(verdict(policy, exec(['ls', command('ls', { unclear: 'code' })]))).toBe('require_approval');
    expect(verdict(ruled([allow({ command: ['*'] })]), exec([command('ls', { unclear: 'code' })]))).toBe(
      'require_approval',
    );
  });

  test('a rule for the tool as such allows what is unclear, too', () => {
    expect(verdict(ruled([allow({})]), exec([command('ls', { unclear: 'code' })]))).toBe('allow');
  });

  test('denied is what has a denied command anywhere; what may be one asks', () => {
    const strict = ruled([allow({}), deny({ command: ['rm *'], reason: 'nothing is removed here' })]);
    expect(judged(strict, exec(['ls', '/bin/rm x']))).toMatchObject({ verdict: 'deny', reason: 'nothing is removed here' }); // prettier-ignore
    expect(judged(strict, exec(['ls', command('ls', { unclear: 'dynamic_command' })]))).toMatchObject({
      verdict: 'require_approval',
      reason: 'nobody can tell whether this is what rule 2 is about: nothing is removed here',
    });
    expect(verdict(strict, exec(['ls']))).toBe('allow');
  });

  test('the strictest wins from every place', () => {
    const rules = [allow({}), ask({ command: ['git push *'] }), deny({ command: ['git push --force *'] })];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const one = ruled(order.map((index) => rules[index]!));
      expect(verdict(one, exec(['git push']))).toBe('require_approval');
      expect(verdict(one, exec(['git push --force x']))).toBe('deny');
      expect(verdict(one, exec(['git pull']))).toBe('allow');
    }
  });

  test('a list that denies or asks is not opened by a rule', () => {
    expect(verdict(ruled([allow({})], { deny: ['exec_command'] }), exec(['ls']))).toBe('deny');
    expect(verdict(ruled([allow({})], { require_approval: ['exec_command'] }), exec(['ls']))).toBe('require_approval');
  });

  test('a rule about a command says nothing of the files that the line writes', () => {
    const writes = pathFact('/p/out.txt', { arg: 'redirect', writes: true });
    expect(verdict(policy, exec(['ls'], { paths: [writes] }))).toBe('require_approval');
    expect(verdict(ruled([allow({ command: ['ls *'], path: ['out.txt'] })]), exec(['ls'], { paths: [writes] }))).toBe('allow'); // prettier-ignore
    expect(verdict(ruled([allow({ command: ['ls *'], path: ['src/**'] })]), exec(['ls'], { paths: [writes] }))).toBe('require_approval'); // prettier-ignore
  });

  test('a rule about files allows no command', () => {
    const written = pathFact('/p/src/a', { arg: 'redirect', writes: true });
    for (const paths of [[], [written], [pathFact('/p/src', { arg: 'workdir', kind: 'dir' })]]) {
      expect(verdict(ruled([allow({ tool: ['*'], path: ['src/**'] })]), exec(['rm -rf .'], { paths }))).toBe('require_approval'); // prettier-ignore
    }
  });

  test('where nobody knows what a command is, nobody knows what it writes', () => {
    const closed = ruled([allow({}), deny({ tool: ['*'], path: ['.github/**'] })]);
    expect(verdict(closed, exec(['ls']))).toBe('allow');
    expect(verdict(closed, exec([command('ls', { unclear: 'dynamic_redirect' })]))).toBe('require_approval');
    const hosts = ruled([allow({}), deny({ tool: ['*'], host: ['example.org'] })]);
    expect(verdict(hosts, exec([command('ls', { unclear: 'code' })]))).toBe('require_approval');
  });

  test('what is closed is closed with all that lies below', () => {
    const writes = (real: string): Partial<JudgedCall> => exec(['ls'], { paths: [pathFact(real, { writes: true })] });
    const closed = ruled([allow({}), deny({ path: ['.github'] })]);
    expect(verdict(closed, writes('/p/.github/workflows/ci.yml'))).toBe('deny');
    expect(verdict(closed, writes('/p/.github.md'))).toBe('allow');
  });

  test('what is closed by its name is closed wherever its links lead', () => {
    const closed = ruled([allow({ tool: ['*'] }), deny({ tool: ['*'], path: ['config/**', '/data/**'] })]);
    const named = (path: string): Partial<JudgedCall> => exec(['ls'], { paths: [pathFact('/p/other/a', { path })] });
    for (const path of ['config/a', 'src/../config/a', './config//a', '/data/x/a']) expect(verdict(closed, named(path))).toBe('deny'); // prettier-ignore
    for (const path of ['src/a', 'config/../a', 'a/config']) expect(verdict(closed, named(path))).toBe('allow');
    const opened = ruled([allow({ tool: ['apply_patch'], path: ['config/**'] })]);
    expect(
      verdict(opened, {
        tool: 'apply_patch',
        effect: 'write',
        facts: factsOf({ paths: [pathFact('/p/other/a', { path: 'config/a' })] }),
      }),
    ).toBe('require_approval');
  });

  test('what git keeps of its own is opened by its name alone', () => {
    const hook = pathFact('/p/.git/hooks/pre-commit');
    const patch = { tool: 'apply_patch', effect: 'write' as const, facts: factsOf({ paths: [hook] }) };
    const files = (...path: string[]): Policy => ruled([allow({ tool: ['*'], path })]);
    expect(verdict(files('**'), patch)).toBe('require_approval');
    expect(verdict(files('.g*/**'), patch)).toBe('require_approval');
    expect(verdict(files('.git/hooks/*'), patch)).toBe('allow');
    expect(verdict(files('**/.git/**'), patch)).toBe('allow');
    expect(verdict(files('**'), { ...patch, tool: 'read_file', effect: 'read' })).toBe('allow');
    const copies = ruled([allow({ command: ['cp *'] })]);
    expect(verdict(copies, exec(['cp a b'], { paths: [hook] }))).toBe('require_approval');
    expect(verdict(copies, exec(['cp a b'], { paths: [pathFact('/p/.github/a')] }))).toBe('allow');
    expect(verdict(ruled([allow({})]), exec(['cp a b'], { paths: [hook] }))).toBe('allow');
  });

  test('what something runs later is written by a rule that names it in full, and read by any', () => {
    const files = (path: string): Policy => ruled([allow({ tool: ['*'], path: [path] })]);
    const hook = pathFact('/p/.githooks/pre-commit', { runs_later: true });
    const patch = { tool: 'apply_patch', effect: 'write', facts: factsOf({ paths: [hook] }) } as const;
    for (const path of ['**', '.githooks/**', '.githooks/*'])
      expect(verdict(files(path), patch)).toBe('require_approval');
    expect(verdict(files('.githooks/pre-commit'), patch)).toBe('allow');
    expect(verdict(files('**'), { ...patch, tool: 'read_file', effect: 'read' })).toBe('allow');
    const line = ruled([allow({ command: ['cp *'] })]);
    expect(verdict(line, exec(['cp a b'], { paths: [{ ...hook, writes: true }] }))).toBe('require_approval');
  });

  test('words mean other files in another folder', () => {
    const at = (real: string): Partial<JudgedCall> => exec(['npm test'], { paths: [pathFact(real, { arg: 'workdir', kind: 'dir' })] }); // prettier-ignore
    expect(verdict(policy, at('/p'))).toBe('allow');
    expect(verdict(policy, at('/p/src'))).toBe('require_approval');
    const there = ruled([allow({ command: ['npm test'], path: ['src/**'] })]);
    expect(verdict(there, at('/p/src'))).toBe('allow');
    expect(verdict(there, exec(['npm test']))).toBe('require_approval'); // it names no folder, so not that one
  });

  test('no rule of its own for another part makes a rule about both hold', () => {
    const both = ruled([allow({ command: ['rm *'], path: ['build/**'] }), allow({ command: ['ls *'] })]);
    expect(verdict(both, exec(['rm x'], { paths: [pathFact('/p/build')] }))).toBe('allow');
    expect(verdict(both, exec(['rm x', 'ls'], { paths: [pathFact('/p/src')] }))).toBe('require_approval');
  });

  test('of several policies each must allow', () => {
    const other = ruled([allow({ command: ['ls'] })]);
    expect(verdict([policy, other], exec(['ls']))).toBe('allow');
    expect(verdict([policy, other], exec(['git status']))).toBe('require_approval');
  });
});

describe('paths', () => {
  const patch = (...paths: Facts['paths']): Partial<JudgedCall> => ({ tool: 'apply_patch', effect: 'write', facts: factsOf({ paths }) }); // prettier-ignore
  const outside = pathFact('/data/a', { inside_root: false });
  const secret = pathFact('/p/src/.env', { secret_shaped: true });

  test('an allow holds where each path is allowed', () => {
    const policy = ruled([
      allow({ tool: ['apply_patch'], path: ['src/**'] }),
      allow({ tool: ['*'], path: ['docs/*'] }),
    ]);
    expect(verdict(policy, patch(pathFact('/p/src/a'), pathFact('/p/docs/b')))).toBe('allow');
    expect(verdict(policy, patch(pathFact('/p/src/a'), pathFact('/p/package.json')))).toBe('require_approval');
    expect(verdict(policy, patch())).toBe('require_approval');
  });

  test('a deny where one is denied', () => {
    const policy = ruled([allow({ tool: ['apply_patch'] }), deny({ tool: ['*'], path: ['.github/**'] })]);
    expect(verdict(policy, patch(pathFact('/p/src/a'), pathFact('/p/.github/x')))).toBe('deny');
    expect(verdict(policy, patch(pathFact('/p/src/a')))).toBe('allow');
  });

  test('outside of the root and secrets run only where a rule names them', () => {
    expect(verdict(ruled([allow({ tool: ['*'] })]), patch(outside))).toBe('require_approval');
    expect(verdict(ruled([allow({ tool: ['*'], path: ['/data/**'] })]), patch(outside))).toBe('allow');
    expect(verdict(ruled([allow({ tool: ['*'], path: ['**'] })]), patch(secret))).toBe('require_approval');
    expect(verdict(ruled([allow({ tool: ['*'], path: ['**/.env'] })]), patch(secret))).toBe('allow');
    const both = [ruled([allow({ tool: ['*'], path: ['/data/**'] })]), ruled([allow({ tool: ['*'] })])];
    expect(verdict(both, patch(outside))).toBe('require_approval');
  });

  test('the home of the runtime stays closed, and a repetition asks', () => {
    const policy = ruled([allow({ tool: ['*'], path: ['/**'] })]);
    expect(verdict(policy, patch(pathFact('/h/.runtime/a', { inside_root: false, closed: true })))).toBe('deny');
    expect(verdict(policy, exec([command('runtime', { names_runtime: true })], { paths: [pathFact('/p')] }))).toBe('require_approval'); // prettier-ignore
  });
});

describe('hosts', () => {
  const open = (...hosts: string[]): Partial<JudgedCall> => ({
    tool: 'open',
    effect: 'network',
    facts: factsOf({ hosts: hosts.map((host) => ({ arg: 'url', url: '', host, port: 443, addresses: [] })) }),
  });

  test('each must be allowed, one denied is enough', () => {
    const policy = ruled([allow({ tool: ['open'], host: ['*.example.org'] }), deny({ tool: ['*'], host: ['bad.example.org'] })]); // prettier-ignore
    expect(verdict(policy, open('a.example.org', 'b.example.org'))).toBe('allow');
    expect(verdict(policy, open('a.example.org', 'other.org'))).toBe('require_approval');
    expect(verdict(policy, open('a.example.org', 'bad.example.org'))).toBe('deny');
  });
});

describe('who asks, when and with what', () => {
  const call = exec(['ls']);
  test.each<[Partial<PolicyRule>, Partial<Asked>, Partial<Asked>]>([
    [{ role: ['admin'] }, { role: 'admin' }, { role: 'operator' }],
    [{ channel: ['cli', 'cron*'] }, { channels: ['cli', 'cron:1'] }, { channels: ['cli', 'telegram'] }],
    [{ lane: 'interactive' }, { lane: 'interactive' }, { lane: 'background' }],
    [{ hours: '08:00-18:00' }, { local_minute: 600 }, { local_minute: 0 }],
    [{ tainted: false }, { tainted: false }, { tainted: true }],
    [{ budget_left_below: 0.5 }, { left_micro_usd: 499_999 }, { left_micro_usd: 500_000 }],
    [{ effect: ['exec'] }, {}, {}],
  ])('%j', (rule, holds, fails) => {
    expect(verdict(ruled([allow(rule)]), call, holds)).toBe('allow');
    if (rule.effect === undefined) expect(verdict(ruled([allow(rule)]), call, fails)).toBe('require_approval');
    expect(verdict(ruled([allow({}), deny(rule)]), call, holds)).toBe('deny');
  });

  test('what is not known allows nothing, and asks where it could be denied', () => {
    const unknown = { role: 'operator', tainted: false, left_micro_usd: Infinity } as const;
    const of = (rules: Partial<PolicyRule>[]): Verdict => judge([ruled(rules)], [], { tool: 'exec_command', effect: 'exec', facts: call.facts!, args_digest: digestOf('a'), facts_digest: digestOf('f'), project_root: '/p', asked: unknown }).verdict; // prettier-ignore
    for (const rule of [{ channel: ['cli'] }, { lane: 'interactive' as const }, { hours: '00:00-24:00' }]) {
      expect(of([allow(rule)])).toBe('require_approval');
      expect(of([allow({}), deny(rule)])).toBe('require_approval');
    }
  });

  test('arguments, where they were recorded', () => {
    const rule = { args: { to: '*@example.org' } };
    const withArgs = (args: Facts['args']): Partial<JudgedCall> => exec(['ls'], args ? { args } : {});
    expect(verdict(ruled([allow(rule)]), withArgs({ to: 'ann@example.org' }))).toBe('allow');
    expect(verdict(ruled([allow(rule)]), withArgs({ to: 'ann@evil.test' }))).toBe('require_approval');
    expect(verdict(ruled([allow({}), deny(rule)]), withArgs({ to: null }))).toBe('allow');
    expect(verdict(ruled([allow({}), deny(rule)]), withArgs({ to: 'a@example.org' }))).toBe('deny');
    expect(verdict(ruled([allow({}), deny(rule)]), withArgs(undefined))).toBe('require_approval');
    expect(verdict(ruled([allow({}), deny({ args: { toString: '*' } })]), withArgs({ to: 'a' }))).toBe(
      'require_approval',
    );
  });
});

test('without rules nothing is other than it was', () => {
  expect(judged(ruled([]), exec(['ls']))).toEqual({
    verdict: 'require_approval',
    rules: [{ id: 'default:unlisted', verdict: 'require_approval' }],
    reason: 'exec_command is on no list',
  });
  expect(verdict(ruled([deny({ tool: ['other'] })]), { tool: 'read_file', effect: 'read' })).toBe('allow');
  expect(verdict(ruled([allow({ tool: ['*'] })]), { tool: 'nothing', effect: 'unknown' })).toBe('deny');
});
