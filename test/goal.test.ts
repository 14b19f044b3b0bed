/** `runtime goal`: planned, done step by step in sessions of their own, answered once. */
import { describe, expect } from 'vitest';
import { entriesOf, expectVerified, linesOf, test } from './support/place.ts';
import { ANSWERS, does, plans, step, THREE } from './support/goals.ts';
import { isAlive } from './support/processes.ts';

test('a goal is planned, done in steps, and answered; every session proves itself', async ({ place }) => {
  place.play(THREE);
  const ran = await place.run(['goal', '--session', 'g', 'find it all out']);
  expect(ran).toMatchObject({ code: 0, stdout: 'All in all: done.\n' });
  const journal = place.journal('g');
  expect(entriesOf(journal, 'input.received')[0]).toMatchObject({ goal: true });
  const finished = entriesOf(journal, 'child.finished');
  expect(finished.map(({ reason }) => reason)).toEqual(['success', 'success', 'success']);
  for (const id of ['g', ...finished.map(({ session_id }) => session_id)]) await expectVerified(place, id);
});

test('its message comes as that of run does: from --prompt, piped in, with a model and limits', async ({ place }) => {
  place.play(THREE);
  const piped = await place.run(['goal', '-p', 'find it out', '--session', 'g', '--timeout', '5m'], { input: 'a log' });
  expect(piped.code).toBe(0);
  const journal = place.journal('g');
  expect(entriesOf(journal, 'input.received')[0]).toMatchObject({
    goal: true,
    parts: [
      { type: 'text', text: 'find it out' },
      { type: 'text', text: 'a log' },
    ],
  });
  expect(entriesOf(journal, 'turn.started')[0]).toMatchObject({ limits: { wall_ms: 300_000 } });
});

test('A-112: --json gives the events of the goal itself, and the outcome last', async ({ place }) => {
  place.play(THREE);
  const { code, stdout, stderr } = await place.run(['goal', '--json', '--session', 'g', 'find it all out']);
  const events = linesOf(stdout) as { type: string; scope: { id: string }; data: { exit_code?: number } }[];
  expect(code).toBe(0);
  expect(stderr).toBe('');
  expect(new Set(events.map(({ scope }) => scope.id))).toEqual(new Set(['g']));
  const types = events.map(({ type }) => type);
  expect(types).toEqual(expect.arrayContaining(['plan.made', 'child.started', 'child.finished']));
  expect(events.at(-1)).toMatchObject({ type: 'run.finished', data: { exit_code: 0, text: 'All in all: done.' } });
});

test('H-67, H-77: a plan of more steps than may be is asked for again, with what was wrong, and a shorter one done', async ({
  place,
  mock,
}) => {
  const twelve = Array.from({ length: 12 }, (_, n) => step(`s${n}`, n === 0 ? [] : [`s${n - 1}`]));
  const plans = [twelve, [step('a'), step('b', ['a'])]].map((steps) => ({ text: JSON.stringify({ steps }) }));
  mock.reply(...plans, { text: 'A' }, { text: 'B' }, { text: 'All in all: done.' });
  place.connect(mock);
  expect(await place.run(['goal', '--session', 'g', 'do it'])).toMatchObject({
    code: 0,
    stdout: 'All in all: done.\n',
  });
  const asked = mock.requests.map(({ body }) => JSON.stringify(body).includes('it has 12 steps, and 10 are the most'));
  expect(asked).toEqual([false, true, false, false, false]);
});

