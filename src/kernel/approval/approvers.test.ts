import { describe, expect, test } from 'vitest';
import type { Policy } from '../../contract/manifest.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { Role } from '../../contract/values.ts';
import type { RuledCall } from '../policy/rules.ts';
import { commandFact, factsOf, policyOf } from '../testing/values.ts';
import { approversOf, mayApprove } from './approvers.ts';

const call: RuledCall = {
  tool: 'exec_command',
  effect: 'exec',
  facts: factsOf({ commands: [commandFact('', { words: ['git', 'push'], parser: 'bash' })] }),
  project_root: '/p',
  asked: { role: 'operator', tainted: false, left_micro_usd: Infinity },
};
const asks = (command: string, ...approvers: PolicyRule['approvers'] & {}): PolicyRule => ({
  id: command,
  tool: ['exec_command'],
  command: [command],
  decision: 'require_approval',
  ...(approvers.length > 0 && { approvers }),
});
const ruled = (...rules: PolicyRule[]): Policy => policyOf({ rules });

describe('who may answer', () => {
  test.each<[string, Policy[], Role[]]>([
    ['those of the policy', [policyOf()], ['operator', 'admin', 'overlord']],
    ['those that the rule names', [ruled(asks('git push *', 'admin'))], ['admin']],
    ['not those of a rule about other calls', [ruled(asks('rm *', 'admin'))], ['operator', 'admin', 'overlord']],
    ['not fewer by a rule that names nobody', [ruled(asks('git *'))], ['operator', 'admin', 'overlord']],
    ['those that all rules name', [ruled(asks('git *', 'admin', 'operator'), asks('git push *', 'admin', 'overlord'))], ['admin']],
    ['those that all policies name', [policyOf(), policyOf({ approver_roles: ['admin'] })], ['admin']],
    ['the overlord, where that is nobody', [policyOf({ approver_roles: ['operator'] }), ruled(asks('git *', 'admin'))], ['overlord']],
  ])('%s', (_, policies, roles) => {
    expect(approversOf(policies, call)).toEqual(roles);
  }); // prettier-ignore

  test('a rule counts that nobody can tell is meant', () => {
    const facts = factsOf({
      commands: [commandFact('', { words: ['x'], parser: 'bash', unclear: 'dynamic_command' })],
    });
    expect(approversOf([ruled(asks('git *', 'admin'))], { ...call, facts })).toEqual(['admin']);
  });
});

test.each<[Role, string[], boolean]>([
  ['operator', ['operator'], true],
  ['operator', ['admin'], false],
  ['admin', ['operator'], false],
  ['overlord', ['admin'], true],
  ['overlord', [], true],
  ['member', ['member'], false],
  ['viewer', ['viewer', 'operator'], false],
])('%s of %j: %s', (role, approvers, may) => {
  expect(mayApprove(role, approvers)).toBe(may);
});
