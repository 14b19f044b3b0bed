import { describe, expect, test } from 'vitest';
import { parsePlan } from './parse-plan.ts';

const steps = (...list: object[]): string => JSON.stringify({ steps: list });
const step = (id: string, depends_on: string[] = [], more: object = {}) => ({
  id,
  task: `do ${id}`,
  depends_on,
  ...more,
});
const problem = (text: string, most = 10): string => {
  const plan = parsePlan(text, most);
  return plan.ok ? 'none' : plan.problem;
};

describe('H-65, K-62: a plan is found', () => {
  const plain = steps(step('a'), step('b', ['a'], { check: 'npm test' }));
  const found = {
    ok: true,
    steps: [
      { id: 'a', title: 'do a', task: 'do a', depends_on: [] },
      { id: 'b', title: 'do b', task: 'do b', depends_on: ['a'], check: 'npm test' },
    ],
  };
  test.each([
    ['as JSON alone', plain],
    ['with white space around', `\n ${plain}\n`],
    ['in a fenced block', `Here it is:\n\`\`\`json\n${plain}\n\`\`\`\nGood luck!`],
    ['in a fenced block of no language', `\`\`\`\n${plain}\n\`\`\``],
    ['within prose', `I would do this []: ${plain} - that is [all].`],
    ['as a list alone', JSON.stringify((JSON.parse(plain) as { steps: object[] }).steps)],
    ['under another name', plain.replace('"steps"', '"tasks"')],
    [
      'with the fields that others use',
      plain.replaceAll('"task"', '"description"').replaceAll('depends_on', 'dependencies'),
    ],
  ])('%s', (_, text) => expect(parsePlan(text, 10)).toEqual(found));

  test.each(['depends_on', 'dependencies', 'dependsOn', 'needs', 'requires', 'after', 'blocked_by'])(
    'a step waits for what it names in `%s`',
    (name) => {
      const plan = parsePlan(steps({ id: 'a', task: 'one' }, { id: 'b', task: 'two', [name]: ['a'] }), 10);
      expect(plan).toMatchObject({ ok: true, steps: [{ depends_on: [] }, { id: 'b', depends_on: ['a'] }] });
    },
  );

  test('a title is the first line of the task where none is given, and is cut', () => {
    const plan = parsePlan(steps({ task: 'Look around.\nThen more.' }, { title: 'x'.repeat(500), task: 'y' }), 10);
    expect(plan.ok && plan.steps.map(({ id, title }) => [id, title])).toEqual([
      ['s1', 'Look around.'],
      ['s2', 'x'.repeat(120)],
    ]);
  });

  test('K-66: what a plan says of tries, limits or rights is nobody’s order', () => {
    const plan = parsePlan(steps(step('a', [], { maxAttempts: 1e9, budget: 1e9, role: 'overlord' })), 10);
    expect(plan).toEqual({ ok: true, steps: [{ id: 'a', title: 'do a', task: 'do a', depends_on: [] }] });
  });
});

describe('K-61, K-62, H-76: what is no plan is refused by step and field, never in its own words', () => {
  test.each([
    ['nothing', '', 'it is not valid JSON'],
    ['prose', 'I would rather not.', 'it is not valid JSON'],
    ['an empty list', steps(), 'it has no step'],
    ['an empty list of tasks', '{"tasks":[]}', 'it has no step'],
    ['no list', '{"answer": 42}', 'it has no list `steps`'],
    ['texts for steps', '{"steps": ["a", "b"]}', 'it has no list `steps`'],
    ['two objects', `${steps(step('a'))} or ${steps(step('b'))}`, 'there is more than one plan in it'],
    ['two blocks', `\`\`\`\n${steps(step('a'))}\n\`\`\`\n\`\`\`\n{}\n\`\`\``, 'there is more than one block of JSON'],
    ['cut JSON', steps(step('a')).slice(0, -3), 'the JSON ends in its middle'],
    ['a key twice', '{"steps":[{"id":"a","id":"b","task":"x"}]}', 'it is not valid JSON'],
    ['a text that is none', steps({ id: 'a', task: 7 }), 'step 1: `task` must say what is to be done'],
    ['an id that is none', steps(step('../../x')), 'step 1: `id` must be 1 to 32 letters, digits, "-" or "_"'],
    [
      'an id that is a number',
      steps({ ...step('a'), id: 1 }),
      'step 1: `id` must be 1 to 32 letters, digits, "-" or "_"',
    ],
    ['an id twice', steps(step('a'), step('a')), 'step 2: its id is that of step 1'],
    ['an unknown dependency', steps(step('a'), step('b', ['a', 'z'])), 'step 2: `depends_on` 2 is the id of no step'],
    [
      'dependencies that are no texts',
      steps({ ...step('a'), depends_on: [1] }),
      'step 1: `depends_on` must be a list of ids',
    ],
    [
      'a circle',
      steps(step('a'), step('b', ['c']), step('c', ['b'])),
      'steps 2, 3: they wait for one another in a circle',
    ],
    ['a step that waits for itself', steps(step('a', ['a'])), 'steps 1: they wait for one another in a circle'],
    [
      'a task beyond all measure',
      steps({ id: 'a', task: 'x'.repeat(4001) }),
      'step 1: `task` is longer than 4000 characters',
    ],
    [
      'a check that is none',
      steps(step('a', [], { check: {} })),
      'step 1: `check` must be a command of at most 1000 characters',
    ],
  ])('%s', (_, text, expected) => expect(problem(text)).toBe(expected));

  test('H-77: more steps than may be', () => {
    const twelve = Array.from({ length: 12 }, (_, index) => step(`s${index}`));
    expect(problem(steps(...twelve))).toBe('it has 12 steps, and 10 are the most');
  });

  test('K-74: ten thousand steps, or brackets without end, are refused at once', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => step(`s${index}`));
    expect(problem(steps(...many))).toBe('it has 10000 steps, and 10 are the most');
    expect(problem('{'.repeat(10_000_000))).toBe('the JSON ends in its middle');
    expect(problem('[]'.repeat(100_000))).toBe('it has no list `steps`');
    expect(problem(`\`\`\`${'\n'.repeat(1_000_000)}`)).toBe('it is not valid JSON');
  });
});
