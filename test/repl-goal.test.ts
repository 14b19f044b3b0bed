/** Goals in the terminal: `/plan`, the tree of steps above the input, and what steps ask. */
import { expect } from 'vitest';
import { expectFrame } from './support/frames.ts';
import { entriesOf, expectVerified, type Place, test } from './support/place.ts';
import { ANSWERS, does, plans, step } from './support/goals.ts';
import { openTerminal } from './support/terminal.ts';
import { answerApproval, clean, enter, openRepl, send, sessionsOf } from './support/repl.ts';

const USAGE = { input: 1000, output: 200, cached: 0, reasoning: 0 };
const exec = (cmd: string) => ({ calls: [{ tool: 'exec_command', arguments: { cmd } }], usage: USAGE });

function goalOf(place: Place): string {
  return sessionsOf(place).find((id) => entriesOf(place.journal(id), 'child.started').length > 0)!;
}

test('/plan: a tree while the steps are done, which stays above the answer', async ({ place }) => {
  place.play(
    [
      plans(step('a'), step('b', ['a'], { title: 'Wait for the file' })),
      { match: { tool_result: 'exec_command' }, reply: { text: 'It came', usage: USAGE } },
      does('b', exec('while [ ! -e go ]; do sleep 0.02; done')),
      does('a', { text: 'A found 7', usage: USAGE }),
      { ...ANSWERS, reply: { text: 'All in all: done.', usage: USAGE } },
    ],
    { governance: { auto_allow: ['exec_command'] } },
  );
  const terminal = await openRepl(place);
  await send(terminal, '/plan find it all out', /▸ 2[^]*while/);
  expectFrame('repl-goal-running', terminal);
  place.write('go', '');
  await terminal.waitFor('All in all');
  await terminal.settled();
  expectFrame('repl-goal-done', terminal);
  const goal = goalOf(place);
  await expectVerified(place, goal);

  // Who comes back sees it as it stayed.
  await enter(terminal, '/new', 'a new session');
  await clean(terminal);
  await enter(terminal, `/resume ${goal}`, 'All in all');
  expect(terminal.screen()).toMatch(/· 2 steps, 2 done\n├─ ✓ 1 Step a · .*\n└─ ✓ 2 Wait for the file · /);
});

test('what a step asks is shown, answered in place, and the goal goes on', async ({ place }) => {
  place.play([
    plans(step('a'), step('b')),
    { match: { tool_result: 'exec_command' }, reply: { text: 'Ran it', usage: USAGE } },
    does('a', exec('touch asked')),
    does('b', { text: 'B found 8', usage: USAGE }),
    { ...ANSWERS, reply: { text: 'All in all: done.', usage: USAGE } },
  ]);
  const terminal = await openRepl(place, { rows: 30 });
  await send(terminal, '/plan do it all', /✓ 2[^]*y yes/);
  await terminal.settled();
  expectFrame('repl-goal-asks', terminal);
  await answerApproval(terminal, 'y');
  await terminal.waitFor('All in all');
  await terminal.settled();
  expectFrame('repl-goal-approved', terminal);
});

test('Ctrl-C stops the goal and its steps', async ({ place }) => {
  place.play([plans(step('a'), step('b', ['a'])), { match: { contains: 'please do a' }, stall: '60s' }, ANSWERS]);
  const terminal = await openRepl(place);
  await send(terminal, '/plan do it all', /▸ 1 Step a · thinks/);
  terminal.press('ctrl-c');
  await terminal.waitFor('canceled');
  await terminal.settled();
  expect(terminal.screen()).toMatch(
    /· 2 steps, 0 done, 2 not\n├─ ✗ 1 Step a · canceled · \d+m?s\n└─ – 2 Step b · not begun\n/,
  );
});

test('on a plain terminal each change is a line', async ({ place }) => {
  place.play([
    plans(step('a'), step('b', ['a'])),
    does('b', { text: 'B knows', usage: USAGE }),
    does('a', { text: 'A found 7', usage: USAGE }),
    ANSWERS,
  ]);
  const terminal = openTerminal(place, [], { term: 'dumb' });
  await terminal.waitFor(/^>/m);
  await send(terminal, '/plan do it all', 'All in all');
  await terminal.settled();
  expect(terminal.screen()).toMatch(
    /plan: 2 steps\n {2}1 Step a\n {2}2 Step b \(after 1\)\nstep 1\/2: Step a: begins\nstep 1\/2: Step a: done · .*\nstep 2\/2: Step b: begins\nstep 2\/2: Step b: done · /,
  );
  expect(terminal.raw()).not.toContain('\u001b');
});

test('without an objective nothing is sent', async ({ place }) => {
  place.play([]);
  const terminal = await openRepl(place);
  await enter(terminal, '/plan', 'next: /plan <objective>');
  expect(terminal.screen()).toContain('› /plan\n');
});
