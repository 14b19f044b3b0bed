import { describe, expect, test, vi } from 'vitest';
import type { Resolution } from '../../contract/host.ts';
import type { RuleText } from '../../contract/policy-rule.ts';
import { manualClock } from '../../engine/testing/world.ts';
import { displayWidth } from '../terminal/width.ts';
import { createApprovalPanel } from './approval-panel.ts';
import type { Asked } from './asking.ts';

const LOOKED = 1000;
const SETTLED = 600;

const approval = (approval_id: string, more: Partial<Asked> = {}): Asked => ({
  approval_id,
  call_id: 'c1',
  title: `Run ${approval_id}`,
  rows: 1,
  ...more,
});

/** A panel on which one approval waits, an input line beside it, and what came of both. `rule`: that is proposed. */
function setUp(...waiting: Asked[]) {
  return setUpWith({}, ...waiting);
}

function setUpWith({ rule, byLine = false }: { rule?: RuleText; byLine?: boolean }, ...waiting: Asked[]) {
  const clock = manualClock();
  let asked = waiting;
  let input = '';
  let prompt: string | undefined;
  let refuse = false;
  const answers: [string, Resolution][] = [];
  const said: string[] = [];
  const viewed: string[] = [];
  /** The terminal stands still: it shows nothing and sends nothing. */
  let isStill = false;
  let unpassed: (() => void)[] = [];
  const panel = createApprovalPanel({
    clock,
    fence: (run) => (isStill ? void unpassed.push(run) : run()),
    asked: () => asked,
    async answer(id, resolution) {
      answers.push([id, resolution]);
      if (refuse) throw new Error('somebody was quicker');
    },
    view: (id) => void viewed.push(id),
    setPrompt: (to) => (prompt = to),
    ruleOf: async () => rule,
    setInput: (text) => (input = text),
    say: (text) => said.push(text),
    refresh: () => {},
    byLine: () => byLine,
  });
  const paint = (columns = 100, rows = 40): string[] => {
    const lines = panel.lines((_, text) => text, columns, rows);
    panel.painted();
    return lines;
  };
  panel.changed();
  paint();
  return {
    panel,
    answers,
    said,
    viewed,
    clock,
    input: () => input,
    prompt: () => prompt,
    refuse: () => (refuse = true),
    standStill: () => (isStill = true),
    /** All that was typed meanwhile was given before this. */
    goOn() {
      isStill = false;
      const all = unpassed;
      unpassed = [];
      for (const run of all) run();
    },
    ask: (...now: Asked[]) => (asked = now),
    lines: paint,
    /** Each character is a key of its own. */
    type(text: string) {
      for (const key of text) {
        const before = input;
        input += key;
        if (!byLine) panel.input(input, before, true);
      }
    },
    paste(text: string) {
      const before = input;
      input = text;
      if (!byLine) panel.input(text, before, false);
    },
    enter() {
      const text = input;
      input = '';
      const taken = panel.takesText(text);
      if (!byLine) panel.input('', text, false);
      return taken;
    },
  };
}

test.each([
  ['y', { decision: 'grant', scope: 'once' }],
  ['Y', { decision: 'grant', scope: 'once' }],
  ['s', { decision: 'grant', scope: 'session' }],
] as const)('%s answers when nothing follows it for a moment, and leaves the input empty', async (key, resolution) => {
  const { clock, type, answers, input, lines, panel } = setUp(approval('a-1'));
  await clock.advance(LOOKED);
  type(key);
  expect(answers).toEqual([]);
  expect(lines()[0]).toContain('in a moment');
  await clock.advance(SETTLED);
  expect(answers).toEqual([['a-1', resolution]]);
  expect(input()).toBe('');
  expect(panel.isOpen()).toBe(false);
});

test.each(['s', 'a'])('what is granted once only has no %s, which says so, and y', async (key) => {
  const { clock, type, answers, lines, said } = setUp(approval('a-1', { once_only: true }));
  expect(lines()[0]).toBe('? y yes · n no · Esc later');
  await clock.advance(LOOKED);
  type(key);
  await clock.advance(SETTLED);
  expect([answers, said]).toEqual([[], [expect.stringContaining('once only')]]);
  await clock.advance(LOOKED);
  type('y');
  await clock.advance(SETTLED);
  expect(answers).toEqual([['a-1', { decision: 'grant', scope: 'once' }]]);
});

