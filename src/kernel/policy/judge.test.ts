import { describe, expect, test } from 'vitest';
import { digestOf } from '../../base/digest.ts';
import type { ExactGrant, Policy, RuleGrant } from '../../contract/manifest.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { EffectClass, Facts, Role, Verdict } from '../../contract/values.ts';
import { commandFact, factsOf, pathFact, policyOf } from '../testing/values.ts';
import type { Asked } from './rules.ts';
import { judge, type JudgedCall, type Judgement } from './judge.ts';

const ARGS = digestOf('args');
const FACTS = digestOf('facts');
const ASKED: Asked = { role: 'operator', channels: ['cli'], lane: 'interactive', local_minute: 0, tainted: false, left_micro_usd: Infinity }; // prettier-ignore
const FRESH: Partial<Policy> = {
  allow: ['time', 'read_file', 'list_files', 'search_files'],
  require_approval: ['exec_command', 'write_stdin', 'apply_patch'],
};

function call(tool: string, effect: JudgedCall['effect'], facts: Partial<Facts> = {}): JudgedCall {
  return {
    tool,
    effect,
    args_digest: ARGS,
    facts: factsOf(facts),
    facts_digest: FACTS,
    project_root: '/p',
    asked: ASKED,
  };
}

function judged(policy: Partial<Policy>, of: JudgedCall, grants: Parameters<typeof judge>[1] = []): Judgement {
  return judge([policyOf({ require_approval: [], ...policy })], grants, of);
}

const outside = pathFact('/etc/hosts', { inside_root: false });
const secret = pathFact('.env', { secret_shaped: true });
const home = pathFact('/home/me/.runtime/config.yaml', { inside_root: false, closed: true });

describe('deny > require_approval > allow, whatever the order', () => {
  test.each<[string, Partial<Policy>, Verdict]>([
    ['allow', { allow: ['t'] }, 'allow'],
    ['ask', { require_approval: ['t'] }, 'require_approval'],
    ['deny', { deny: ['t'] }, 'deny'],
    ['H-118 allow and ask', { allow: ['t'], require_approval: ['t'] }, 'require_approval'],
    ['H-117 allow and deny', { allow: ['t'], deny: ['t'] }, 'deny'],
    ['ask and deny', { require_approval: ['t'], deny: ['t'] }, 'deny'],
    ['all three', { allow: ['t'], require_approval: ['t'], deny: ['t'] }, 'deny'],
  ])('%s', (_, policy, verdict) => {
    expect(judged(policy, call('t', 'exec')).verdict).toBe(verdict);
  });

  test('over several policies too: the strictest wins from every place', () => {
    const [allow, ask, deny] = [{ allow: ['t'] }, { require_approval: ['t'] }, { deny: ['t'] }].map((over) =>
      policyOf({ require_approval: [], ...over }),
    ) as [Policy, Policy, Policy];
    const verdict = (...policies: Policy[]): Verdict => judge(policies, [], call('t', 'exec')).verdict;
    expect([verdict(allow, ask), verdict(ask, allow)]).toEqual(['require_approval', 'require_approval']);
    expect([verdict(allow, deny, ask), verdict(deny, allow, ask), verdict(ask, allow, deny)]).toEqual([
      'deny', 'deny', 'deny',
    ]); // prettier-ignore
    expect(verdict(allow, allow)).toBe('allow');
  });

  test('every rule that applies is named, once; the reason is that of the strictest', () => {
    expect(judged({ allow: ['t'], deny: ['t'] }, call('t', 'exec', { paths: [outside, secret] }))).toEqual({
      verdict: 'deny',
      rules: [
        { id: 'fact:outside_root', verdict: 'require_approval' },
        { id: 'fact:secret_shaped', verdict: 'require_approval' },
        { id: 'deny:t', verdict: 'deny' },
        { id: 'allow:t', verdict: 'allow' },
      ],
      reason: 't is on the deny list',
    });
  });
});

