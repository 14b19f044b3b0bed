/** Calls that get secrets of the vault: what asks, and what answers. */
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../base/digest.ts';
import type { Grant, Policy } from '../../contract/manifest.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { Facts, Verdict } from '../../contract/values.ts';
import { commandFact, factsOf, policyOf } from '../testing/values.ts';
import { explainRules } from './explain.ts';
import { judge, type JudgedCall, type Judgement } from './judge.ts';

const SECRETS = {
  deploy: { variable: 'DEPLOY_TOKEN', name: 'deploy' },
  prod: { variable: 'PROD', name: 'deploy-prod' },
};

/** `./deploy a`, with these secrets. */
function call(names: (keyof typeof SECRETS)[], tainted = false): JudgedCall {
  const commands = [commandFact('', { words: ['./deploy', 'a'], parser: 'bash' })];
  const facts: Partial<Facts> = { commands, sandbox: 'bubblewrap' };
  if (names.length > 0) facts.secrets = names.map((name) => SECRETS[name]);
  return {
    tool: 't',
    effect: 'exec',
    args_digest: digestOf(names.join()),
    facts: factsOf(facts),
    facts_digest: digestOf(names.join()),
    project_root: '/p',
    asked: { role: 'operator', tainted, left_micro_usd: Infinity },
  };
}

const allowing = (rule: Partial<PolicyRule>): PolicyRule => ({ id: 'r1', tool: ['t'], decision: 'allow', ...rule });

function judged(policy: Partial<Policy>, of: JudgedCall, grants: Grant[] = []): Judgement {
  return judge([policyOf({ require_approval: [], sandbox: 'auto', ...policy })], grants, of);
}

describe('a call that gets a secret', () => {
  test.each<[string, Partial<Policy>]>([
    ['on the allow list', { allow: ['t'] }],
    ['allowed by a rule that names its words', { rules: [allowing({ command: ['./deploy *'] })] }],
    ['on that list, with a rule that names another secret', { allow: ['t'], rules: [allowing({ secret: ['npm'] })] }],
  ])('%s asks', (_, policy) => {
    expect(judged(policy, call([])).verdict).toBe('allow');
    const { verdict, rules, reason } = judged(policy, call(['deploy']));
    expect({ verdict, reason }).toEqual({ verdict: 'require_approval', reason: 'it gets the secret deploy of the vault' });
    expect(rules).toContainEqual({ id: 'fact:secret', verdict: 'require_approval' });
  }); // prettier-ignore

  test.each<[string, Partial<PolicyRule>, (keyof typeof SECRETS)[], Verdict]>([
    ['one that names it', { secret: ['deploy'] }, ['deploy'], 'allow'],
    ['one that names it by a pattern', { secret: ['deploy*'] }, ['deploy', 'prod'], 'allow'],
    ['none that names one of two', { secret: ['deploy'] }, ['deploy', 'prod'], 'require_approval'],
    ['none that wants other words', { secret: ['deploy'], command: ['./other'] }, ['deploy'], 'require_approval'],
    ['none of a call that gets nothing', { secret: ['deploy'] }, [], 'require_approval'],
  ])('is allowed by %s', (_, rule, names, verdict) => {
    expect(judged({ rules: [allowing(rule)] }, call(names)).verdict).toBe(verdict);
  });

  test('two rules that each name one of two do not add up', () => {
    const rules = [allowing({ secret: ['deploy'] }), allowing({ id: 'r2', secret: ['deploy-prod'] })];
    expect(judged({ rules }, call(['deploy', 'prod'])).verdict).toBe('require_approval');
  });

  test('each policy in force must have named it', () => {
    const named = policyOf({ require_approval: [], rules: [allowing({ secret: ['deploy'] })] });
    const listed = policyOf({ require_approval: [], allow: ['t'] });
    expect(judge([named, listed], [], call(['deploy'])).verdict).toBe('require_approval');
    expect(judge([named, named], [], call(['deploy'])).verdict).toBe('allow');
  });

  test('a rule that denies one denies a call that gets others, too', () => {
    const rules = [allowing({ secret: ['*'] }), { ...allowing({ id: 'r2', secret: ['*-prod'] }), decision: 'deny' as const }];
    expect(judged({ rules }, call(['deploy'])).verdict).toBe('allow');
    expect(judged({ rules }, call(['deploy', 'prod'])).verdict).toBe('deny');
  }); // prettier-ignore

  test.each<[string, Partial<PolicyRule>[], Verdict]>([
    ['names it for clean conversations', [{ secret: ['deploy'] }], 'require_approval'],
    ['names it for tainted ones', [{ secret: ['deploy'], tainted: true }], 'allow'],
    ['only lets the words run there', [{ secret: ['deploy'] }, { command: ['./deploy *'], tainted: true }], 'require_approval'],
  ])('in a tainted conversation, where a rule %s', (_, rules, verdict) => {
    const judgement = judged({ rules: rules.map((rule) => allowing(rule)) }, call(['deploy'], true));
    expect(judgement.verdict).toBe(verdict);
    if (verdict === 'require_approval') expect(judgement.rules).toContainEqual({ id: 'fact:tainted', verdict });
  }); // prettier-ignore
});