test('a second letter makes a message of the first', async () => {
  const { clock, type, answers, input, enter } = setUp(approval('a-1'));
  await clock.advance(LOOKED);
  type('ye');
  await clock.advance(SETTLED);
  expect(answers).toEqual([]);
  expect(input()).toBe('ye');
  expect(enter()).toBe(false);
});

test('a letter that is taken back answers nothing', async () => {
  const { clock, type, paste, answers } = setUp(approval('a-1'));
  await clock.advance(LOOKED);
  type('y');
  paste('');
  await clock.advance(SETTLED);
  expect(answers).toEqual([]);
});

test('who was typing when the question came has answered nothing, also with their next letters', async () => {
  const { clock, type, answers, input } = setUp(approval('a-1'));
  type('wh');
  await clock.advance(LOOKED);
  type('y');
  await clock.advance(SETTLED);
  expect(answers).toEqual([]);
  expect(input()).toBe('why');
});

test('a letter right after a key, or right after the question, is text', async () => {
  const soon = setUp(approval('a-1'));
  soon.type('y');
  await soon.clock.advance(SETTLED + LOOKED);
  expect(soon.answers).toEqual([]);

  const typing = setUp(approval('a-1'));
  await typing.clock.advance(LOOKED);
  typing.paste('x');
  typing.paste('');
  typing.type('y');
  await typing.clock.advance(SETTLED);
  expect(typing.answers).toEqual([]);
});

test('what was typed before the terminal had the question is text, however much later it is read', async () => {
  const { clock, type, answers, standStill, goOn, ask, lines, panel, paste } = setUp();
  standStill();
  ask(approval('a-1'));
  panel.changed();
  lines();
  await clock.advance(10 * LOOKED);
  type('y');
  goOn();
  await clock.advance(SETTLED);
  expect(answers).toEqual([]);
  paste('');
  await clock.advance(LOOKED);
  type('y');
  await clock.advance(SETTLED);
  expect(answers).toHaveLength(1);
});

test('what was typed in the first moment is text, however much later it is read', async () => {
  const { clock, type, answers, standStill, goOn, enter } = setUp(approval('a-1'));
  standStill();
  await clock.advance(10 * LOOKED);
  type('y');
  expect(enter()).toBe(true);
  goOn();
  await clock.advance(SETTLED);
  expect(answers).toEqual([]);
});

test('what follows a letter makes a message of it, however much later it is read', async () => {
  const { clock, type, answers, standStill, goOn, input } = setUp(approval('a-1'));
  await clock.advance(LOOKED);
  type('y');
  standStill();
  await clock.advance(10 * SETTLED);
  type('es');
  goOn();
  await clock.advance(SETTLED);
  expect(answers).toEqual([]);
  expect(input()).toBe('yes');
});

test('after another program had the terminal the question is looked at again', async () => {
  const { clock, type, answers, panel } = setUp(approval('a-1'));
  await clock.advance(LOOKED);
  panel.back();
  type('y');
  await clock.advance(SETTLED);
  expect(answers).toEqual([]);
});

test('a letter that was pasted or recalled is no answer, nor with Enter, which says so', async () => {
  const { clock, paste, answers, enter, said } = setUp(approval('a-1'));
  await clock.advance(LOOKED);
  paste('y');
  await clock.advance(SETTLED);
  expect(answers).toEqual([]);
  expect(enter()).toBe(true);
  expect(answers).toEqual([]);
  expect(said).toEqual(['“y” was not taken for an answer; to answer, press it on the empty line']);
});

test('Enter behind a letter that came too soon is no answer, and says so', () => {
  const { type, enter, answers, said } = setUp(approval('a-1'));
  type('y');
  expect(enter()).toBe(true);
  expect(answers).toEqual([]);
  expect(said).toEqual(['“y” was not taken for an answer; to answer, press it on the empty line']);
});

test('a letter on its way is no answer to the approval that comes after it', async () => {
  const { clock, type, ask, answers, input, panel } = setUp(approval('a-1'));
  await clock.advance(LOOKED);
  type('y');
  // Answered by somebody else, and the next one asked, before anybody said that something changed.
  ask(approval('a-2'));
  await clock.advance(SETTLED);
  expect(answers).toEqual([]);
  expect(input()).toBe('y');
  expect(panel.isOpen()).toBe(true);
});

