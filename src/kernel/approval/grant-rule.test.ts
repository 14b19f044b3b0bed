import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../base/digest.ts';
import type { JsonObject } from '../../base/json.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { Facts } from '../../contract/values.ts';
import { judge, type JudgedCall } from '../policy/judge.ts';
import { allowedBy } from '../policy/rules.ts';
import { commandFact, factsOf, pathFact, policyOf } from '../testing/values.ts';
import { type Proposed, proposedRule, refusedRule } from './grant-rule.ts';

const command = (...words: string[]): Facts['commands'][number] => commandFact('', { words, parser: 'bash' });
const path = (real: string, over: Partial<Facts['paths'][number]> = {}): Facts['paths'][number] =>
  pathFact(real, { inside_root: real.startsWith('/p/'), ...over });
const host = { arg: 'url', url: 'https://a.example/x', host: 'a.example', port: 443, addresses: ['192.0.2.1'] };

/** A command in a sandbox, if it is of no other tool. */
function callOf(facts: Partial<Facts>, over: Partial<JudgedCall> = {}): JudgedCall {
  return {
    tool: 'exec_command',
    effect: 'exec',
    args_digest: digestOf('a'),
    facts: factsOf({ ...(over.effect === undefined && { sandbox: 'landlock' }), ...facts }),
    facts_digest: digestOf('f'),
    project_root: '/p',
    asked: { role: 'operator', channels: ['cli'], lane: 'interactive', local_minute: 0, tainted: false, left_micro_usd: Infinity },
    ...over,
  }; // prettier-ignore
}

const proposed = (facts: Partial<Facts>, over: Partial<JudgedCall> = {}, args: JsonObject = {}): Proposed | undefined =>
  proposedRule(callOf(facts, over), args);

describe('the narrowest rule that covers a call', () => {
  test.each<[string, Partial<Facts>, Partial<JudgedCall>, Partial<Proposed>]>([
    ['has the words of each command', { commands: [command('npm', 'test'), command('ls')] }, {}, { command: ['npm test', 'ls'] }],
    ['has each command once', { commands: [command('ls'), command('ls')] }, {}, { command: ['ls'] }],
    ['has the files that a line writes', { commands: [command('ls')], paths: [path('/p/out', { writes: true })] }, {}, { command: ['ls'], path: ['out'] }],
    ['has another folder', { commands: [command('ls')], paths: [path('/p/sub', { arg: 'workdir' })] }, {}, { command: ['ls'], path: ['sub'] }],
    ['not the folder that is meant anyway', { commands: [command('ls')], paths: [pathFact('/p', { arg: 'workdir' })] }, {}, { command: ['ls'] }],
    ['has what lies outside', { commands: [command('cp', 'a', '/q/b')], paths: [path('/q/b')] }, {}, { command: ['cp a /q/b'], path: ['/q/b'] }],
    ['has the paths of a patch', { paths: [path('/p/a'), path('/p/b/c')] }, { tool: 'apply_patch', effect: 'write' }, { path: ['a', 'b/c'] }],
    ['has no hosts beside words, which name them', { commands: [command('curl', 'https://a.example/x')], hosts: [host] }, {}, { command: ['curl https://a.example/x'] }],
    ['has the secrets', { commands: [command('./deploy')], secrets: [{ variable: 'DEPLOY_TOKEN', name: 'deploy' }] }, {}, { command: ['./deploy'], secret: ['deploy'] }],
    ['has the hosts', { hosts: [host] }, { tool: 'open', effect: 'network' }, { host: ['a.example:443'] }],
  ])('%s', (_, facts, over, rule) => {
    const confined = over.tool === undefined && { sandboxed: true };
    expect(proposed(facts, over)).toEqual({ tool: [over.tool ?? 'exec_command'], decision: 'allow', ...confined, ...rule });
  }); // prettier-ignore

  test('has the arguments where nothing else is known, and where it sends', () => {
    const args = { to: 'x@a.example', copies: 2 };
    expect(proposed({}, { tool: 'send_mail', effect: 'send' }, args)).toMatchObject({ args: { to: 'x@a.example', copies: '2' } });
    expect(proposed({ hosts: [host] }, { tool: 'post', effect: 'send' }, args)).toMatchObject({
      host: ['a.example:443'],
      args: { to: 'x@a.example', copies: '2' },
    });
  }); // prettier-ignore

  test.each<[string, Partial<Facts>, Partial<JudgedCall>, JsonObject]>([
    ['of what is unclear', { commands: [{ ...command('python'), unclear: 'code' }] }, {}, {}],
    ['of words that the shell makes', { commands: [{ ...command('echo', '$HOME'), dynamic: [1] }] }, {}, {}],
    ['of words that a pattern has not', { commands: [command('echo', 'a b')] }, {}, {}],
    ['of a word that would be a star', { commands: [command('find', '-name', '*.ts')] }, {}, {}],
    ['of what a redirect gives', { commands: [{ ...command('cat'), redirects: ['< in.txt'] }] }, {}, {}],
    ['of a text for its input', { commands: [{ ...command('patch', '-p0'), redirects: ['<<EOF'] }] }, {}, {}],
    ['of no word', { commands: [command('echo', '')] }, {}, {}],
    ['of a command that names this program', { commands: [{ ...command('runtime'), names_runtime: true }] }, {}, {}],
    ['of what another program runs with more words', { commands: [{ ...command('rm'), via: 'xargs' }] }, {}, {}],
    ['of a secret', { paths: [path('/p/.env', { secret_shaped: true })] }, { tool: 'read_file', effect: 'read' }, {}],
    ['of a path with a star', { paths: [path('/q/a*')] }, { tool: 'read_file', effect: 'read' }, {}],
    ['of a tool without arguments', {}, { tool: 'send_mail', effect: 'send' }, {}],
    ['of a long argument', {}, { tool: 'send_mail', effect: 'send' }, { text: 'x'.repeat(1001) }],
    ['of an argument with a star', {}, { tool: 'send_mail', effect: 'send' }, { text: 'a*' }],
    ['of a host that no pattern has', { hosts: [{ ...host, host: '[::1]' }] }, { tool: 'open', effect: 'network' }, {}],
  ])('is none %s', (_, facts, over, args) => {
    expect(proposed(facts, over, args)).toBeUndefined();
  });

  test('covers its call, is taken for it, and covers no line with other commands', () => {
    const word = fc.string({ minLength: 1, maxLength: 6 });
    const line = fc.array(fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => command(...words)), { minLength: 1, maxLength: 3 }); // prettier-ignore
    fc.assert(
      fc.property(line, line, (commands, others) => {
        const call = callOf({ commands });
        const found = proposedRule(call, {});
        if (!found) return;
        const rule: PolicyRule = { id: 'g', ...found };
        const grant = { grant_id: 'g', tool: 'exec_command', project_root: '/p', rule };
        expect(refusedRule([policyOf()], grant, call, {})).toBeUndefined();
        const texts = (of: Facts['commands']): string[] => of.map(({ words }) => words.join(' '));
        const isWithin = texts(others).every((one) => texts(commands).includes(one));
        if (!isWithin) expect(allowedBy([rule], callOf({ commands: others }))).toBeUndefined();
      }),
    );
  });
});

