/** `runtime goal`: planned, done step by step in sessions of their own, answered once. */
import { describe, expect } from 'vitest';
import { entriesOf, expectVerified, linesOf, test } from './support/place.ts';
import { THREE } from './support/goals.ts';

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

test('--json gives the events of the goal itself, and the outcome last', async ({ place }) => {
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