describe('with no rule for a tool', () => {
  test.each<[JudgedCall['effect'], Verdict]>([
    ['read', 'allow'],
    ['write', 'require_approval'],
    ['exec', 'require_approval'],
    ['network', 'require_approval'],
    ['send', 'require_approval'],
    ['unknown', 'deny'],
  ])('%s → %s', (effect, verdict) => {
    expect(judged({}, call('t', effect)).verdict).toBe(verdict);
  });

  test('H-120 a tool of a skill, on no list, asks', () => {
    expect(judged(FRESH, call('my_skill_tool', 'exec'))).toEqual({
      verdict: 'require_approval',
      rules: [{ id: 'default:unlisted', verdict: 'require_approval' }],
      reason: 'my_skill_tool is on no list',
    });
  });

  test('an unknown tool is denied even where a list allows its name', () => {
    expect(judged({ allow: ['t'] }, call('t', 'unknown')).verdict).toBe('deny');
  });
});

describe('a fresh config', () => {
  test.each<[string, EffectClass, Partial<Facts>, Verdict]>([
    ['time', 'read', {}, 'allow'],
    ['read_file', 'read', { paths: [pathFact('a.txt')] }, 'allow'],
    ['read_file', 'read', { paths: [outside] }, 'require_approval'],
    ['read_file', 'read', { paths: [secret] }, 'require_approval'],
    ['read_file', 'read', { paths: [home] }, 'deny'],
    ['list_files', 'read', { paths: [pathFact('a.txt'), home] }, 'deny'],
    ['exec_command', 'exec', { commands: [commandFact('ls')] }, 'require_approval'],
    ['write_stdin', 'exec', {}, 'require_approval'],
    ['apply_patch', 'write', { paths: [pathFact('a.txt')] }, 'require_approval'],
    ['open', 'network', {}, 'require_approval'],
    ['send_mail', 'send', {}, 'require_approval'],
  ])('%s (%s) with %j → %s', (tool, effect, facts, verdict) => {
    expect(judged(FRESH, call(tool, effect, facts)).verdict).toBe(verdict);
  });
});

describe('what the facts say holds whatever the lists allow', () => {
  const allowed: Partial<Policy> = { allow: ['exec_command'] };

  test.each<[string, Partial<Facts>, Verdict]>([
    ['a path outside the project root', { paths: [outside] }, 'require_approval'],
    ['a path that looks like a secret', { paths: [secret] }, 'require_approval'],
    ['one such path among many', { paths: [pathFact('a'), pathFact('b'), outside] }, 'require_approval'],
    ['a path in the runtime’s home', { paths: [home] }, 'deny'],
    [
      'a command that names this program',
      { commands: [commandFact('x', { names_runtime: true })] },
      'require_approval',
    ],
    [
      'one such command among many',
      { commands: [commandFact('a'), commandFact('x', { names_runtime: true })] },
      'require_approval',
    ],
    ['nothing of the kind', { paths: [pathFact('a')], commands: [commandFact('ls')] }, 'allow'],
  ])('%s', (_, facts, verdict) => {
    expect(judged(allowed, call('exec_command', 'exec', facts)).verdict).toBe(verdict);
  });

  test('a call that may repeat one of unknown outcome asks', () => {
    expect(judged(allowed, { ...call('exec_command', 'exec'), may_repeat_of: 'c1.1.1' })).toMatchObject({
      verdict: 'require_approval',
      reason: 'c1.1.1 was the same call, and nobody knows whether it took effect',
    });
  });

  test('H-119 the url of a good host beside a command changes nothing: it still asks', () => {
    const hosts = [
      { arg: 'url', url: 'https://good.example/', host: 'good.example', port: 443, addresses: ['192.0.2.1'] },
    ];
    const commands = [commandFact('rm -r build')];
    for (const policy of [FRESH, { ...FRESH, allow: [...FRESH.allow!, 'open'] }]) {
      const plain = judged(policy, call('exec_command', 'exec', { commands }));
      expect(plain.verdict).toBe('require_approval');
      expect(judged(policy, call('exec_command', 'exec', { commands, hosts }))).toEqual(plain);
    }
  });
});

test('a tool whose calls of the day are used up is denied, whatever allows it or was granted', () => {
  const quota = { limit: 2, used: 2 };
  const grant = { grant_id: 'g-1', tool: 't', args_digest: ARGS, facts_digest: FACTS, project_root: '/p' };
  for (const policy of [{ allow: ['t'] }, { require_approval: ['t'] }]) {
    expect(judged(policy, { ...call('t', 'exec'), quota }, [grant])).toMatchObject({
      verdict: 'deny',
      rules: expect.arrayContaining([{ id: 'quota:t', verdict: 'deny' }]) as unknown,
      reason: expect.stringContaining('2 of 2 calls of t ran today') as unknown,
    });
  }
});