describe('a rule is no answer to a call', () => {
  const npm = callOf({ commands: [command('npm', 'test')] });
  const refused = (rule: Partial<PolicyRule>, call = npm, args: JsonObject = {}, policy = policyOf()): string | undefined => {
    const whole: PolicyRule = { id: 'g', tool: [call.tool], decision: 'allow', ...rule };
    return refusedRule([policy], { grant_id: 'g', tool: call.tool, project_root: '/p', rule: whole }, call, args);
  }; // prettier-ignore

  test.each<[string, Partial<PolicyRule>, string]>([
    ['of other commands', { command: ['npm run *'] }, 'it does not cover npm test (command)'],
    ['of a program that is not named', { command: ['n* test'] }, '`n* test` is too wide'],
    ['of the whole project', { command: ['npm test'], path: ['**'] }, '`**` is too wide'],
    ['of all below the folder of the project', { command: ['npm test'], path: ['/p/**'] }, '`/p/**` is too wide'],
    ['of all hosts', { command: ['npm test'], host: ['*'] }, '`*` is too wide'],
    ['of all hosts of a domain of all', { command: ['npm test'], host: ['*.com'] }, '`*.com` is too wide'],
    ['of any argument', { args: { cmd: '*' } }, 'it holds for whatever exec_command does'],
    ['of who does not ask', { command: ['npm *'], lane: 'background' }, 'its lane is background'],
  ])('%s', (_, rule, why) => {
    expect(refused(rule)).toContain(why);
  });

  test.each(['npm *', 'npm test', 'npm t*'])('but one with %s is', (pattern) => {
    expect(refused({ command: [pattern] })).toBeUndefined();
  });

  test('where its star would answer for a rule of the policy', () => {
    const rules: PolicyRule[] = [{ id: 'r', tool: ['exec_command'], command: ['npm test'], decision: 'require_approval', reason: 'slow' }]; // prettier-ignore
    expect(refused({ command: ['npm *'] }, npm, {}, policyOf({ rules }))).toContain('(slow)');
    expect(refused({ command: ['npm test'] }, npm, {}, policyOf({ rules }))).toBeUndefined();
  });

  test('where it does not name what lies outside', () => {
    const call = callOf({ paths: [path('/q/r/s')] }, { tool: 'read_file', effect: 'read' });
    expect(refused({ path: ['/q/r/*'] }, call)).toBeUndefined();
    expect(refused({ args: { path: '/q/*' } }, call, { path: '/q/r/s' })).toContain('it does not name /q/r/s');
  });

  test('of arguments that weren’t recorded when it was inspected it is', () => {
    const call = callOf({}, { tool: 'send_mail', effect: 'send' });
    expect(refused({ args: { to: '*@a.example' } }, call, { to: 'x@a.example' })).toBeUndefined();
    expect(refused({ args: { to: '*@b.example' } }, call, { to: 'x@a.example' })).toContain('its args.to is *@b.example');
  }); // prettier-ignore

  test('where a redirect gives it something', () => {
    const fed = callOf({ commands: [{ ...command('npm', 'test'), redirects: ['0< in.txt'] }] });
    expect(refused({ command: ['npm test'] }, fed)).toContain('by a redirect');
    const given = { grant_id: 'g', tool: 'exec_command', project_root: '/p', rule: { id: 'g', tool: ['exec_command'], command: ['npm *'], decision: 'allow' as const } }; // prettier-ignore
    expect(judge([policyOf()], [given], fed).verdict).toBe('require_approval');
    expect(judge([policyOf()], [given], { ...fed, grants_unconfined: true }).verdict).toBe('allow');
    for (const harmless of ['< /dev/null', '2>&1', '<&3']) {
      const call = callOf({ commands: [{ ...command('npm', 'test'), redirects: [harmless] }] });
      expect([judge([policyOf()], [given], call).verdict, refused({ command: ['npm test'] }, call)]).toEqual([
        'allow',
        undefined,
      ]);
    }
  });

  test('none is proposed for what no sandbox confines', () => {
    expect(proposedRule(npm, {})).toMatchObject({ command: ['npm test'], sandboxed: true });
    expect(proposedRule({ ...npm, facts: factsOf({ commands: npm.facts.commands }) }, {})).toBeUndefined();
  });
});