test('nor is a line', async () => {
  const { clock, type, ask, answers, enter } = setUp(approval('a-1'));
  await clock.advance(LOOKED);
  type('y');
  ask(approval('a-2'));
  expect(enter()).toBe(true);
  expect(answers).toEqual([]);
});

test('no: the line that follows is the reason; Enter alone gives none', async () => {
  const { clock, type, enter, answers, prompt, lines } = setUp(approval('a-1'));
  await clock.advance(LOOKED);
  type('n');
  await clock.advance(SETTLED);
  expect(prompt()).toBe('why not? ');
  expect(lines()[0]).toContain('Enter refuses');
  type('y ');
  await clock.advance(SETTLED);
  expect(answers).toEqual([]);
  type('but not now');
  expect(enter()).toBe(true);
  expect(answers).toEqual([['a-1', { decision: 'deny', reason: 'y but not now' }]]);
  expect(prompt()).toBeUndefined();

  const silent = setUp(approval('a-1'));
  await silent.clock.advance(LOOKED);
  silent.type('n');
  await silent.clock.advance(SETTLED);
  silent.enter();
  expect(silent.answers).toEqual([['a-1', { decision: 'deny' }]]);
});

test('v shows all of it, answers nothing, and is offered for what has left the screen', async () => {
  const { clock, type, answers, viewed, input, lines, panel } = setUp(approval('a-1', { rows: 40 }));
  expect(lines(100, 24)[0]).toContain('v views');
  expect(lines(100, 60)[0]).not.toContain('v views');
  await clock.advance(LOOKED);
  type('v');
  await clock.advance(SETTLED);
  expect([viewed, answers, input(), panel.isOpen()]).toEqual([['a-1'], [], '', true]);
});

test('always asks once more', async () => {
  const { clock, type, answers, lines, panel } = setUp(approval('a-1'));
  await clock.advance(LOOKED);
  type('a');
  await clock.advance(SETTLED);
  expect(lines()[0]).toContain('from now on this very call');
  await clock.advance(LOOKED);
  type('n');
  await clock.advance(SETTLED);
  expect(lines()[0]).toContain('y yes · n no');
  expect(answers).toEqual([]);
  await clock.advance(LOOKED);
  type('a');
  await clock.advance(SETTLED);
  lines();
  await clock.advance(LOOKED);
  type('y');
  await clock.advance(SETTLED);
  expect(answers).toEqual([['a-1', { decision: 'grant', scope: 'always' }]]);
  expect(panel.isOpen()).toBe(false);
});

test('Escape takes back a letter, then a step, then leaves the approval for later', async () => {
  const { clock, type, panel, answers, said, prompt } = setUp(approval('a-1'));
  await clock.advance(LOOKED);
  type('n');
  panel.escape();
  await clock.advance(SETTLED);
  expect(prompt()).toBeUndefined();
  expect(panel.isOpen()).toBe(true);
  expect(said).toEqual([]);
  panel.escape();
  expect(panel.isOpen()).toBe(false);
  expect(said).toEqual(['left for later: /approve a-1, or /deny']);
  expect(panel.takesText('y')).toBe(false);
  expect(answers).toEqual([]);
});

test('Ctrl-C goes back from a reason; where nothing was begun it is somebody else’s', async () => {
  const { clock, type, panel, prompt } = setUp(approval('a-1'));
  expect(panel.cancel()).toBe(false);
  await clock.advance(LOOKED);
  type('n');
  await clock.advance(SETTLED);
  expect(panel.cancel()).toBe(true);
  expect(prompt()).toBeUndefined();
  expect(panel.cancel()).toBe(false);
});

test('an answer that did not count is asked for again, and must be looked at again', async () => {
  const { clock, type, panel, refuse, enter, answers, lines } = setUp(approval('a-1'));
  refuse();
  await clock.advance(LOOKED);
  type('y');
  await clock.advance(SETTLED);
  expect(answers).toHaveLength(1);
  expect(panel.isOpen()).toBe(true);
  lines();
  type('y');
  await clock.advance(SETTLED);
  expect(answers).toHaveLength(1);
  expect(enter()).toBe(true);
  await clock.advance(LOOKED);
  type('y');
  expect(enter()).toBe(true);
  expect(answers).toHaveLength(2);
});

