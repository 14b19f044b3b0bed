/** The sessions of a goal's steps, looked at and removed with it. */
import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { entriesOf, type Place, test } from './support/place.ts';
import { ANSWERS, does, plans, step, THREE } from './support/goals.ts';

async function goalDone(place: Place): Promise<string[]> {
  place.play(THREE);
  await place.run(['goal', '--session', 'g', 'find it all out']);
  return entriesOf(place.journal('g'), 'child.started').map(({ session_id }) => session_id);
}

test('session ls: they stand under their goal, in their order, with their titles', async ({ place }) => {
  const children = await goalDone(place);
  await place.run(['run', '--session', 'other', 'hello']);
  for (const tree of [[], ['--tree']]) {
    const { stdout } = await place.run(['session', 'ls', ...tree]);
    const rows = stdout.trimEnd().split('\n').slice(1).map((line) => line.split(/\s{2,}/)); // prettier-ignore
    expect(rows.map(([id]) => id)).toEqual(['other', 'g', `├─ ${children[0]}`, `├─ ${children[1]}`, `└─ ${children[2]}`]); // prettier-ignore
    expect(stdout).toMatch(/├─ s-\w+ +success +Step a/);
  }
  const listed = await place.run(['session', 'ls', '-o', 'json']);
  expect(JSON.parse(listed.stdout)).toContainEqual(
    expect.objectContaining({
      session_id: children[2],
      title: 'Step c',
      parent: { session_id: 'g', seq: expect.any(Number) as number, step_id: 'c' },
    }),
  );
});

test('session show tells the plan, and of each step how it ended, and where', async ({ place }) => {
  place.play(
    [
      plans(step('a', [], { check: 'true' }), step('b'), step('c', ['b'])),
      { match: { contains: 'Your last try' }, reply: { text: 'B after all' } },
      does('a', { text: 'A' }),
      { match: { contains: 'please do b' }, fail: { class: 'refused' } },
      does('c', { text: 'C' }),
      ANSWERS,
    ],
    { governance: { auto_allow: ['exec_command'] }, orchestrator: { subtask_retry_backoff: '10ms' } },
  );
  await place.run(['goal', '--session', 'g', '--check', 'test 1 = 1', 'do it']);
  const started = entriesOf(place.journal('g'), 'child.started');
  const sessionOf = (id: string): string => started.find(({ step_id }) => step_id === id)!.session_id;
  const { stdout } = await place.run(['session', 'show', 'g']);
  const [a, b] = [sessionOf('a'), sessionOf('b')];
  for (const line of [
    '  plan     by model: 3 steps (scripted)\n           a “Step a”; check: true\n           b “Step b”\n           c “Step c”, after b\n',
    `  step     a “Step a” begins: session ${a}\n`,
    `  step     a “Step a” done: session ${a} (1 model call, 1 tool call, `,
    `  step     b “Step b” not done (failed): session ${b} (`,
    `  step     b “Step b” begins, try 2: session ${b}\n`,
    '  check    v1.1: must exit with 0: test 1 = 1\n',
  ]) {
    expect(stdout).toContain(line);
  }
  const child = await place.run(['session', 'show', a]);
  expect(child.stdout).toContain('  step     a of session g\n');
  expect(child.stdout).toContain('  check    v1.1: must exit with 0: true\n');
  for (const format of ['md', 'html']) {
    const page = (await place.run(['session', 'export', 'g', '-o', format])).stdout;
    expect(page).toContain(`Step b (Step b) is not done (failed): session ${b}.`);
    expect(page).toContain('The work is checked: this command must exit with 0.');
    expect(page).toMatch(/test 1 = 1[^]*ok, exit code 0/);
    expect(page).not.toContain('depends_on');
  }
});

test('other ways to look at a goal and its steps take them as they are', async ({ place }) => {
  const [first] = await goalDone(place);
  for (const args of [
    ['session', 'show', 'g', '--context'],
    ['session', 'show', 'g', '-o', 'json'],
    ['session', 'replay', 'g', '--speed', '1000'],
    ['session', 'diff', first!, first!],
    ['session', 'verify', '--all'],
    ['session', 'export', first!],
    ['cost', '--by', 'session'],
    ['store', 'check'],
  ]) {
    expect({ args, ...(await place.run(args)) }).toMatchObject({ args, code: 0 });
  }
});

describe('session rm', () => {
  const there = (place: Place, ids: string[]): string[] => ids.filter((id) => existsSync(place.journalFile(id)));

  test('of a goal takes the sessions of its steps with it, and says so', async ({ place }) => {
    const children = await goalDone(place);
    const ran = await place.run(['session', 'rm', 'g']);
    expect(ran).toMatchObject({ code: 0, stderr: 'removed g and 3 sessions of its steps\n' });
    expect(there(place, ['g', ...children])).toEqual([]);
  });

  test('of a step leaves its goal', async ({ place }) => {
    const [first, ...others] = await goalDone(place);
    expect(await place.run(['session', 'rm', first!])).toMatchObject({ code: 0, stderr: `removed ${first}\n` });
    expect(there(place, ['g', ...others])).toEqual(['g', ...others]);
    const { stdout } = await place.run(['session', 'ls']);
    expect(stdout).toContain(`├─ ${others[0]}`);
    expect(await place.run(['session', 'rm', 'g'])).toMatchObject({ code: 0, stderr: 'removed g and 2 sessions of its steps\n' }); // prettier-ignore
  });

  test('of a fork leaves what its source did', async ({ place }) => {
    const children = await goalDone(place);
    const forked = await place.run(['session', 'fork', 'g']);
    const fork = /s-\w+/.exec(forked.stdout)![0];
    expect(await place.run(['session', 'rm', fork])).toMatchObject({ code: 0, stderr: `removed ${fork}\n` });
    expect(there(place, children)).toEqual(children);
  });

  test('of one that waits needs --force, and then all of it goes', async ({ place }) => {
    place.play([
      plans(step('a'), step('b')),
      does('a', { calls: [{ tool: 'exec_command', arguments: { cmd: 'true' } }] }),
      does('b', { text: 'B' }),
      ANSWERS,
    ]);
    expect(await place.run(['goal', '--session', 'g', 'do it'])).toMatchObject({ code: 5 });
    const children = entriesOf(place.journal('g'), 'child.started').map(({ session_id }) => session_id);
    expect(await place.run(['session', 'rm', 'g'])).toMatchObject({ code: 1 });
    expect(there(place, ['g', ...children])).toEqual(['g', ...children]);
    const ran = await place.run(['session', 'rm', 'g', '--force']);
    expect(ran).toMatchObject({ code: 0, stderr: 'removed g and 2 sessions of its steps\n' });
    expect(there(place, ['g', ...children])).toEqual([]);
    expect(await place.run(['approvals', 'ls'])).toMatchObject({ stderr: 'nothing waits for an approval\n' });
  });

  test('of one whose step is used by itself needs --force, too, and until then nothing goes', async ({ place }) => {
    const [first, ...others] = await goalDone(place);
    place.play([{ match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'true' } }] } }]);
    await place.run(['run', '--session', first!, 'run it']);
    const ran = await place.run(['session', 'rm', 'g']);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(`Session ${first} has a turn that hasn't ended`);
    expect(there(place, ['g', first!, ...others])).toEqual(['g', first, ...others]);
  });
});