test('H-79, K-67: a step whose model fails behind what it did is tried again, after a wait, and that is not done again', async ({
  place,
}) => {
  place.play(
    [
      plans(step('a'), step('b', ['a'])),
      does('a', { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo ran >> ran.txt' } }] }),
      { match: { tool_result: 'exec_command' }, fail: { class: 'invalid_request' } },
      { match: { contains: 'Your last try' }, reply: { text: 'A ran it' } },
      does('b', { text: 'B' }),
      ANSWERS,
    ],
    { governance: { auto_allow: ['exec_command'] }, orchestrator: { subtask_retry_backoff: '300ms' } },
  );
  const ran = await place.run(['goal', '--session', 'g', 'do it']);
  expect(ran).toMatchObject({ code: 0, stdout: 'All in all: done.\n' });
  expect(place.read('ran.txt')).toBe('ran\n');
  const journal = place.journal('g');
  expect(entriesOf(journal, 'child.finished').map(({ reason }) => reason)).toEqual(['validation_failed', 'success', 'success']); // prettier-ignore
  expect(entriesOf(journal, 'timer.fired')).toHaveLength(1);
});

describe('is refused', () => {
  test.for([
    ['without an objective', ['goal']],
    ['with an empty one', ['goal', ' ']],
    ['without one for a session', ['goal', '--session', 'g']],
    ['without one for the last session', ['goal', '--continue']],
    ['with a check but no message', ['run', '--session', 'g', '--check', 'true']],
    ['with an empty check', ['goal', '--check', ' ', 'do it']],
    ['with a check that is too long', ['goal', '--check', 'x'.repeat(1001), 'do it']],
  ] as const)('%s', async ([, args], { place }) => {
    place.play(THREE);
    const { code, stdout, stderr } = await place.run([...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: .+\nnext: .+\n$/);
  });
});

describe('--check', () => {
  const ALLOWED = { governance: { auto_allow: ['exec_command'] } };

  test('of a goal runs when its answer is made, and decides how it ends', async ({ place }) => {
    place.play(THREE, ALLOWED);
    const passed = await place.run(['goal', '--session', 'good', '--check', 'true', 'find it all out']);
    expect(passed).toMatchObject({ code: 0, stdout: 'All in all: done.\n' });
    const types = place.journal('good').map(({ type }) => type);
    expect(types.indexOf('check.requested')).toBeGreaterThan(types.lastIndexOf('child.finished'));
    const failed = await place.run(['goal', '--session', 'bad', '--check', 'false', 'find it all out']);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toMatch(/validation_failed: The check `false` did not pass: it exited with 1/);
  });

  test('of a message, too', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'Did it.' } }], ALLOWED);
    expect(await place.run(['run', '--check', 'test -e there', 'make it'])).toMatchObject({ code: 1 });
    place.write('there', '');
    expect(await place.run(['run', '--check', 'test -e there', 'make it'])).toMatchObject({ code: 0 });
  });

  test('K-72: that takes too long is ended with its children; one that says much passes all the same', async ({
    place,
  }) => {
    const exec_command = { timeout: '500ms' };
    place.play([{ match: { any: true }, reply: { text: 'Did it.' } }], { ...ALLOWED, tools: { exec_command } });
    const slow = await place.run(['run', '--check', 'sleep 300 & echo $! > pid; wait', 'make it']);
    expect(slow).toMatchObject({ code: 1 });
    expect(slow.stderr).toMatch(/validation_failed: The check .* did not pass: it ended with "timeout"/);
    expect(place.read('pid')).toMatch(/^\d+\n$/);
    expect(isAlive(Number(place.read('pid')))).toBe(false);
    const long = await place.run(['run', '--session', 'long', '--check', 'yes | head -c 2097152', 'make it']);
    expect(long).toMatchObject({ code: 0, stdout: 'Did it.\n' });
    expect(entriesOf(place.journal('long'), 'call.finished')).toMatchObject([{ outcome: 'ok', exit_code: 0 }]);
  });
});

test('without a key the demo plans, looks, and answers', async ({ place }) => {
  place.write('README.md', '# A small thing\n\nIt does one thing well.\n');
  place.write('src/thing.ts', 'export const thing = 1;\n');
  const ran = await place.run(['goal', '--session', 'g', 'Find out what this project does']);
  expect(ran.code).toBe(0);
  const journal = place.journal('g');
  const [plan] = entriesOf(journal, 'plan.made');
  expect(plan).toMatchObject({ by: 'model', model: 'demo' });
  const finished = entriesOf(journal, 'child.finished');
  expect(finished.map(({ reason }) => reason)).toEqual(plan!.steps.map(() => 'success'));
  const tools = finished.flatMap(({ session_id }) =>
    entriesOf(place.journal(session_id), 'call.started').map(({ tool }) => tool),
  );
  expect(new Set(tools)).toEqual(new Set(['list_files', 'search_files', 'read_file']));
  expect(ran.stdout).toContain('README.md');
  expect(ran.stdout).toContain('A small thing');
  expect(ran.stdout).toContain('offline demo');
  for (const id of ['g', ...finished.map(({ session_id }) => session_id)]) await expectVerified(place, id);
});