test('several wait: one after the other, each with its title and its time to be looked at', async () => {
  const { clock, type, lines, answers, ask, enter } = setUp(approval('a-1'), approval('a-2'));
  expect(lines()).toEqual(['? Run a-1', expect.stringMatching(/ \(1 of 2\)$/)]);
  await clock.advance(LOOKED);
  type('y');
  await clock.advance(SETTLED);
  expect(lines()).toEqual([expect.stringContaining('y yes')]);
  type('y');
  expect(enter()).toBe(true);
  expect(answers).toEqual([['a-1', { decision: 'grant', scope: 'once' }]]);
  ask(approval('a-2'));
  await clock.advance(LOOKED);
  type('y');
  await clock.advance(SETTLED);
  expect(answers[1]?.[0]).toBe('a-2');
});

test('a title stands above the keys where what was printed has left the screen', () => {
  const { lines } = setUp(approval('a-1', { rows: 40, title: 'Change\n\x1b[2Jmany files' }));
  expect(lines(100, 24)[0]).toBe('? Change �[2Jmany files (40 rows, above; v views)');
  expect(lines(100, Infinity)).toHaveLength(1);
});

test('on any terminal of some width nothing is wider than it', async () => {
  const { clock, lines, type } = setUp(...Array.from({ length: 12 }, (_, n) => approval(`a-${n}`)));
  for (const columns of [30, 79, 80, 100]) {
    expect(lines(columns).filter((line) => displayWidth(line) > columns)).toEqual([]);
  }
  await clock.advance(LOOKED);
  type('y');
  expect(lines(30).filter((line) => displayWidth(line) > 30)).toEqual([]);
  expect(() => lines(0)).not.toThrow();
});

test('without an approval there is no panel, and every text is a message', async () => {
  const { clock, lines, type, enter, panel } = setUp();
  await clock.advance(LOOKED);
  type('y');
  await clock.advance(SETTLED);
  expect(enter()).toBe(false);
  expect(panel.isOpen()).toBe(false);
  expect(lines()).toEqual([]);
});

test('when the terminal goes, a letter on its way answers nothing', async () => {
  const { clock, type, panel, answers } = setUp(approval('a-1'));
  await clock.advance(LOOKED);
  type('y');
  panel.close();
  await clock.advance(SETTLED);
  expect(answers).toEqual([]);
});

describe('always with a rule', () => {
  const rule: RuleText = { tool: 'exec_command', command: 'npm test', decision: 'allow' };
  const LINE = '{tool: exec_command, command: "npm test", decision: allow}';

  async function proposed(how: { byLine?: boolean } = {}) {
    const all = setUpWith({ rule, ...how }, approval('a-1'));
    await all.clock.advance(LOOKED);
    all.type('a');
    if (how.byLine) all.enter();
    await all.clock.advance(SETTLED);
    return all;
  }

  test('says it whole, and puts it where it can be edited; Enter grants it', async () => {
    const { said, input, prompt, lines, clock, enter, answers } = await proposed();
    expect(said).toEqual([`always: ${LINE}`]);
    expect([input(), prompt()]).toEqual([LINE, 'rule: ']);
    expect(lines()).toEqual(['? Enter grants this rule from now on, in this folder; edit it first · Esc back']);
    await clock.advance(LOOKED);
    expect(enter()).toBe(true);
    await vi.waitFor(() => expect(answers).toEqual([['a-1', { decision: 'grant', scope: 'always', rule }]]));
    expect([input(), prompt()]).toEqual(['', undefined]);
  });

  test('the edited one is granted', async () => {
    const { paste, lines, clock, enter, answers } = await proposed();
    lines();
    await clock.advance(LOOKED);
    paste('{tool: exec_command, command: npm *, decision: allow}');
    enter();
    await vi.waitFor(() =>
      expect(answers).toEqual([['a-1', { decision: 'grant', scope: 'always', rule: { ...rule, command: 'npm *' } }]]),
    );
  });

  test('Enter that comes too soon, or on what is no rule, grants nothing and leaves what was typed', async () => {
    const { said, paste, input, lines, clock, enter, answers } = await proposed();
    lines();
    enter();
    await vi.waitFor(() => expect(said.at(-1)).toContain('too soon'));
    expect(input()).toBe(LINE);
    await clock.advance(LOOKED);
    paste('npm test');
    enter();
    await vi.waitFor(() => expect(said.at(-1)).toContain("can't be read"));
    expect(input()).toBe('npm test');
    expect(answers).toEqual([]);
  });

  test('Esc goes back, and the input is empty', async () => {
    const { panel, input, prompt, lines, answers } = await proposed();
    panel.escape();
    expect([input(), prompt()]).toEqual(['', undefined]);
    expect(lines()[0]).toContain('y yes');
    expect(answers).toEqual([]);
  });

  test('when it was answered elsewhere meanwhile the rule leaves the input', async () => {
    const { panel, ask, input, answers, enter } = await proposed();
    ask();
    panel.changed();
    expect(input()).toBe('');
    expect(enter()).toBe(false);
    expect(answers).toEqual([]);
  });

  test.each([
    ['y', [['a-1', { decision: 'grant', scope: 'always', rule }]]],
    ['n', []],
    ['{tool: exec_command, command: npm *, decision: allow}', [['a-1', { decision: 'grant', scope: 'always', rule: { ...rule, command: 'npm *' } }]]],
  ])('line by line: %s', async (text, expected) => {
    const { said, paste, lines, clock, enter, answers } = await proposed({ byLine: true });
    expect(said).toEqual([`always: ${LINE}`]);
    expect(lines()[0]).toContain('or type another rule');
    await clock.advance(LOOKED);
    paste(text);
    expect(enter()).toBe(true);
    await vi.waitFor(() => expect(answers).toEqual(expected));
  }); // prettier-ignore
});

