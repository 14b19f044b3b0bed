/** How a goal is seen to go on: a tree on a terminal, lines elsewhere. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startDaemon } from './support/daemon.ts';
import { expectFrame } from './support/frames.ts';
import { type Place, test, until } from './support/place.ts';
import { ANSWERS, does, plans, step } from './support/goals.ts';
import { openTerminal } from './support/terminal.ts';

const USAGE = { input: 1000, output: 200, cached: 0, reasoning: 0 };
const HOSTILE = 'Look \u001b[2J\u001b[31m around\u202e';
const LONG = 'Write down all that was found in so many words that no terminal is wide enough for them, and then some';

/** One step is done at once, one runs a command without end, one fails, and two can't begin. */
function play(place: Place): void {
  place.play(
    [
      plans(
        step('a', [], { title: HOSTILE }),
        step('b', [], { title: 'Run what does not end' }),
        step('c', [], { title: 'Fail' }),
        step('d', ['a', 'b'], { title: LONG }),
        step('e', ['c'], { title: 'Go on with what failed' }),
      ),
      { match: { contains: 'Your last try' }, fail: { class: 'refused' } },
      does('a', { text: 'A found 7', usage: USAGE }),
      does('b', { calls: [{ tool: 'exec_command', arguments: { cmd: 'sleep 1000' } }], usage: USAGE }),
      { match: { contains: 'please do c' }, fail: { class: 'refused' } },
      ANSWERS,
    ],
    {
      governance: { auto_allow: ['exec_command'] },
      orchestrator: { subtask_retry_max: 2, subtask_retry_backoff: '10ms' },
    },
  );
}

const RUNS = /Run sleep 1000/;
const OTHERS_OVER = /✓ 1[^]*✗ 3[^]*try 2/;

test('a tree that stays below what else is said; stopped, it stays as it was', async ({ place }) => {
  play(place);
  const terminal = openTerminal(place, ['goal', '--session', 'g', 'do it all']);
  await terminal.waitFor((screen) => RUNS.test(screen) && OTHERS_OVER.test(screen));
  expectFrame('goal-running', terminal);
  terminal.resize(40, 24);
  await terminal.waitFor(/└─ ○ 5[^]*after 3/);
  await terminal.waitFor((screen) => screen.split('\n').every((row) => row.length <= 40));
  terminal.press('ctrl-c');
  expect(await terminal.exited).toMatchObject({ code: 130 });
  const rows = terminal.screen().split('\n');
  expect(rows.slice(1, -2)).toEqual([
    expect.stringMatching(/^· 5 steps, 1 done, 4 not · \d+m?s$/),
    expect.stringMatching(/^├─ ✓ 1 Look .* · \d+m?s$/),
    expect.stringMatching(/^├─ ✗ 2 Run w.*… · canceled · \d+m?s$/),
    expect.stringMatching(/^├─ ✗ 3 Fail · failed, try 2 · \d+m?s$/),
    expect.stringMatching(/^├─ – 4 Write down.*… · not begun$/),
    expect.stringMatching(/^└─ – 5 Go on with.*… · not begun$/),
  ]);
  expect(terminal.cursor().visible).toBe(true);
});

test('done, it stays above the answer', async ({ place }) => {
  place.play([
    plans(step('a'), step('b', ['a'])),
    does('b', { text: 'B knows', usage: USAGE }),
    does('a', { text: 'A found 7', usage: USAGE }),
    ANSWERS,
  ]);
  const terminal = openTerminal(place, ['goal', 'do it all']);
  expect(await terminal.exited).toMatchObject({ code: 0 });
  expectFrame('goal-done', terminal);
});

test('where nothing can be painted over: a line for each change', async ({ place }) => {
  const turns = [
    plans(step('a'), step('b', ['a'], { title: HOSTILE }), step('c', ['b'])),
    { match: { contains: 'please do b' }, fail: { class: 'refused' as const } },
    does('a', { text: 'A found 7', usage: USAGE }),
    ANSWERS,
  ];
  place.play(turns, { orchestrator: { subtask_retry_max: 1 } });
  const shown = [
    'plan: 3 steps',
    '  1 Step a',
    '  2 Look \uFFFD[2J\uFFFD[31m around\uFFFD (after 1)',
    '  3 Step c (after 2)',
    'step 1/3: Step a: begins',
    expect.stringMatching(/^step 1\/3: Step a: done · \d+m?s · 1,200 tokens$/),
    'step 2/3: Look \uFFFD[2J\uFFFD[31m around\uFFFD: begins',
    expect.stringMatching(/^step 2\/3: Look .*: not done \(failed\) · \d+m?s$/),
    'step 3/3: Step c: not begun',
  ];
  const piped = await place.run(['goal', 'do it all']);
  expect(piped.stderr.split('\n').slice(0, shown.length)).toEqual(shown);
  const terminal = openTerminal(place, ['goal', 'do it all'], { term: 'dumb' });
  await terminal.exited;
  expect(terminal.raw()).not.toContain('\u001b');
  expect(terminal.screen()).toContain('step 3/3: Step c: not begun');
});

test('what waits for a person is said in its line', async ({ place }) => {
  place.play([
    plans(step('a'), step('b')),
    does('a', { calls: [{ tool: 'exec_command', arguments: { cmd: 'touch asked' } }] }),
    does('b', { text: 'B', usage: USAGE }),
    ANSWERS,
  ]);
  const piped = await place.run(['goal', '--session', 'g', 'do it all']);
  expect(piped.stderr).toContain('step 1/2: Step a: waits for a person: Run touch asked\n');
  await place.run(['session', 'rm', '--force', 'g']);
  const terminal = openTerminal(place, ['goal', '--session', 'h', 'do it all'], { columns: 100 });
  expect(await terminal.exited).toMatchObject({ code: 5 });
  expectFrame('goal-waits', terminal);
});

test('a process that only looks on sees the steps of the one that does the work', async ({ place }) => {
  place.play([
    plans(step('a'), step('b')),
    does('a', { calls: [{ tool: 'exec_command', arguments: { cmd: 'touch asked' } }] }),
    does('b', { text: 'B', usage: USAGE }),
    ANSWERS,
  ]);
  await startDaemon(place);
  const { code, stderr } = await place.run(['goal', '--session', 'g', 'do it all']);
  expect(code).toBe(5);
  expect(stderr).toContain('step 1/2: Step a: waits for a person: Run touch asked\n');
});

test('what a step was doing when everything stopped is said before it goes on, and that nobody knows its end', async ({
  place,
}) => {
  const once = 'touch begun; [ -e again ] || sleep 1000';
  place.play(
    [
      plans(step('a'), step('b', ['a'])),
      { match: { tool_result: 'exec_command' }, reply: { text: 'A gives up' } },
      does('b', { text: 'B' }),
      does('a', { calls: [{ tool: 'exec_command', arguments: { cmd: once } }] }),
      ANSWERS,
    ],
    { governance: { auto_allow: ['exec_command'] } },
  );
  const { child, ended } = place.start(['goal', '--session', 'g', 'do it all']);
  await until('the command runs', () => existsSync(join(place.project, 'begun')));
  child.kill('SIGKILL');
  await ended;
  const left = `step “Step a”: Run ${once}: may have taken effect or not; it is not repeated`;
  expect((await place.run(['session', 'resume'])).stdout).toContain(left);
  const ran = await place.run(['run', '--session', 'g']);
  expect(ran.code).toBe(0);
  expect(ran.stderr).toContain(`goes on: ${left}\n`);
  expect(ran.stderr).toContain(`nobody knows whether this took effect: Run ${once}\n`);
});
