import { expect, test } from 'vitest';
import { digestOf } from '../../base/digest.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import { factsOf, pathFact } from '../testing/values.ts';
import { foundBelow } from './found-below.ts';
import type { JudgedCall } from './judge.ts';

const call = (real: string): JudgedCall => ({
  tool: 'search_files',
  effect: 'read',
  args_digest: digestOf(''),
  facts: factsOf({ paths: [pathFact(real, { kind: 'dir' })] }),
  facts_digest: digestOf(''),
  project_root: '/p',
  asked: { role: 'operator', tainted: false, left_micro_usd: Infinity },
});
const rule = (over: Partial<PolicyRule>): PolicyRule => ({ id: 'r', tool: ['*'], decision: 'deny', ...over });
const finds = (rules: PolicyRule[], real: string, named = '/p'): boolean =>
  foundBelow([{}, { rules }], call(named))(real);

test.each<[string, Partial<PolicyRule>, string, boolean]>([
  ['a file of a folder that is denied', { path: ['private/**'] }, '/p/private/a/b.txt', false],
  ['also by the folder’s name alone', { path: ['private'] }, '/p/private/a/b.txt', false],
  ['also by a pattern of one name', { path: ['private/*'] }, '/p/private/a/b.txt', false],
  ['and where a rule asks', { path: ['private/**'], decision: 'require_approval' }, '/p/private/a', false],
  ['by its ending', { path: ['**/*.key'] }, '/p/src/a.key', false],
  ['by the whole path', { path: ['/p/src/**'] }, '/p/src/a', false],
  ['not another file', { path: ['private/**'] }, '/p/private.txt', true],
  ['not by a rule that allows', { path: ['private/**'], decision: 'allow' }, '/p/private/a', true],
  ['not by one about another tool', { path: ['private/**'], tool: ['read_file'] }, '/p/private/a', true],
  ['not by one about other people', { path: ['private/**'], role: ['member'] }, '/p/private/a', true],
  [
    'but by one of which nobody knows whether it is meant',
    { path: ['private/**'], lane: 'background' },
    '/p/private/a',
    false,
  ],
  ['not by one about commands', { path: ['private/**'], command: ['rm *'] }, '/p/private/a', true],
])('keeps %s', (_, over, real, isFound) => {
  expect(finds([rule(over)], real)).toBe(isFound);
});

test('what was named is answered for with the call, and other rules still keep theirs', () => {
  const rules = [rule({ path: ['private/**'], decision: 'require_approval' }), rule({ path: ['**/*.key'] })];
  expect(finds(rules, '/p/private/a', '/p/private')).toBe(true);
  expect(finds(rules, '/p/private/a.key', '/p/private')).toBe(false);
});