describe('a grant', () => {
  const granted = (rule: Partial<PolicyRule>): Grant => ({ grant_id: 'g', tool: 't', project_root: '/p', rule: allowing(rule) }); // prettier-ignore

  test.each<[string, Partial<PolicyRule>, (keyof typeof SECRETS)[], Verdict]>([
    ['with the same secret', { command: ['./deploy a'], secret: ['deploy'] }, ['deploy'], 'allow'],
    ['without a secret', { command: ['./deploy a'] }, ['deploy'], 'require_approval'],
    ['with another one', { command: ['./deploy a'], secret: ['deploy-prod'] }, ['deploy'], 'require_approval'],
    ['with one of two', { command: ['./deploy a'], secret: ['deploy'] }, ['deploy', 'prod'], 'require_approval'],
    ['with words that nobody has seen', { command: ['./deploy *'], secret: ['deploy'] }, ['deploy'], 'require_approval'],
    ['with a pattern of secrets', { command: ['./deploy a'], secret: ['deploy*'] }, ['deploy'], 'require_approval'],
    ['with a secret, for a call without', { command: ['./deploy a'], secret: ['deploy'] }, [], 'require_approval'],
  ])('of a rule %s', (_, rule, names, verdict) => {
    expect(judged({ require_approval: ['t'] }, call(names), [granted(rule)]).verdict).toBe(verdict);
  }); // prettier-ignore

  test('without a secret does not cover a call with one where that is allowed and something else asks', () => {
    const policy = { require_approval: ['t'], rules: [allowing({ secret: ['deploy'] })] };
    expect(judged(policy, call(['deploy']), [granted({ command: ['./deploy a'] })]).verdict).toBe('require_approval');
  });

  test('of exactly this call covers it', () => {
    const { args_digest, facts_digest } = call(['deploy']);
    const exact = { grant_id: 'g', tool: 't', project_root: '/p', args_digest, facts_digest };
    expect(judged({}, call(['deploy']), [exact])).toMatchObject({ verdict: 'allow', grant_id: 'g' });
    expect(judged({}, call(['deploy', 'prod']), [exact]).verdict).toBe('require_approval');
  });
});

test('an explanation names the condition that does not hold, and what the call gets', () => {
  const unmetOf = (rule: Partial<PolicyRule>, names: (keyof typeof SECRETS)[]): unknown =>
    explainRules([allowing(rule)], call(names)).rules[0]!.unmet;
  const condition = { condition: 'secret', wanted: 'deploy', answer: 'no' };
  expect(unmetOf({ secret: ['deploy'] }, ['deploy', 'prod'])).toEqual([{ ...condition, found: 'deploy, deploy-prod' }]);
  expect(unmetOf({ secret: ['deploy'] }, [])).toEqual([{ ...condition, found: 'none' }]);
  expect(unmetOf({ secret: ['deploy'] }, ['deploy'])).toEqual([]);
  expect(unmetOf({ secret: ['deploy'], decision: 'deny' }, ['deploy', 'prod'])).toEqual([]);
});