describe('an answer by command', () => {
  const APPROVE = '/approve';

  test('means the only one that waits, also when it was left for later', async () => {
    const { panel, clock, type } = setUp(approval('a-1'));
    await clock.advance(LOOKED);
    panel.escape();
    type(APPROVE);
    expect(panel.meant(undefined)).toBe('a-1');
    expect(panel.meant('a-9')).toBe('a-9');
  });

  test.each([
    ['in the first moment', 0],
    ['before it was there', -1],
  ])('begun %s it means none, and once more it does', async (_, from) => {
    const { panel, clock, type, ask, lines, enter } = setUp(...(from < 0 ? [] : [approval('a-1')]));
    type(APPROVE);
    ask(approval('a-1'));
    lines();
    await clock.advance(LOOKED);
    expect(() => panel.meant(undefined)).toThrow('a-1 was asked for as you typed');
    enter();
    await clock.advance(LOOKED);
    type(APPROVE);
    expect(panel.meant(undefined)).toBe('a-1');
  });

  test('means none that came in the place of another as it was typed', async () => {
    const { panel, clock, type, ask, lines } = setUp(approval('a-1'));
    await clock.advance(LOOKED);
    type(APPROVE);
    ask(approval('a-2'));
    panel.changed();
    lines();
    await clock.advance(LOOKED);
    expect(() => panel.meant(undefined)).toThrow('a-2 was asked for as you typed');
  });

  test('means none of several, and none that is answered already', async () => {
    const { panel, clock, type, ask, lines } = setUp(approval('a-1'), approval('a-2'));
    await clock.advance(LOOKED);
    expect(() => panel.meant(undefined)).toThrow('2 calls wait here');
    type('y');
    await clock.advance(SETTLED);
    lines();
    await clock.advance(LOOKED);
    type(APPROVE);
    expect(panel.meant(undefined)).toBe('a-2');
    ask();
    expect(() => panel.meant(undefined)).toThrow('nothing waits');
  });

  test('line by line means what was there for a moment', async () => {
    const { panel, clock, type } = setUpWith({ byLine: true }, approval('a-1'));
    type(APPROVE);
    expect(() => panel.meant(undefined)).toThrow('as you typed');
    await clock.advance(LOOKED);
    expect(panel.meant(undefined)).toBe('a-1');
  });

  test('lets nothing run of which not all was shown', () => {
    const { panel } = setUp(approval('a-1', { left_out: 1200 }), approval('a-2'));
    expect(() => panel.mustBeSeen('a-1')).toThrow('1,200 rows');
    panel.mustBeSeen('a-2');
    panel.viewed('a-1');
    panel.mustBeSeen('a-1');
  });
});