describe('sandbox', () => {
  test.each<[Policy['sandbox'], EffectClass, Verdict]>([
    ['off', 'exec', 'allow'],
    ['auto', 'exec', 'require_approval'],
    ['required', 'exec', 'deny'],
    ['auto', 'write', 'allow'],
    ['required', 'read', 'allow'],
  ])('K-12: %s, and an allowed tool of class %s → %s', (sandbox, effect, verdict) => {
    expect(judged({ allow: ['t'], sandbox }, call('t', effect)).verdict).toBe(verdict);
  });

  test.each(['off', 'auto', 'required'] as const)(
    '%s: a confined command is judged by lists and rules alone',
    (sandbox) => {
      const confined = call('t', 'exec', { sandbox: 'landlock' });
      expect(judged({ allow: ['t'], sandbox }, confined).verdict).toBe('allow');
      expect(judged({ require_approval: ['t'], sandbox }, confined).verdict).toBe('require_approval');
      const rules = [{ id: 'r1', tool: ['t'], sandboxed: true, decision: 'deny' as const }];
      expect(judged({ allow: ['t'], sandbox, rules }, confined).verdict).toBe('deny');
    },
  );
});

/** A command in a sandbox. */
const confined = (facts: Partial<Facts> = {}): JudgedCall => call('t', 'exec', { sandbox: 'bubblewrap', ...facts });

describe('a grant', () => {
  const grant = { grant_id: 'g1', tool: 't', args_digest: ARGS, facts_digest: FACTS, project_root: '/p' };

  test('stands for the answer to what would ask, and the rules are still named', () => {
    expect(judged({ require_approval: ['t'] }, confined({ paths: [outside] }), [grant])).toEqual({
      verdict: 'allow',
      rules: [
        { id: 'fact:outside_root', verdict: 'require_approval' },
        { id: 'ask:t', verdict: 'require_approval' },
      ],
      reason: 'granted before for exactly these arguments',
      grant_id: 'g1',
    });
  });

  test.each<[string, Partial<Policy>, JudgedCall, Verdict]>([
    ['never over deny', { deny: ['t'] }, confined(), 'deny'],
    ['never over the closed home', { allow: ['t'] }, confined({ paths: [home] }), 'deny'],
    ['not for other arguments', {}, { ...confined(), args_digest: digestOf('other') }, 'require_approval'],
    ['not for another tool', {}, { ...confined(), tool: 'u' }, 'require_approval'],
    ['not in another project', {}, { ...confined(), project_root: '/q' }, 'require_approval'],
    ['not for a program that has changed', {}, { ...confined(), facts_digest: ARGS }, 'require_approval'],
    [
      'not for a command that names this program',
      {},
      confined({ commands: [commandFact('x', { names_runtime: true })] }),
      'require_approval',
    ],
    ['not for a repeat of unknown outcome', {}, { ...confined(), may_repeat_of: 'c1.1.1' }, 'require_approval'],
  ])('%s', (_, policy, of, verdict) => {
    const judgement = judged(policy, of, [grant]);
    expect(judgement.verdict).toBe(verdict);
    expect(judgement).not.toHaveProperty('grant_id');
  });

  test('is not named where nothing asked', () => {
    expect(judged({ allow: ['t'] }, confined(), [grant])).not.toHaveProperty('grant_id');
  });
});

