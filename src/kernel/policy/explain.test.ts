/** What rules make of a call, told condition by condition; and that it is what they are judged by. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { ExplainedPolicy } from '../../contract/policy-explained.ts';
import type { CommandFact, Facts } from '../../contract/values.ts';
import { commandFact, factsOf, pathFact } from '../testing/values.ts';
import { explainRules } from './explain.ts';
import { allowedBy, type Asked, type RuledCall, strictRules } from './rules.ts';

const ASKED: Asked = { role: 'operator', channels: ['cli'], lane: 'interactive', local_minute: 6 * 1440 + 570, tainted: false, left_micro_usd: Infinity }; // prettier-ignore

const rule = (over: Partial<PolicyRule>): PolicyRule => ({ id: 'r', tool: ['exec_command'], decision: 'allow', ...over }); // prettier-ignore
const command = (text: string, over: Partial<CommandFact> = {}): CommandFact => commandFact(text, { words: text.split(' '), parser: 'bash', ...over }); // prettier-ignore
const exec = (commands: (string | CommandFact)[], facts: Partial<Facts> = {}, asked: Partial<Asked> = {}): RuledCall => ({
  tool: 'exec_command',
  effect: 'exec',
  facts: factsOf({ commands: commands.map((one) => (typeof one === 'string' ? command(one) : one)), ...facts }),
  project_root: '/p',
  asked: { ...ASKED, ...asked },
}); // prettier-ignore

const explained = (rules: Partial<PolicyRule>[], call: RuledCall): ExplainedPolicy =>
  explainRules(
    rules.map((one, index) => rule({ id: `rule ${index}`, ...one })),
    call,
  );

describe('allow', () => {
  test('which command of a line no rule covers, and which each rule covers', () => {
    const rules = [{ command: ['ls *', 'git status *'] }, { command: ['npm test'] }];
    const call = exec(['ls -l', 'npm test', 'rm -rf x', command('cat', { unclear: 'code' })]);
    expect(explained(rules, call)).toEqual({
      rules: [
        {
          id: 'rule 0',
          decision: 'allow',
          holds: 'partly',
          unmet: [],
          uncovered: ['npm test', 'rm -rf x', 'cat (unclear: code)'].map((part) => ({ part, lacks: ['command'] })),
        },
        {
          id: 'rule 1',
          decision: 'allow',
          holds: 'partly',
          unmet: [],
          uncovered: ['ls -l', 'rm -rf x', 'cat (unclear: code)'].map((part) => ({ part, lacks: ['command'] })),
        },
      ],
      uncovered: ['rm -rf x', 'cat (unclear: code)'],
    });
  });

  test('what a line writes needs a path; paths and hosts are parts where there is no command', () => {
    const writing = exec(['echo x'], { paths: [pathFact('/p/a.txt', { writes: true })] });
    expect(explained([{ command: ['echo *'] }], writing).rules[0]).toMatchObject({
      holds: 'no',
      uncovered: [{ part: 'echo x', lacks: ['writes'] }],
    });
    expect(explained([{ command: ['echo *'], path: ['src/**'] }], writing).rules[0]).toMatchObject({
      uncovered: [{ part: 'echo x', lacks: ['path'] }],
    });
    expect(explained([{ path: ['**'] }], writing).rules[0]).toMatchObject({
      uncovered: [{ part: 'echo x', lacks: ['command'] }],
    });
    expect(explained([{ command: ['ls'], path: ['**'] }], writing).rules[0]).toMatchObject({
      uncovered: [{ part: 'echo x', lacks: ['command'] }],
    });
    const elsewhere = exec(['echo x'], { paths: [pathFact('/p/src', { arg: 'workdir' })] });
    expect(explained([{ command: ['echo *'] }], elsewhere).rules[0]).toMatchObject({
      uncovered: [{ part: 'echo x', lacks: ['workdir'] }],
    });
    const reading: RuledCall = {
      ...exec([], { paths: [pathFact('/p/src/a'), pathFact('/p/b')] }),
      tool: 'read_file',
      effect: 'read',
    };
    expect(explained([{ tool: ['read_*'], path: ['src/**'] }], reading)).toMatchObject({
      rules: [{ holds: 'partly', uncovered: [{ part: '/p/b', lacks: ['path'] }] }],
      uncovered: ['/p/b'],
    });
  });

  test('conditions of who asks, and when, come first', () => {
    const conditions = { role: ['admin' as const], hours: 'mon-fri 08:00-18:00', channel: ['api', 'cron'], command: ['ls'] }; // prettier-ignore
    expect(explained([conditions], exec(['ls'], {}, { channels: ['cli', 'api'] }))).toEqual({
      rules: [
        {
          id: 'rule 0',
          decision: 'allow',
          holds: 'no',
          unmet: [
            { condition: 'role', wanted: 'admin', found: 'operator', answer: 'no' },
            { condition: 'hours', wanted: 'mon-fri 08:00-18:00', found: 'sat 09:30', answer: 'no' },
            { condition: 'channel', wanted: 'api, cron', found: 'cli, api', answer: 'maybe' },
          ],
        },
      ],
      uncovered: ['ls'],
    });
  });
});

test('deny: each condition that does not hold, or of which nobody can know', () => {
  const call = exec(['ls', command('x', { unclear: 'dynamic_command' })], { args: { cmd: 'ls; $x' } }, { left_micro_usd: 750_000 }); // prettier-ignore
  const [one] = explained(
    [{ decision: 'deny', reason: 'no', command: ['rm *'], args: { cmd: '*-f*', other: 'a' }, effect: ['write'], tainted: true, lane: 'background', budget_left_below: 0.5, host: ['a.b'] }],
    call,
  ).rules; // prettier-ignore
  expect(one).toEqual({
    id: 'rule 0',
    decision: 'deny',
    reason: 'no',
    holds: 'no',
    unmet: [
      { condition: 'command', wanted: 'rm *', found: 'ls; x (unclear: dynamic_command)', answer: 'maybe' },
      { condition: 'effect', wanted: 'write', found: 'exec', answer: 'no' },
      { condition: 'tainted', wanted: 'true', found: 'false', answer: 'no' },
      { condition: 'lane', wanted: 'background', found: 'interactive', answer: 'no' },
      { condition: 'budget_left_below', wanted: '0.5', found: '0.7500', answer: 'no' },
      { condition: 'host', wanted: 'a.b', found: 'none', answer: 'maybe' },
      { condition: 'args.cmd', wanted: '*-f*', found: 'ls; $x', answer: 'no' },
      { condition: 'args.other', wanted: 'a', found: 'not known', answer: 'maybe' },
    ],
  });
});

test('rules about other tools are left out', () => {
  expect(explained([{ tool: ['time'] }], exec(['ls']))).toEqual({ rules: [], uncovered: [] });
});

/** Few words, so that they meet. */
const word = fc.constantFrom('ls', 'rm', 'a', '*');
const anyRule: fc.Arbitrary<Partial<PolicyRule>> = fc.record(
  {
    decision: fc.constantFrom('allow', 'require_approval', 'deny'),
    command: fc.array(fc.array(word, { minLength: 1, maxLength: 2 }).map((words) => words.join(' ')), { minLength: 1, maxLength: 2 }),
    path: fc.array(fc.constantFrom('a', 'b', '**'), { minLength: 1, maxLength: 2 }),
    role: fc.constant(['operator' as const]),
    lane: fc.constantFrom('interactive', 'background'),
    args: fc.constantFrom({ cmd: 'l*' }, { other: 'x' }),
  },
  { requiredKeys: ['decision'] },
); // prettier-ignore
const anyCall = fc
  .record({
    commands: fc.array(fc.record({ text: fc.constantFrom('ls', 'ls a', 'rm a'), unclear: fc.boolean() }), { maxLength: 3 }),
    paths: fc.array(fc.record({ path: fc.constantFrom('/p/a', '/p/b'), writes: fc.boolean() }), { maxLength: 2 }),
    cmd: fc.option(fc.constantFrom('ls', 'rm'), { nil: undefined }),
  })
  .map(({ commands, paths, cmd }) =>
    exec(
      commands.map(({ text, unclear }) => command(text, unclear ? { unclear: 'code' } : {})),
      { paths: paths.map(({ path, writes }) => pathFact(path, writes ? { writes } : {})), ...(cmd !== undefined && { args: { cmd } }) },
    ),
  ); // prettier-ignore

test('it says what is judged: whichever rules and calls there are', () => {
  fc.assert(
    fc.property(fc.array(anyRule, { minLength: 1, maxLength: 4 }), anyCall, (given, call) => {
      const rules = given.map((one, index) => rule({ id: `rule ${index}`, ...one }));
      const found = explainRules(rules, call);
      const applies = new Map(strictRules(rules, call).map(({ rule: { id }, answer }) => [id, answer]));
      for (const { id, decision, holds, unmet, uncovered = [] } of found.rules) {
        if (decision === 'allow') {
          expect(holds === 'yes').toBe(allowedBy([rules.find((one) => one.id === id)!], call) !== undefined);
          expect(holds === 'yes').toBe(unmet.length + uncovered.length === 0);
        } else {
          expect(holds).toBe(applies.get(id) ?? 'no');
          expect(holds === 'yes').toBe(unmet.length === 0);
        }
      }
      if (rules.some(({ decision }) => decision === 'allow')) {
        expect(found.uncovered.length === 0).toBe(allowedBy(rules, call) !== undefined);
      }
    }),
  );
});