describe('a grant counts where who gave it may answer now:', () => {
  const grant = { grant_id: 'g1', tool: 't', args_digest: ARGS, facts_digest: FACTS, project_root: '/p' };
  const about = (over: Partial<PolicyRule>): PolicyRule => ({ id: 'r1', tool: ['t'], decision: 'require_approval', ...over });
  const byAdmins = about({ approvers: ['admin'] });

  test.each<[string, Partial<Policy>, Role, Verdict]>([
    ['any approver, where nothing says else', {}, 'operator', 'allow'],
    ['not an operator, where a rule leaves it to admins', { rules: [byAdmins] }, 'operator', 'require_approval'],
    ['an admin there', { rules: [byAdmins] }, 'admin', 'allow'],
    ['the overlord always', { rules: [byAdmins] }, 'overlord', 'allow'],
    ['not an operator, where the policy names admins', { approver_roles: ['admin'] }, 'operator', 'require_approval'],
    ['not one that both leave out', { approver_roles: ['operator'], rules: [byAdmins] }, 'admin', 'require_approval'],
    ['whoever, by a rule about other calls', { rules: [{ ...byAdmins, tool: ['u'] }] }, 'operator', 'allow'],
    ['whoever, by a rule about what others ask for', { rules: [{ ...byAdmins, role: ['member'] }] }, 'operator', 'allow'],
    ['not who may not ask for it', { rules: [about({ role: ['admin'], decision: 'deny' })] }, 'admin', 'require_approval'],
    ['never a member', {}, 'member', 'require_approval'],
  ])('%s', (_, policy, by_role, verdict) => {
    expect(judged({ require_approval: ['t'], ...policy }, confined(), [{ ...grant, by_role }]).verdict).toBe(verdict);
  });

  test('of several the one that counts', () => {
    const grants = [{ ...grant, by_role: 'operator' as const }, { ...grant, grant_id: 'g2', by_role: 'admin' as const }];
    expect(judged({ rules: [byAdmins] }, confined(), grants)).toMatchObject({ verdict: 'allow', grant_id: 'g2' });
  });

  test('what an operator granted himself is none of a member, whose calls are left to admins', () => {
    const policy = { require_approval: ['t'], rules: [{ ...byAdmins, role: ['member' as const] }] };
    const of = confined();
    const grants = [{ ...grant, by_role: 'operator' as const }];
    expect(judged(policy, of, grants).verdict).toBe('allow');
    expect(judged(policy, { ...of, asked: { ...ASKED, role: 'member' } }, grants).verdict).toBe('require_approval');
  });
}); // prettier-ignore

describe('a grant of a rule', () => {
  const allows = (rule: Partial<PolicyRule>): RuleGrant => ({
    grant_id: 'g1',
    tool: 't',
    project_root: '/p',
    rule: { id: 'g1', tool: ['t'], decision: 'allow', ...rule },
  });
  const line = (...commands: string[]): JudgedCall =>
    confined({ commands: commands.map((one) => commandFact(one, { words: one.split(' '), parser: 'bash' })) });
  const npm = allows({ command: ['npm test *'] });

  test('stands for the answer for whatever it covers, whatever the other arguments', () => {
    const found = judged({ require_approval: ['t'] }, { ...line('npm test', 'npm test -- a'), args_digest: FACTS }, [
      npm,
    ]);
    expect(found).toEqual({
      verdict: 'allow',
      rules: [{ id: 'ask:t', verdict: 'require_approval' }],
      reason: 'granted before: command: npm test *',
      grant_id: 'g1',
    });
  });

  test.each<[string, Partial<Policy>, JudgedCall, RuleGrant]>([
    ['not for what it covers in part', {}, line('npm test', 'rm x'), npm],
    ['not for another tool', {}, { ...line('npm test'), tool: 'u' }, npm],
    ['not in another project', {}, { ...line('npm test'), project_root: '/q' }, npm],
    ['not for a repeat of unknown outcome', {}, { ...line('npm test'), may_repeat_of: 'c1.1.1' }, npm],
    ['not under its other conditions', {}, line('npm test'), allows({ command: ['npm test'], role: ['admin'] })],
    ['not for a path outside that it does not name', {}, call('t', 'write', { paths: [pathFact('a'), outside] }), allows({ path: ['**'] })],
    ['never for a secret, named or not', {}, call('t', 'read', { paths: [secret] }), allows({ path: ['.env'] })],
    ['never for a command that names this program', {}, confined({ commands: [commandFact('npm test', { words: ['npm', 'test'], names_runtime: true })] }), npm],
    ['with stars never for a private place', {}, confined({ commands: [commandFact('', { words: ['npm', 'test', 'http://10.0.0.1/'], parser: 'bash' })], hosts: [{ arg: 'cmd', url: 'http://10.0.0.1/', host: '10.0.0.1', port: 80, addresses: ['10.0.0.1'], scope: 'private' }] }), npm],
    ['with stars never over a rule of the policy that asks', { rules: [{ id: 'r1', tool: ['t'], command: ['npm test deploy'], decision: 'require_approval' }] }, line('npm test deploy'), npm],
    ['nor over one that may be meant', { rules: [{ id: 'r1', tool: ['t'], command: ['npm test'], decision: 'deny' }] }, line('npm test deploy'), npm],
  ])('%s', (_, policy, of, given) => {
    const judgement = judged({ require_approval: ['t', 'u'], ...policy }, of, [given]);
    expect(judgement.verdict).not.toBe('allow');
    expect(judgement).not.toHaveProperty('grant_id');
  }); // prettier-ignore

  test.each(['off', 'auto', 'required'] as const)('of a command it is none without a sandbox (%s)', (sandbox) => {
    const policy: Partial<Policy> = { require_approval: ['t'], sandbox };
    const inside = line('npm test');
    const bare = { ...inside, facts: factsOf({ commands: inside.facts.commands }) };
    const exact = { grant_id: 'g2', tool: 't', args_digest: ARGS, facts_digest: FACTS, project_root: '/p' };
    for (const grant of [
      allows({ command: ['npm test'] }),
      allows({ command: ['npm test'], sandboxed: false }),
      exact,
    ]) {
      expect(judged(policy, bare, [grant])).toEqual(judged(policy, bare));
    }
    for (const grant of [
      allows({ command: ['npm test'] }),
      allows({ command: ['npm test'], sandboxed: true }),
      exact,
    ]) {
      expect(judged(policy, inside, [grant]).verdict).toBe('allow');
    }
    expect(judged(policy, inside, [allows({ command: ['npm test'], sandboxed: false })]).verdict).toBe(
      'require_approval',
    );
  });

  describe('in a turn of before that counted, without a sandbox', () => {
    const inside = line('npm test');
    const verdict = (
      grant: RuleGrant | ExactGrant,
      facts: Partial<Facts> = {},
      sandbox: Policy['sandbox'] = 'off',
    ): Verdict => {
      const bare = factsOf({ commands: inside.facts.commands, ...facts });
      return judged({ require_approval: ['t'], sandbox }, { ...inside, facts: bare, grants_unconfined: true }, [grant])
        .verdict;
    };
    const exact = { grant_id: 'g2', tool: 't', args_digest: ARGS, facts_digest: FACTS, project_root: '/p' };
    const runs = [{ path: '/p/package.json', digest: digestOf('{}') }];

    test('a rule stood for a line, where it was given for none', () => {
      expect(verdict(npm)).toBe('allow');
      expect(verdict(npm, {}, 'auto')).toBe('require_approval');
      expect(verdict(allows({ command: ['npm test'], sandboxed: false }), {}, 'auto')).toBe('allow');
    });

    test('what went by files had to be exactly the call, and what nobody could know was none', () => {
      expect([verdict(npm, { runs }), verdict(exact, { runs })]).toEqual(['require_approval', 'allow']);
      expect(verdict(exact, { runs: [...runs, { path: '$F' }] })).toBe('require_approval');
    });
  });

  test('never over deny', () => {
    expect(judged({ deny: ['t'] }, line('npm test'), [npm]).verdict).toBe('deny');
    const rules = [{ id: 'r1', tool: ['t'], command: ['npm *'], decision: 'deny' as const }];
    expect(judged({ rules }, line('npm test'), [npm]).verdict).toBe('deny');
  });

  test('stands for a path outside that it names', () => {
    const given = allows({ path: ['/etc/hosts'] });
    expect(judged({}, call('t', 'read', { paths: [outside] }), [given])).toMatchObject({
      verdict: 'allow',
      grant_id: 'g1',
    });
  });

  test('of exactly these words it stands for a rule of the policy that asks, as an exact grant does', () => {
    const rules = [{ id: 'r1', tool: ['t'], command: ['git push *'], decision: 'require_approval' as const }];
    expect(judged({ rules }, line('git push'), [allows({ command: ['git push'] })])).toMatchObject({
      verdict: 'allow',
    });
  });

  test('the first that covers the call is named; two together cover nothing', () => {
    const rm = { ...allows({ command: ['rm x'] }), grant_id: 'g2' };
    expect(judged({ require_approval: ['t'] }, line('rm x'), [npm, rm])).toMatchObject({ grant_id: 'g2' });
    expect(judged({ require_approval: ['t'] }, line('npm test', 'rm x'), [npm, rm]).verdict).toBe('require_approval');
  });
});
